package dnsconfig

// maxSeen is how many expressions of one request or answer a trace shows.
const maxSeen = 200

// evaluated is an expression with its value, for whoever traces it.
type evaluated struct {
	source string
	value  any
}

func (e *evaluation) note(source string, v any) {
	if len(e.seen) < maxSeen {
		e.seen = append(e.seen, evaluated{source, v})
	}
}

// Evaluations are the expressions that the request of a native document was made from, in order, with their values. They may
// hold secrets: redact them before they are shown.
func (r Request) Evaluations() []Evaluation { return evaluationsOf(r.seen) }

// Evaluations are the expressions that read the answer, like those of a Request.
func (r Result) Evaluations() []Evaluation { return evaluationsOf(r.seen) }

func evaluationsOf(seen []evaluated) []Evaluation {
	var all []Evaluation
	for _, x := range seen {
		all = append(all, Evaluation{Item: x.source, Texts: []string{plainOf(x.value)}})
	}
	return all
}

// plainOf is text as it is, and anything else as JSON.
func plainOf(v any) string {
	if text, err := textOf(v); err == nil {
		return text
	}
	encoded, err := encodeJSON(v)
	if err != nil {
		return kindOf(v)
	}
	return string(encoded)
}
