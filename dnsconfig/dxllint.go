package dnsconfig

import (
	"fmt"
	"slices"
	"strings"

	"deputy/formula"
)

// Lint says what is wrong or odd about the configuration as far as that shows without a network, one line each: what
// can never run, and variables that nothing sets. Formulas that don't parse never get this far.
func (d *DXL) Lint() []string {
	if d.kind != dxlHTTP {
		return []string{d.notHTTP().Seen}
	}
	findings := d.lintOperations()
	for _, item := range d.formulaNames() {
		findings = append(findings, d.lintVariables(item)...)
	}
	return findings
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
	if d.methods[Add] == "" || d.formula(Add.urlItem()) == nil {
		findings = append(findings, "nothing is ever added: Add has no method or no URL")
	}
	if d.formula(itemStatus) == nil {
		findings = append(findings, "StatusFormula is empty: the HTTP status of Add decides")
	}
	return findings
}

// lintVariables finds what a formula reads that neither the account, the run, an answer nor another formula sets.
func (d *DXL) lintVariables(lowerItem string) []string {
	known := d.knownVariables()
	var findings []string
	for _, r := range d.formulas[lowerItem].Reads() {
		lower := strings.ToLower(r.Name)
		if slices.ContainsFunc(known, func(name string) bool { return strings.EqualFold(name, r.Name) }) || isAnswer(lower) {
			continue
		}
		why := "which nothing sets"
		if strings.HasPrefix(lower, "cfg_") {
			why = "for which the form has no field: the DNS Provider's account has to give it"
		}
		finding := fmt.Sprintf("%s reads %s, %s", d.spelling(lowerItem), r.Name, why)
		if near, ok := formula.Nearest(r.Name, known); ok {
			finding += "; did you mean " + near + "?"
		}
		findings = append(findings, finding)
	}
	return findings
}

// knownVariables are the names that a run sets or an account may.
func (d *DXL) knownVariables() []string {
	known := []string{"param_RegisteredDomain", "param_DnsTxtName", "param_DnsTxtValue", "cfg_DnsProviderDelay"}
	for _, f := range accountFields() {
		known = append(known, f.name)
	}
	for _, op := range dxlOps() {
		known = append(known, "ret_"+string(op)+"Status", "ret_"+string(op)+"Text")
	}
	for lower := range d.settings {
		known = append(known, lower)
	}
	for _, item := range d.formulaNames() {
		known = append(known, d.formulas[item].Fields()...)
	}
	slices.Sort(known)
	return known
}

// isAnswer says that a name is of an answer: retJSON_ and an operation, perhaps with a path.
func isAnswer(lower string) bool {
	name, _, _ := strings.Cut(lower, ".")
	return slices.ContainsFunc(dxlOps(), func(op Op) bool { return name == "retjson_"+strings.ToLower(string(op)) })
}

// spelling is an item's name as the document has it.
func (d *DXL) spelling(lowerItem string) string {
	i := slices.IndexFunc(d.items, func(i dxlItem) bool { return strings.EqualFold(i.name, lowerItem) })
	return d.items[i].name
}
