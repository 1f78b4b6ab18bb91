package dnsconfig

import "strings"

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

// Ahead says that a formula has read what no answer had given: what it came to may be another thing once one has.
func (r *Run) Ahead() bool { return r.vars.ahead }

// Answers are the texts that the JSON of answers has given so far, each once and none empty: the ids of zones and records
// among them. Statuses and whole bodies are left out, since they stand for nothing.
func (r *Run) Answers() []string {
	seen := map[string]bool{}
	var all []string
	for name, value := range r.vars.values {
		if !strings.HasPrefix(name, "retjson_") {
			continue
		}
		for _, text := range value.Texts() {
			if text = strings.TrimSpace(text); text != "" && !seen[text] {
				seen[text] = true
				all = append(all, text)
			}
		}
	}
	return all
}

// SkipStatus goes on without StatusFormula, before there is a status: fields that it would set count as answers that
// have not come.
func (r *Run) SkipStatus() {
	f := r.config.formula(itemStatus)
	r.vars.ahead = r.vars.ahead || f != nil && len(f.Fields()) > 0
}
