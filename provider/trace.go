package provider

import (
	"strings"

	"deputy/dnsconfig"
)

// Trace is one request with its answer, redacted: no secret of the account is in it in any encoding, and the value of
// Authorization not at all.
type Trace struct {
	Provider string
	Request  dnsconfig.Request
	Response dnsconfig.Response // zero where no answer came
	Err      string             // why not
}

// hidden stands for what a trace does not show.
const hidden = "[secret]"

func (a *account) trace(r dnsconfig.Request, answer dnsconfig.Response, err error) {
	if a.traces == nil {
		return
	}
	if a.openly {
		a.traces(asSent(a.Name, r, answer, err))
		return
	}
	t := Trace{Provider: a.Name, Request: a.redactedRequest(r), Response: a.redactedResponse(presentable(r, answer))}
	if err != nil {
		t.Err = a.redactor.Redact(err.Error())
	}
	a.traces(t)
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
	case "authorization", "cookie", "set-cookie":
		return hidden
	}
	return a.redactor.Redact(value)
}
