package dnsconfig

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// maxWait is the longest wait that a body can ask for.
const maxWait = 24 * time.Hour

// reading is one answer being read.
type reading struct {
	native  *Native
	call    *call
	in      Inputs
	answer  Response
	e       *evaluation
	here    string // the address of the call's first page, where pages have addresses of their own
	garbled error  // why the body can't be decoded
}

// reading decodes an answer and gives its variables.
func (n *Native) reading(c *call, in Inputs, a Response) (*reading, error) {
	e, err := n.evaluation(c, &in)
	if err != nil {
		return nil, err
	}
	r := &reading{native: n, call: c, in: in, answer: a, e: e}
	if c.page != nil && c.page.nextURL != nil {
		if r.here, err = n.where(c, in, e); err != nil {
			return nil, err
		}
	}
	response, garbled := c.decode(a)
	r.garbled = garbled
	headers, cookies := map[string]any{}, map[string]any{}
	for key, values := range a.Header {
		headers[strings.ToLower(key)] = strings.Join(values, ", ")
	}
	for _, cookie := range (&http.Response{Header: a.Header}).Cookies() {
		cookies[cookie.Name] = cookie.Value
	}
	e.env["status"], e.env["response"], e.env["body"] = a.Status, response, string(a.Body)
	e.env["headers"], e.env["cookies"] = headers, cookies
	return r, nil
}

// decode reads the body as what is expected; nothing where it is something else.
func (c *call) decode(a Response) (any, error) {
	switch c.answers {
	case answersText:
		return string(a.Body), nil
	case answersXML:
		if looksLikePage(a.Body) {
			return nil, errors.New("XML was expected, and a web page (HTML) came")
		}
		v, err := decodeXML(a.Body)
		if err != nil {
			return nil, fmt.Errorf("XML was expected: %w", err)
		}
		return v, nil
	}
	if a.IsHTML() {
		return nil, errors.New("JSON was expected, and a web page (HTML) came")
	}
	v, err := decodeJSON(a.Body)
	if err != nil {
		return nil, fmt.Errorf("JSON was expected: %w", err)
	}
	return v, nil
}

// Judge says what the answer to op means: as the document names it; then by its ok, or a status of 200 to 299; then by the
// status as HTTP has it (RFC 9110 §15, RFC 6585 §4). An accepted answer may still be one that Read can't make sense of.
func (n *Native) Judge(op Op, in Inputs, a Response) Judgement {
	c := n.calls[op]
	if c == nil {
		return Judgement{Outcome: Refused}
	}
	r, err := n.reading(c, in, a)
	if err != nil {
		return Judgement{Outcome: byStatus(a.Status, false)}
	}
	outcome, _ := r.outcome()
	j := Judgement{Outcome: outcome}
	if outcome != Accepted && outcome != Absent || op == Poll { // an accepted poll may tell why a change has failed
		j.Message = r.words()
	}
	if outcome == Throttled {
		j.Wait = r.wait()
	}
	return j
}

// outcome is the judgement. A condition that fails, since the answer is of another shape, does not hold. The error says
// why an answer that is accepted makes no sense.
func (r *reading) outcome() (Outcome, error) {
	for _, named := range namedOutcomes() {
		if !r.holds(r.call.named[named]) {
			continue
		}
		if named == Expired && !r.inSession() {
			return Refused, nil
		}
		return named, nil
	}
	success := r.answer.Status >= 200 && r.answer.Status < 300
	ok, err := r.accepted(success)
	switch {
	case ok:
		return Accepted, nil
	case err != nil && success:
		return Accepted, err
	}
	return byStatus(r.answer.Status, r.inSession()), nil
}

// inSession says that the call is made in a session.
func (r *reading) inSession() bool { return r.native.Has(Login) && r.call.op != Login }

func (r *reading) holds(c condition) bool {
	for _, status := range c.statuses {
		if status == r.answer.Status {
			return true
		}
	}
	if c.when == nil {
		return false
	}
	v, err := c.when.give(r.e)
	return err == nil && v == true
}

// accepted asks the document's ok, for hosts that say no with status 200.
func (r *reading) accepted(success bool) (bool, error) {
	if r.call.ok == nil {
		return success, nil
	}
	v, err := r.call.ok.give(r.e)
	if err != nil && r.garbled != nil {
		return false, r.garbled
	}
	if err != nil {
		return false, err
	}
	switch v {
	case true, false, nil:
		return v == true, nil
	}
	return false, fmt.Errorf("ok: true or false is wanted, not %s", kindOf(v))
}

// byStatus is what a status means where the document names nothing.
func byStatus(status int, inSession bool) Outcome {
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return Throttled
	case status == http.StatusUnauthorized && inSession:
		return Expired
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		return Conflict
	case status >= 500:
		return Failed
	}
	return Refused
}

// words are the host's own.
func (r *reading) words() string {
	if r.call.message == nil {
		return ""
	}
	v, err := r.call.message.give(r.e)
	if err != nil {
		return ""
	}
	text, err := textOf(v)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(text, "?")) // whole: half of a secret can't be redacted
}

func (r *reading) wait() time.Duration {
	if r.call.wait == nil {
		return 0
	}
	v, err := r.call.wait.give(r.e)
	if err != nil {
		return 0
	}
	return seconds(v, maxWait)
}

// seconds reads a number of seconds, with or without a fraction, up to most; 0 for what is none.
func seconds(v any, most time.Duration) time.Duration {
	f, err := asRational(v)
	if err != nil || !(f > 0) {
		return 0
	}
	return time.Duration(min(f, most.Seconds()) * float64(time.Second))
}
