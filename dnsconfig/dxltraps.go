package dnsconfig

import (
	"fmt"
	"slices"
	"strings"

	"deputy/formula"
	"deputy/secret"
)

// lintApex finds @Left(param_DnsTxtName; "." + domain): where the name does not end in the domain it gives "", and the
// record would be written at the zone's own name.
func (d *DXL) lintApex() []string {
	var findings []string
	places := map[string][]string{} // by what is written
	var order []string
	for _, item := range d.usedItems() {
		f := d.formula(item)
		if f == nil {
			continue
		}
		for _, c := range f.Calls("@Left") {
			if !slices.Contains(c.Reads[0], "param_dnstxtname") || len(c.Reads[1]) == 0 {
				continue
			}
			if places[c.Text] == nil {
				order = append(order, c.Text)
			}
			places[c.Text] = append(places[c.Text], fmt.Sprintf("%s, line %d, column %d", d.spelling(item), c.Line, c.Column))
		}
	}
	for _, text := range order {
		findings = append(findings, fmt.Sprintf(`%s: %s is "" where the name does not end in that domain, and the record would be written at the zone's own name; deputy refuses that, and CertMgr does not`,
			strings.Join(places[text], "; "), shortenedTo(text, 80)))
	}
	return findings
}

func shortenedTo(s string, octets int) string {
	if len(s) <= octets {
		return s
	}
	return strings.ToValidUTF8(s[:octets], "") + "…"
}

// lintSecrets finds secrets in URLs.
func (d *DXL) lintSecrets() []string {
	var findings []string
	for _, op := range dxlOps() {
		if !d.runs(op) {
			continue
		}
		if fields := d.secretsIn(op.urlItem()); len(fields) > 0 {
			findings = append(findings, fmt.Sprintf("%s puts %s into the URL, which servers and proxies write into their logs; send it in a header or the body, if the DNS host takes it there",
				d.spelling(op.urlItem()), strings.Join(fields, " and ")))
		}
	}
	return findings
}

// secretsIn lists the secret fields of the account that a formula takes into its result: those that it reads and does not
// ask for alone, and those that are seen in what it comes to.
func (d *DXL) secretsIn(item string) []string {
	f := d.formula(item)
	if f == nil {
		return nil
	}
	made := d.probe(item)
	var fields []string
	for _, field := range d.fields() {
		plainly := slices.ContainsFunc(f.Reads(), func(r formula.Read) bool { return strings.EqualFold(r.Name, field.Name) && !r.Tested })
		if field.Secret && (plainly || strings.Contains(strings.Join(made, "\n"), probeOf(field.Name))) {
			fields = append(fields, field.Name)
		}
	}
	return fields
}

// probeOf is a value by which a field is known again.
func probeOf(field string) string {
	return "probe-of-" + strings.ReplaceAll(strings.ToLower(field), "_", "-")
}

// probe evaluates an item's formula where every field of the account holds its own probe, and no answer has come.
func (d *DXL) probe(item string) []string {
	run := d.Start(d.probes())
	for _, before := range d.usedItems() {
		if f := d.formula(before); f == nil || before == itemStatus || len(f.Fields()) == 0 && before != item {
			continue
		}
		value, err := run.evaluate(before)
		if before == item && err == nil {
			return value.Texts()
		}
	}
	return nil
}

// probes are the inputs of a run in which every field of the account can be known again.
func (d *DXL) probes() DXLInputs {
	in := DXLInputs{Account: map[string]secret.Value{}, RegisteredDomain: "example.org", TXTName: "_acme-challenge.example.org", TXTValue: "value"}
	for _, f := range d.fields() {
		in.Account[f.Name] = secret.New(probeOf(f.Name))
	}
	return in
}

// lintStatus asks StatusFormula about an answer that is no success, with nothing in it.
func (d *DXL) lintStatus() []string {
	if d.formula(itemStatus) == nil || !d.runs(Add) {
		return nil
	}
	run := d.Start(d.probes())
	if err := run.Read(Add, Response{Status: 500}); err != nil {
		return nil
	}
	n, err := run.Status()
	if err != nil || n < 200 || n > 299 {
		return nil
	}
	return []string{fmt.Sprintf("StatusFormula says %d, which is success, of an answer of status 500 with nothing in it; let it look at ret_AddStatus", n)}
}
