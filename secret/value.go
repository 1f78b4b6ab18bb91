// Package secret keeps what must not be seen: a Value that does not print, a Redactor that finds secrets in text in
// every encoding deputy's neighbours use, and a Keyring that seals bytes at rest.
//
// It protects copies of the database, logs and traces. It does not protect the machine deputy runs on.
package secret

import "fmt"

// Value is text that never prints: every verb of fmt, JSON and YAML give "[secret]". The zero value is no secret.
// Only Reveal gives the text, so a search for Reveal finds every place where a secret leaves its wrapping.
type Value struct {
	text string
}

const hidden = "[secret]"

// New wraps text.
func New(text string) Value { return Value{text} }

// Reveal gives the text. Call it where the secret is used, and nowhere else.
func (v Value) Reveal() string { return v.text }

// IsZero says that there is no secret.
func (v Value) IsZero() bool { return v.text == "" }

// String gives "[secret]", or "" for the zero value.
func (v Value) String() string {
	if v.text == "" {
		return ""
	}
	return hidden
}

// GoString gives what String does, for %#v.
func (v Value) GoString() string { return v.String() }

// Format writes what String does whatever the verb.
func (v Value) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

// MarshalText gives what String does, so that JSON and YAML never hold the secret.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
