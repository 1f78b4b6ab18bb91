// Package secret keeps what must not be seen: a Value that does not print, a Redactor that finds secrets in text in
// every encoding deputy's neighbours use, and a Keyring that seals bytes at rest.
//
// It protects copies of the database, logs and traces. It does not protect the machine deputy runs on.
package secret

import (
	"fmt"
	"unique"
)

// Value is text that never prints: every verb of fmt, JSON and YAML give "[secret]". The zero value is no secret.
// Only Reveal gives the text, so a search for Reveal finds every place where a secret leaves its wrapping.
// Values of the same text are equal (==).
type Value struct {
	// A handle, and no string: for a verb that it does not know (%w of what is no error), fmt prints the fields without
	// asking Format, and of a handle that is an address.
	text unique.Handle[string]
}

const hidden = "[secret]"

// New wraps text.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{unique.Make(text)}
}

// Reveal gives the text. Call it where the secret is used, and nowhere else.
func (v Value) Reveal() string {
	if v.IsZero() {
		return ""
	}
	return v.text.Value()
}

// IsZero says that there is no secret.
func (v Value) IsZero() bool { return v == Value{} }

// String gives "[secret]", or "" for the zero value.
func (v Value) String() string {
	if v.IsZero() {
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
