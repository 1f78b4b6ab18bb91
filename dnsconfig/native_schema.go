package dnsconfig

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of the native format, for editors. What only ParseNative can tell, such as the names
// of variables, it takes.
func Schema() []byte { return slices.Clone(schema) }
