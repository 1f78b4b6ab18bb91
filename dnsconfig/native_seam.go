package dnsconfig

import (
	"time"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// signing is a compiled recipe that signs requests.
type signing struct{}

// compileSigning reads a sign of the document.
func compileSigning(n ast.Node, variables types.Map) (*signing, error) { panic("seam") }

// apply adds the headers of the signature to a request that is otherwise complete.
func (s *signing) apply(e *evaluation, r *Request, now time.Time, nonce string) error { panic("seam") }

// encodeXML writes an object of one root element.
func encodeXML(v any) ([]byte, error) { panic("seam") }

// decodeXML reads an answer.
func decodeXML(body []byte) (any, error) { panic("seam") }

// Lint says what is doubtful in the document, one sentence each.
func (n *Native) Lint() []string { panic("seam") }

// Schema is the JSON Schema of the native format, for editors.
func Schema() []byte { panic("seam") }
