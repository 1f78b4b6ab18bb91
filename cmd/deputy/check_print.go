package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/plan"
)

func (p *program) printChecked(r checked) {
	if p.options.json {
		p.print(checkedObject(r))
		return
	}
	if r.chain.Challenge.IsZero() { // no name
		for _, f := range r.faults {
			p.printFault(f)
		}
		return
	}
	fmt.Fprintf(p.stdout, "%s: %s\n", r.text, r.verdict())
	for _, line := range delegation.Draw(r.chain) {
		fmt.Fprintf(p.stdout, "  %s\n", line)
	}
	for _, f := range r.faults {
		fmt.Fprintf(p.stdout, "  %s: %s\n    to do: %s\n    by:    %s\n", f.Code, f.Seen, strings.ReplaceAll(f.Do, "\n", "\n           "), f.Who)
	}
	for _, n := range r.notes {
		fmt.Fprintf(p.stdout, "  note: %s\n", strings.ReplaceAll(n.Text, "\n", "\n        "))
	}
}

// checkedObject is the object that --json prints for a name; its fields are stable.
func checkedObject(r checked) map[string]any {
	faults, hops, notes := []map[string]any{}, []map[string]any{}, []map[string]string{}
	code := ""
	for n, f := range r.faults {
		if n == 0 {
			code = string(f.Code)
		}
		faults = append(faults, map[string]any{"code": f.Code, "at": f.At, "seen": f.Seen, "do": f.Do, "who": f.Who, "after": int(f.After.Seconds())})
	}
	for _, h := range r.chain.Hops {
		kind := "CNAME"
		if !h.DNAME.IsZero() {
			kind = "DNAME"
		}
		hops = append(hops, map[string]any{"owner": h.Owner, "type": kind, "target": h.Target, "ttl": h.TTL, "server": h.Server.String()})
	}
	for _, n := range r.notes {
		notes = append(notes, map[string]string{"code": n.Code, "text": n.Text})
	}
	return map[string]any{
		"name": r.text, "challenge": r.chain.Challenge, "verdict": r.verdict(), "code": code, "faults": faults, "notes": notes,
		"hops": hops, "target": r.chain.Target, "zone": r.chain.Zone, "view": r.chain.View,
	}
}

// printTicket writes the request that can be forwarded, for the names that lack their CNAME.
func (p *program) printTicket(results []checked) {
	var lines []plan.Line
	for _, r := range results {
		if len(r.faults) == 0 || r.faults[0].Code != fault.NoDelegation || r.expect.Advice.IsZero() {
			continue
		}
		at := slices.IndexFunc(lines, func(l plan.Line) bool { return l.Owner == r.chain.Challenge })
		if at >= 0 {
			lines[at].Names = append(lines[at].Names, r.name)
			continue
		}
		line := plan.Line{Names: []name.Name{r.name}, Owner: r.chain.Challenge, Target: r.expect.Advice}
		if zone := r.chain.OwnerZone; zone.Labels() > 1 { // of a domain that does not exist the parent is told
			line.Zone = zone
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 && !p.options.json {
		fmt.Fprintf(p.stdout, "\n%s", plan.Ticket(lines))
	}
}

// writePictures draws the chains: into path where there is one, else each into its own file beside it.
func writePictures(path string, results []checked) error {
	if path == "" {
		return nil
	}
	for _, r := range results {
		if r.chain.Challenge.IsZero() {
			continue
		}
		file := path
		if len(results) > 1 {
			extension := filepath.Ext(path)
			file = strings.TrimSuffix(path, extension) + "-" + r.name.FileName() + extension
		}
		if err := os.WriteFile(file, []byte(delegation.SVG(r.chain, r.faults)), 0o644); err != nil {
			return &fault.Fault{
				Code: fault.BadSettings, Tried: "write the picture of " + r.text, Seen: err.Error(),
				Do: "name a file with --svg that you may write", Who: fault.Admin, Err: err,
			}
		}
	}
	return nil
}
