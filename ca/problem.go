package ca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/mholt/acmez/v3/acme"

	"deputy/fault"
)

// maxQuote is how much of a CA's text is shown, in characters.
const maxQuote = 300

// refusal is the cause of a fault: the CA answered, and said no.
type refusal struct {
	answer  answer
	problem acme.Problem // zero where the answer had none
}

func (r *refusal) Error() string { return r.answer.words() }

// refusalOf finds the refusal in err's chain; one that is not there matches nothing.
func refusalOf(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	return &refusal{}
}

// is says whether the CA's reason is one of these, given without the namespace of RFC 8555 §6.7.
func (r *refusal) is(kinds ...string) bool {
	for _, kind := range kinds {
		if kindOf(r.problem) == kind {
			return true
		}
	}
	return false
}

// problemOf reads a problem document (RFC 9457), whatever the answer calls itself; the zero value where there is none.
func problemOf(a answer) acme.Problem {
	var p acme.Problem
	if json.Unmarshal(a.body, &p) != nil {
		return acme.Problem{}
	}
	return p
}

// kindOf is the problem's type without the ACME namespace: "rateLimited"; "" for about:blank and none.
func kindOf(p acme.Problem) string {
	kind := strings.TrimPrefix(p.Type, acme.ProblemTypeNamespace)
	if kind == "about:blank" {
		return ""
	}
	return kind
}

// words quotes the CA for people.
func (a answer) words() string {
	if p := problemOf(a); p.Type != "" || p.Detail != "" {
		return fmt.Sprintf("the CA answers %d: %s", a.status, problemWords(p))
	}
	text := strings.TrimSpace(string(a.body[:min(len(a.body), 4*maxQuote)]))
	if text == "" {
		return fmt.Sprintf("the CA answers %d %s, and says no more", a.status, http.StatusText(a.status))
	}
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return fmt.Sprintf("the CA answers %d with %s instead of a problem document: %s", a.status, clean(media), quoted(text))
}

// problemWords quotes detail and type, and the parts of a problem that has some (RFC 8555 §6.7.1).
func problemWords(p acme.Problem) string {
	text := quoted(p.Detail)
	if p.Detail == "" {
		text = quoted(p.Title)
	}
	if kind := kindOf(p); kind != "" {
		text += " (" + clean(kind) + ")"
	}
	const shown = 5
	for n, sub := range p.Subproblems {
		if n == shown {
			return text + fmt.Sprintf("; and %d more", len(p.Subproblems)-shown)
		}
		text += fmt.Sprintf("; %s: %s", clean(sub.Identifier.Value), problemWords(acme.Problem{Type: sub.Type, Title: sub.Title, Detail: sub.Detail}))
	}
	return text
}

// quoted is a stranger's text within quotation marks, cut and without control characters.
func quoted(text string) string { return "“" + clean(text) + "”" }

// clean cuts a stranger's text and takes out what would do something to a terminal or a log.
func clean(text string) string {
	var out strings.Builder
	count := 0
	for _, r := range text {
		if count == maxQuote {
			return out.String() + "…"
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			r = ' '
		}
		out.WriteRune(r)
		count++
	}
	return out.String()
}

// link finds the first https URL in a CA's text, whole and of at most 2048 octets: a link that is cut is no link.
func link(text string) string {
	const longest = 2048
	found := linkPattern.FindString(text)
	found = strings.TrimRight(found, ".,;:!?)'\"")
	if len(found) > longest {
		return ""
	}
	return found
}

var linkPattern = regexp.MustCompile(`https://[!-~]+`)

// explain makes a fault of a call that came to nothing.
func (c *Client) explain(ctx context.Context, q query, x *call, err error) error {
	if cause := context.Cause(ctx); cause != nil && (x.answer == nil || x.failed != nil) {
		return ended(q.tried, cause)
	}
	f := &fault.Fault{Tried: q.tried, Seen: x.seen(err)}
	if x.answer != nil {
		r := &refusal{answer: *x.answer, problem: problemOf(*x.answer)}
		f.Err = r
		if delay, told := r.answer.retryAfter(); told && (r.answer.status == 429 || r.answer.status == 503) || r.is("rateLimited") {
			return c.limited(f, r, delay, told)
		}
		if r.answer.status < 500 {
			return c.refused(f, r)
		}
		f.Code, f.Who = fault.CAFailed, fault.CA
		f.Do = "try again later; what was begun is gone on with"
		return f
	}
	if x.failed == nil && err != nil {
		return fmt.Errorf("%s: %w", q.tried, err) // the library could not make the request
	}
	inner, ok := fault.From(x.failed)
	f.Err = x.failed
	switch {
	case ok && inner.Code != fault.HostFailed:
		return inner
	case ok:
		f.Code, f.Who, f.Do = fault.CAFailed, fault.Admin, inner.Do
	default:
		f.Code, f.Who, f.Do = fault.CAFailed, fault.Nobody, "try again later; what was begun is gone on with"
	}
	return f
}

// limited words a rate limit: when the CA says until when, the cause is a *Limited.
func (c *Client) limited(f *fault.Fault, r *refusal, delay time.Duration, told bool) error {
	f.Code, f.Who = fault.CALimited, fault.Nobody
	f.Do = "wait, and try again in some hours"
	if told {
		until := c.now().Add(delay)
		f.Do = "wait until " + until.UTC().Format(time.RFC3339) + ", and try again"
		f.Err = errors.Join(&Limited{Until: until}, r)
	}
	if page := link(r.problem.Detail); page != "" && strings.Contains(r.problem.Detail, "pause") {
		f.Do, f.Who = "the CA has paused the account for these names; open "+page+" to have it take them up again", fault.Admin
	}
	return f
}
