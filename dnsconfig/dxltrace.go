package dnsconfig

// Evaluation is a formula that a run has evaluated, for whoever traces it. It may hold secrets: redact it before it is
// shown.
type Evaluation struct {
	Item  string   // "ReqAddUrlFormula"
	Texts []string // the value's elements
}

// Evaluations are the formulas that came to a value, in order. Those that are empty are not in it.
func (r *Run) Evaluations() []Evaluation { return r.done }

// Variables are the variables as they are now, by name in lower case. They may hold secrets: redact them before they
// are shown.
func (r *Run) Variables() map[string][]string {
	all := make(map[string][]string, len(r.vars.values))
	for name, value := range r.vars.values {
		all[name] = value.Texts()
	}
	return all
}
