package provider

import (
	"regexp"
	"strings"

	"deputy/dnsconfig"
)

// Trace is one request with its answer, redacted: no secret of the account is in it in any encoding, and of the
// value of Authorization its scheme at most.
type Trace struct {
	Provider string
	Request  dnsconfig.Request
	Response dnsconfig.Response // zero where no answer came
	Err      string             // why not

	// Evaluations are the expressions that made the request, and Read those that read an answer, which come in a Trace of
	// their own; both only in a run over given answers.
	Evaluations, Read []dnsconfig.Evaluation

	// Note tells, in a Trace of its own in a run over given answers, what the engine made of them, and what it makes up.
	Note string
}

// hidden stands for what a trace does not show.
const hidden = "[secret]"

func (a *account) trace(r dnsconfig.Request, answer dnsconfig.Response, err error) {
	if a.traces == nil {
		return
	}
	if a.openly {
		t := asSent(a.Name, r, answer, err)
		t.Evaluations = a.evaluations(r.Evaluations)
		a.traces(t)
		return
	}
	t := Trace{
		Provider: a.Name, Request: a.redactedRequest(r), Response: a.redactedResponse(presentable(r, answer)),
		Evaluations: a.evaluations(r.Evaluations),
	}
	if err != nil {
		t.Err = a.redactor.Redact(err.Error())
	}
	a.traces(t)
}

// traceRead tells what a document has read of an answer.
func (a *account) traceRead(op dnsconfig.Op, result dnsconfig.Result) {
	if read := a.evaluations(result.Evaluations); a.traces != nil && len(read) > 0 {
		a.traces(Trace{Provider: a.Name, Request: dnsconfig.Request{Op: op}, Read: read})
	}
}

// evaluations are those of a run over given answers, redacted; none of others, in which nobody looks at them.
func (a *account) evaluations(of func() []dnsconfig.Evaluation) []dnsconfig.Evaluation {
	if a.pretended == nil {
		return nil
	}
	all := of()
	for i, x := range all {
		for k, text := range x.Texts {
			all[i].Texts[k] = a.redactor.Redact(text)
		}
	}
	return all
}

// asSent is a trace that hides nothing.
func asSent(provider string, r dnsconfig.Request, answer dnsconfig.Response, err error) Trace {
	t := Trace{Provider: provider, Request: r, Response: answer}
	if err != nil {
		t.Err = err.Error()
	}
	return t
}

func (a *account) redactedRequest(r dnsconfig.Request) dnsconfig.Request {
	shown := dnsconfig.Request{Op: r.Op, Method: r.Method, URL: a.redactor.Redact(r.URL), Body: a.redactedBytes(r.Body)}
	for _, h := range r.Header {
		shown.Header = append(shown.Header, [2]string{h[0], a.redactedHeader(h[0], h[1])})
	}
	return shown
}

func (a *account) redactedResponse(r dnsconfig.Response) dnsconfig.Response {
	shown := dnsconfig.Response{Status: r.Status, Body: a.redactedBytes(r.Body)}
	for name, values := range r.Header {
		if shown.Header == nil {
			shown.Header = map[string][]string{}
		}
		for _, v := range values {
			shown.Header[name] = append(shown.Header[name], a.redactedHeader(name, v))
		}
	}
	return shown
}

func (a *account) redactedBytes(b []byte) []byte {
	if b == nil {
		return nil
	}
	return []byte(a.redactor.Redact(string(b)))
}

func (a *account) redactedHeader(name, value string) string {
	switch strings.ToLower(name) {
	case "authorization":
		return a.schemeOf(value) + hidden
	case "cookie", "set-cookie":
		return hidden
	}
	return a.redactor.Redact(value)
}

// authScheme is an auth-scheme (RFC 9110 §11.1) of the letters, digits and hyphens that those in use consist of.
var authScheme = regexp.MustCompile(`^[A-Za-z0-9-]+ `)

// schemeOf is the scheme of the value of Authorization with its space; "" where it has none, or a secret may reach into it.
func (a *account) schemeOf(value string) string {
	scheme := authScheme.FindString(value)
	if scheme == "" || strings.TrimSpace(value) == strings.TrimSpace(scheme) || !strings.HasPrefix(a.redactor.Redact(value), scheme) {
		return ""
	}
	return scheme
}
