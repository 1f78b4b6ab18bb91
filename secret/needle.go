package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"strings"
)

// shortest is the length in octets of the shortest secret that is looked for.
const shortest = 4

// needle is one form of a secret as it may stand in a view of a text.
type needle struct {
	text          string
	base64        bool // padding may follow
	before, after int  // base64: how many characters on either side hold bits of the secret, besides others
}

// needlesOf gives the forms of a secret. What a view undoes, as percent-encoding, needs no form.
func needlesOf(secret string) []needle {
	var all []needle
	for _, form := range formsOf(secret) {
		if len(form) < shortest {
			continue
		}
		all = append(all, needle{text: form}, needle{text: hex.EncodeToString([]byte(form))},
			needle{text: strings.ToUpper(hex.EncodeToString([]byte(form)))})
		if joined := unwrap(&view{text: form}).text; len(joined) >= shortest {
			all = append(all, needle{text: joined})
		}
		for _, escaped := range escapedForms(form) {
			all = append(all, base64Needles(escaped)...)
		}
		all = append(all, base64Twice(form)...)
	}
	return all
}

// formsOf gives the secret, the secret without white space around it, and what a PEM block holds.
func formsOf(secret string) []string {
	forms := []string{secret}
	if trimmed := strings.TrimSpace(secret); trimmed != secret {
		forms = append(forms, trimmed)
	}
	if block, _ := pem.Decode([]byte(secret)); block != nil {
		forms = append(forms, string(block.Bytes))
	}
	return forms
}

// escapedForms gives the texts that may be encoded in base64 when the secret is a part of JSON or of a form: there no
// view can undo what was done to it before.
func escapedForms(form string) []string {
	forms := []string{form, url.QueryEscape(form), url.PathEscape(form)}
	for _, html := range []bool{false, true} {
		var buf bytes.Buffer
		encoder := json.NewEncoder(&buf)
		encoder.SetEscapeHTML(html)
		if encoder.Encode(form) == nil {
			quoted := strings.TrimSuffix(buf.String(), "\n")
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	return forms
}

// base64Needles gives the characters that are the same whatever stands before and after text, for each of the three
// places where its first octet may lie in a group of three, and for both alphabets.
func base64Needles(text string) []needle {
	var all []needle
	for shift := range 3 {
		padded := append(make([]byte, shift), text...)
		from, to := (shift*8+5)/6, len(padded)*8/6 // characters all of whose six bits are text's
		before, after := min(shift, 1), min(len(padded)%3, 1)
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := encoding.EncodeToString(padded)[from:to]
			if len(encoded) >= shortest {
				all = append(all, needle{text: encoded, base64: true, before: before, after: after})
			}
		}
	}
	return all
}

// base64Twice gives the same for base64 of base64, as a Kubernetes Secret has it of a file that holds an encoded secret.
// An inner character beside the inner needle, with bits of the secret, lies in two outer ones.
func base64Twice(text string) []needle {
	var all []needle
	for _, inner := range base64Needles(text) {
		for _, outer := range base64Needles(inner.text) {
			outer.before, outer.after = max(outer.before, 2*inner.before), max(outer.after, 2*inner.after)
			all = append(all, outer)
		}
	}
	return all
}

// widen gives the span of the needle at start, and in base64 of its neighbours, which may hold bits of the secret, and
// the padding.
func (n needle) widen(text string, start int) (from, to int) {
	from, to = start, start+len(n.text)
	for ; from > max(0, start-n.before) && isBase64(text[from-1]); from-- {
	}
	for end := min(len(text), to+n.after); to < end && isBase64(text[to]); to++ {
	}
	for padding := 0; n.base64 && padding < 2 && to < len(text) && text[to] == '='; padding++ {
		to++
	}
	return from, to
}

func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("+/-_", c) >= 0
}
