package dnsconfig

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"deputy/formula"
)

// shortestSecret is the length below which a value is not looked for: it would be found in ordinary words.
const shortestSecret = 4

// dxlSecrets finds an account's secrets in variables, in the encodings that formulas and hosts use.
type dxlSecrets []string

// secretsOf lists the needles of the account's secret fields.
func secretsOf(in DXLInputs) dxlSecrets {
	var needles dxlSecrets
	for name, value := range in.Account {
		if text := value.Reveal(); secretField(strings.ToLower(name)) && len(text) >= shortestSecret {
			needles = append(needles, encodings(text)...)
		}
	}
	return needles
}

// encodings gives a secret plain, base64 at each of the three alignments, percent-encoded, JSON-escaped and in
// hexadecimal. Upper and lower case of percent-encoding and hexadecimal are both there.
func encodings(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), percentEncoded(secret), hex.EncodeToString([]byte(secret))}
	for _, html := range []bool{true, false} {
		var b strings.Builder
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(html)
		if encoder.Encode(secret) == nil {
			all = append(all, strings.Trim(b.String(), "\"\n"))
		}
	}
	for _, encoded := range slices.Clone(all) {
		all = append(all, strings.ToUpper(encoded), strings.ToLower(encoded))
	}
	return append(all, base64Parts(secret)...)
}

// percentEncoded escapes everything but letters and digits, as careful hosts do.
func percentEncoded(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// base64Parts gives what of a secret shows in base64 of a longer text: without the characters that its neighbours
// share with it.
func base64Parts(secret string) []string {
	var parts []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
			encoded = encoded[(before*8+5)/6:]
			if (before+len(secret))%3 != 0 {
				encoded = encoded[:len(encoded)-1]
			}
			if len(encoded) >= shortestSecret {
				parts = append(parts, encoded)
			}
		}
	}
	return parts
}

// in says whether a value holds one of the secrets.
func (s dxlSecrets) in(value formula.Value) bool {
	return slices.ContainsFunc(value.Texts(), func(text string) bool {
		return slices.ContainsFunc(s, func(needle string) bool { return strings.Contains(text, needle) })
	})
}
