package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"deputy/dnsconfig"
	"deputy/provider"
)

// asked is one request as --json prints it; its fields and their order are stable. Header lines and body are as the
// document gave them.
type asked struct {
	Operation dnsconfig.Op `json:"operation"`
	Method    string       `json:"method"`
	URL       string       `json:"url"`
	Headers   []string     `json:"headers"`
	Body      string       `json:"body"`
}

// unasked is an operation that the document does not use.
type unasked struct {
	Operation dnsconfig.Op `json:"operation"`
	Skipped   string       `json:"skipped"`
}

// ended is how the trace of a native document has ended: its last line.
type ended struct {
	Outcome string `json:"outcome"`
	Text    string `json:"text"`
}

// judged is what StatusFormula made of the answer to Add.
type judged struct {
	Status int `json:"status"`
}

func askedOf(r dnsconfig.Request, show func(string) string) asked {
	a := asked{Operation: r.Op, Method: r.Method, URL: show(r.URL), Headers: []string{}, Body: show(string(r.Body))}
	for _, h := range r.Given() {
		a.Headers = append(a.Headers, show(h))
	}
	return a
}

// printExact writes v as one line of JSON, in which <, > and & stand as they are.
func (p *program) printExact(v any) {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		fmt.Fprintf(&line, "{\"error\":%q}\n", err)
	}
	_, _ = p.stdout.Write(line.Bytes()) // as of every print: who closed stdout does not want it
}

// dxlPrinter prints the steps of a walk.
type dxlPrinter struct {
	program *program
	show    func(string) string
	answer  dnsconfig.Response // to the step's request
}

func (d *dxlPrinter) step(s dnsconfig.Step) {
	if d.program.options.json {
		d.object(s)
		return
	}
	out := d.program.stdout
	fmt.Fprintf(out, "%s\n", s.Op)
	for _, e := range s.Evaluations {
		fmt.Fprintf(out, "  %s = %s\n", e.Item, d.texts(e.Texts))
	}
	switch {
	case s.Skipped != "":
		fmt.Fprintf(out, "  not used: %s\n", s.Skipped)
	case s.Request.Method != "":
		d.program.printExchange(d.asked(s), s.Status, d.show(string(d.answer.Body)))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		if strings.HasPrefix(name, "ret_") && strings.HasSuffix(name, "text") {
			continue // the body, which stands above
		}
		value := d.texts(s.Variables[name])
		if s.Variables[name] == nil {
			value = "(gone)"
		}
		fmt.Fprintf(out, "  %s := %s\n", name, value)
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(out, "  warning: %s\n", d.show(w))
	}
	if s.Op == dnsconfig.Status && s.Skipped == "" && s.Err == nil {
		fmt.Fprintf(out, "  %d: %s\n", s.Status, outcome(s.Status))
	}
	if s.Err != nil {
		fmt.Fprintln(out, "  failed; the reason stands at the end")
	}
}

func outcome(status int) string {
	if status >= 200 && status < 300 {
		return "the value was added"
	}
	return "adding has failed, says the document"
}

// object is a step as --json prints it: operations in order, and the status at its place.
func (d *dxlPrinter) object(s dnsconfig.Step) {
	switch {
	case s.Op == dnsconfig.LookupCustom:
	case s.Op == dnsconfig.Status:
		if s.Skipped == "" && s.Err == nil {
			d.program.printExact(judged{s.Status})
		}
	case s.Skipped != "":
		d.program.printExact(unasked{s.Op, s.Skipped})
	case s.Request.Method != "":
		d.program.printExact(d.asked(s))
	}
}

// asked is the request of a step, with the header lines to the octet as their formula gave them.
func (d *dxlPrinter) asked(s dnsconfig.Step) asked {
	a := askedOf(s.Request, d.show)
	item := "Req" + string(s.Op) + "HeaderFormula"
	at := slices.IndexFunc(s.Evaluations, func(e dnsconfig.Evaluation) bool { return strings.EqualFold(e.Item, item) })
	if at < 0 {
		return a
	}
	a.Headers = []string{}
	for _, line := range s.Evaluations[at].Texts {
		if line != "" {
			a.Headers = append(a.Headers, d.show(line))
		}
	}
	return a
}

// texts shows a value of one or several elements.
func (d *dxlPrinter) texts(texts []string) string {
	quoted := make([]string, len(texts))
	for n, text := range texts {
		quoted[n] = fmt.Sprintf("%q", d.show(text))
	}
	return strings.Join(quoted, " : ")
}

// printExchange prints a request and its answer.
func (p *program) printExchange(a asked, status int, body string) {
	fmt.Fprintf(p.stdout, "  > %s %s\n", a.Method, a.URL)
	for _, h := range a.Headers {
		fmt.Fprintf(p.stdout, "  > %s\n", h)
	}
	if a.Body != "" {
		fmt.Fprintf(p.stdout, "  > %s\n", indented(a.Body))
	}
	fmt.Fprintf(p.stdout, "  < %d %s\n", status, indented(body))
}

// indented keeps the lines of a body under their mark.
func indented(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

// printTrace prints a request of a native document; it comes redacted.
func (p *program) printTrace(t provider.Trace) {
	a := askedOf(t.Request, func(text string) string { return text })
	switch {
	case p.options.json && (len(t.Read) > 0 || t.Note != ""):
		return
	case p.options.json:
		p.printExact(a)
		return
	case t.Note != "":
		fmt.Fprintf(p.stdout, "  %s\n", t.Note)
		return
	case len(t.Read) > 0:
		p.printExpressions(t.Read)
		return
	}
	fmt.Fprintf(p.stdout, "%s\n", t.Request.Op)
	p.printExpressions(t.Evaluations)
	if t.Err != "" {
		p.printExchange(a, 0, t.Err)
		return
	}
	p.printExchange(a, t.Response.Status, string(t.Response.Body))
}

// printExpressions prints the expressions of a native document with their values.
func (p *program) printExpressions(all []dnsconfig.Evaluation) {
	for _, x := range all {
		fmt.Fprintf(p.stdout, "  %s = %s\n", oneLine(x.Item), oneLine(strings.Join(x.Texts, " ")))
	}
}

// oneLine is text without line ends, and not longer than a line of a trace should be.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	const longest = 300
	if len(text) > longest {
		return strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
