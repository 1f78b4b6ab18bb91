package formula

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"strings"
	"unicode/utf8"
)

// encodingFunctions encode, decode and sign. Those named @Deputy_ are deputy's own: Notes has none of them, so a
// document that uses one does not run in CertMgr.
func encodingFunctions() []function {
	return []function{
		{name: "@URLEncode", need: 2, takes: []kind{text, text}, strict: urlEncode},
		{name: "@URLDecode", need: 2, takes: []kind{text, text}, strict: urlDecode},
		{name: "@Deputy_Base64", need: 1, takes: []kind{text}, strict: encoder(base64.StdEncoding.EncodeToString)},
		{name: "@Deputy_Base64URL", need: 1, takes: []kind{text}, strict: encoder(base64.RawURLEncoding.EncodeToString)},
		{name: "@Deputy_Base64Decode", need: 1, takes: []kind{text}, strict: decoder(decodeBase64)},
		{name: "@Deputy_Hex", need: 1, takes: []kind{text}, strict: encoder(hex.EncodeToString)},
		{name: "@Deputy_HexDecode", need: 1, takes: []kind{text}, strict: decoder(hex.DecodeString)},
		{name: "@Deputy_SHA1", need: 1, takes: []kind{text, text}, strict: digest(sha1.New)},
		{name: "@Deputy_SHA256", need: 1, takes: []kind{text, text}, strict: digest(sha256.New)},
		{name: "@Deputy_SHA512", need: 1, takes: []kind{text, text}, strict: digest(sha512.New)},
		{name: "@Deputy_HMACSHA256", need: 2, takes: []kind{text, text, text, text}, strict: signature(sha256.New)},
		{name: "@Deputy_HMACSHA512", need: 2, takes: []kind{text, text, text, text}, strict: signature(sha512.New)},
		{name: "@Deputy_JSONEscape", need: 1, takes: []kind{text}, strict: func(c call) Value { return c.tryEach(0, escapeJSON) }},
		{name: "@Deputy_JSONGet", need: 2, takes: []kind{text, text}, strict: jsonGet},
	}
}

// urlEncode writes every octet of UTF-8 as %XX but letters, digits and -_.* (H_URLENCODE). A space is %20.
func urlEncode(c call) Value {
	if !unicodeName(c.text(0, "")) {
		return c.fail(`write "Domino" or "UTF-8"`, "an unknown character set")
	}
	return c.each(1, percentEncode)
}

func percentEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', isDigit(c), strings.IndexByte("-_.*", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// unicodeName says that a character set is UTF-8 under one of its names in Notes.
func unicodeName(name string) bool {
	switch strings.ToUpper(strings.TrimSpace(name)) {
	case "DOMINO", "PLATFORM", "UTF-8", "UTF8":
		return true
	}
	return false
}

// urlDecode turns %XX back and + into a space.
func urlDecode(c call) Value {
	if !unicodeName(c.text(0, "")) {
		return c.fail(`write "Domino" or "UTF-8"`, "an unknown character set")
	}
	return c.tryEach(1, func(s string) (string, error) {
		var b []byte
		for i := 0; i < len(s); i++ {
			switch {
			case s[i] == '+':
				b = append(b, ' ')
			case s[i] != '%':
				b = append(b, s[i])
			case i+2 >= len(s):
				return "", errors.New("a % without two hexadecimal digits")
			default:
				octet, err := hex.DecodeString(s[i+1 : i+3])
				if err != nil {
					return "", errors.New("a % without two hexadecimal digits")
				}
				b = append(b, octet...)
				i += 2
			}
		}
		return unicodeText(b)
	})
}

// unicodeText refuses octets that are no text: variables are stored and compared as text.
func unicodeText(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", errors.New("the octets are not UTF-8 text")
	}
	return string(b), nil
}

func encoder(encode func([]byte) string) func(call) Value {
	return func(c call) Value { return c.each(0, func(s string) string { return encode([]byte(s)) }) }
}

func decoder(decode func(string) ([]byte, error)) func(call) Value {
	return func(c call) Value {
		return c.tryEach(0, func(s string) (string, error) {
			b, err := decode(s)
			if err != nil {
				return "", errors.New("the text is not in that encoding")
			}
			return unicodeText(b)
		})
	}
}

// decodeBase64 takes both alphabets, with or without padding.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	return base64.RawStdEncoding.DecodeString(s)
}

// digest is a hash in hexadecimal, or as the second argument says: "hex", "base64" or "base64url".
func digest(algorithm func() hash.Hash) func(call) Value {
	return func(c call) Value {
		encode, ok := encodingNamed(c.text(1, "hex"))
		if !ok {
			return c.unknownEncoding()
		}
		return c.each(0, func(s string) string {
			h := algorithm()
			h.Write([]byte(s))
			return encode(h.Sum(nil))
		})
	}
}

// signature is an HMAC (RFC 2104) of the second argument under the key that is the first. The third says how the
// result is written, "hex" by default. The fourth says how the key is: "text" by default, or "hex" and so on, so that
// one signature can be the key of the next.
func signature(algorithm func() hash.Hash) func(call) Value {
	return func(c call) Value {
		encode, ok := encodingNamed(c.text(2, "hex"))
		if !ok {
			return c.unknownEncoding()
		}
		key, err := decodeKey(c.text(0, ""), c.text(3, "text"))
		if err != nil {
			return c.fail(`write "text", "hex", "base64" or "base64url"`, "the key is not in the encoding that the fourth argument names")
		}
		return c.each(1, func(s string) string {
			h := hmac.New(algorithm, key)
			h.Write([]byte(s))
			return encode(h.Sum(nil))
		})
	}
}

func (c call) unknownEncoding() Value {
	return c.fail(`write "hex", "base64" or "base64url"`, "an unknown encoding")
}

func encodingNamed(name string) (func([]byte) string, bool) {
	switch strings.ToLower(name) {
	case "hex":
		return hex.EncodeToString, true
	case "base64":
		return base64.StdEncoding.EncodeToString, true
	case "base64url":
		return base64.RawURLEncoding.EncodeToString, true
	}
	return nil, false
}

func decodeKey(key, encoding string) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "text":
		return []byte(key), nil
	case "hex":
		return hex.DecodeString(key)
	case "base64", "base64url":
		return decodeBase64(key)
	}
	return nil, errors.New("an unknown encoding")
}

// escapeJSON gives what stands between the quotes of a JSON string (RFC 8259 §7).
func escapeJSON(s string) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return "", errors.New("the text can't be written as JSON")
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`), nil
}
