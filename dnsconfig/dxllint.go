package dnsconfig

import (
	"fmt"
	"slices"
	"strings"

	"deputy/formula"
)

// Lint says what is wrong or odd about the configuration as far as that shows without a network, one sentence each: what
// can never run, variables that nothing sets, secrets where they are logged, the apex trap, a status that is blind. Formulas
// that don't parse never get this far. What the account has to give is in About.
func (d *DXL) Lint() []string {
	switch d.kind {
	case dxlHTTP:
	case dxlCommand:
		return append(d.lintCommands(), d.lintReads()...)
	default:
		return []string{d.notHTTP().Seen}
	}
	findings := d.lintOperations()
	findings = append(findings, d.lintReads()...)
	findings = append(findings, d.lintApex()...)
	findings = append(findings, d.lintSecrets()...)
	return append(findings, d.lintStatus()...)
}

func (d *DXL) lintOperations() []string {
	var findings []string
	for _, op := range dxlOps() {
		hasURL := d.formula(op.urlItem()) != nil
		switch {
		case d.methods[op] != "" && !hasURL:
			findings = append(findings, fmt.Sprintf("%s never runs: %s is set, and %s is empty", op, op.methodItem(), op.urlItem()))
		case d.methods[op] == "" && hasURL:
			findings = append(findings, fmt.Sprintf("%s never runs: %s is empty, and %s is not", op, op.methodItem(), op.urlItem()))
		}
	}
	if !d.runs(Add) {
		findings = append(findings, "nothing is ever added: Add has no method or no URL")
	}
	if !d.runs(Del) {
		findings = append(findings, "nothing is ever removed: Del has no method or no URL, so values stay at the DNS host")
	}
	if d.formula(itemStatus) == nil {
		findings = append(findings, "StatusFormula is empty: the HTTP status of Add decides")
	}
	if base := d.settings[itemURL].Text(); strings.HasPrefix(strings.ToLower(base), "http://") {
		findings = append(findings, "cfg_URL begins with http://, so what is sent can be read on its way; a DNS Provider has to allow that")
	}
	return findings
}

// runs says that an operation may run.
func (d *DXL) runs(op Op) bool { return d.methods[op] != "" && d.formula(op.urlItem()) != nil }

// lintReads finds what used formulas read that neither the account, the run, an answer nor another formula sets.
func (d *DXL) lintReads() []string {
	known := d.knownVariables()
	var findings []string
	for _, item := range d.usedItems() {
		f := d.formula(item)
		if f == nil {
			continue
		}
		for _, r := range f.Reads() {
			if why := d.unset(r.Name, known); why != "" {
				findings = append(findings, fmt.Sprintf("%s, line %d, column %d: it reads %s, %s", d.spelling(item), r.Line, r.Column, r.Name, why))
			}
		}
	}
	return findings
}

// unset says why a variable has no value, and what was probably meant; "" where something may set it.
func (d *DXL) unset(name string, known []string) string {
	lower := strings.ToLower(name)
	if op, ok := answerOf(lower); ok {
		if d.runs(op) {
			return ""
		}
		return fmt.Sprintf("and %s never runs", op)
	}
	if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
		return ""
	}
	why := "which nothing sets"
	switch {
	case strings.HasPrefix(lower, "cfg_"):
		why = "for which the form has no field: the DNS Provider's account has to give it"
	case strings.HasPrefix(lower, "environment "):
		why = "which nothing sets: there is no notes.ini here"
	}
	first, path, _ := strings.Cut(name, ".")
	if near, ok := formula.Nearest(first, known); ok {
		if path != "" {
			near += "." + path
		}
		why += "; did you mean " + near + "?"
	}
	return why
}

// answerOf finds the operation whose answer a variable is of: retJSON_ and its name, perhaps with a path, ret_…Status or
// ret_…Text.
func answerOf(lower string) (Op, bool) {
	first, _, _ := strings.Cut(lower, ".")
	for _, op := range dxlOps() {
		name := strings.ToLower(string(op))
		if first == "retjson_"+name || lower == "ret_"+name+"status" || lower == "ret_"+name+"text" {
			return op, true
		}
	}
	return "", false
}

// knownVariables are the names that a run sets or an account may.
func (d *DXL) knownVariables() []string {
	known := []string{"param_RegisteredDomain", "param_DnsTxtName", "param_DnsTxtValue", "cfg_DnsProviderDelay"}
	for _, f := range accountFields() {
		known = append(known, f.name)
	}
	for _, op := range dxlOps() {
		known = append(known, "ret_"+string(op)+"Status", "ret_"+string(op)+"Text", "retJSON_"+string(op))
	}
	for lower := range d.settings {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, lower) }) {
			known = append(known, d.spelling(lower))
		}
	}
	for _, item := range d.formulaNames() {
		known = append(known, d.formulas[item].Fields()...)
	}
	slices.Sort(known)
	return known
}

// spelling is an item's name as the document has it.
func (d *DXL) spelling(item string) string {
	i := slices.IndexFunc(d.items, func(i dxlItem) bool { return strings.EqualFold(i.name, item) })
	if i < 0 {
		return item
	}
	return d.items[i].name
}
