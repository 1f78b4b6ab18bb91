package dnsconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"deputy/secret"
)

// maxAnswerDepth is how deep lists and objects of a JSON answer may nest.
const maxAnswerDepth = 64

// maxSession is the longest time that a session is taken to last.
const maxSession = 366 * 24 * time.Hour

// Read reads the answer to op; in is what its request was made from. Judge says first what the answer means: one that is
// neither accepted nor absent is an error. Errors are *AnswerError.
func (n *Native) Read(op Op, in Inputs, a Response) (Result, error) {
	c := n.calls[op]
	if c == nil {
		return Result{}, &AnswerError{Op: op, Reason: fmt.Sprintf("status %d", a.Status)}
	}
	r, err := n.reading(c, in, a)
	if err != nil {
		return Result{}, &AnswerError{Op: op, Reason: err.Error()}
	}
	outcome, err := r.outcome()
	success := a.Status >= 200 && a.Status < 300
	switch {
	case err != nil:
		return Result{}, &AnswerError{Op: op, Reason: err.Error()}
	case outcome == Absent:
		return Result{Absent: true}, nil
	case outcome != Accepted && success:
		return Result{}, &AnswerError{Op: op, Reason: "it says that the request failed", Refused: outcome == Refused}
	case outcome != Accepted:
		return Result{}, &AnswerError{Op: op, Reason: fmt.Sprintf("status %d", a.Status)}
	case r.garbled != nil && (c.reads() || success && r.isPage()):
		return Result{}, &AnswerError{Op: op, Reason: r.garbled.Error()}
	}
	result, err := r.result()
	if err != nil {
		return Result{}, &AnswerError{Op: op, Reason: err.Error()}
	}
	result.Forms, result.seen = r.e.forms, r.e.seen
	return result, nil
}

// reads says that something is read from an answer.
func (c *call) reads() bool { return len(c.result) > 0 || len(c.session) > 0 || c.job != nil }

func (r *reading) isPage() bool { return r.answer.IsHTML() || looksLikePage(r.answer.Body) }

func (r *reading) result() (Result, error) {
	switch r.call.op {
	case Login:
		return r.login()
	case Zone:
		return r.zone()
	case Zones:
		return r.zones()
	case Read:
		return r.values()
	case List:
		return r.records()
	case Item:
		return r.item()
	case Poll:
		return r.poll()
	}
	return r.change()
}

// login keeps what the session is made of. All of it has to be there.
func (r *reading) login() (Result, error) {
	result := Result{Session: map[string]secret.Value{}}
	for _, kept := range r.call.session {
		v, err := kept.value.give(r.e)
		if err != nil {
			return Result{}, err
		}
		text, err := textOf(v)
		if err != nil {
			return Result{}, fmt.Errorf("session.%s: %w", kept.name, err)
		}
		if text == "" {
			return Result{}, fmt.Errorf("session.%s is empty", kept.name)
		}
		result.Session[kept.name] = secret.New(text)
	}
	x := r.call.result["expires"]
	if x == nil {
		return result, nil
	}
	v, err := x.give(r.e)
	if err != nil || v == nil {
		return result, err
	}
	if f, err := asRational(v); err != nil || f < 0 {
		return Result{}, fmt.Errorf("expires: a number of seconds is wanted, not %s", kindOf(v))
	}
	result.Expires = seconds(v, maxSession)
	return result, nil
}

// change reads what a write says: the job to ask about, where it is not done at once.
func (r *reading) change() (Result, error) {
	if r.call.job == nil {
		return Result{}, nil
	}
	job, err := r.once("job", r.call.job)
	return Result{Job: job}, err
}

func (r *reading) poll() (Result, error) {
	var result Result
	for key, into := range map[string]*bool{"done": &result.Done, "failed": &result.Failed} {
		x := r.call.result[key]
		if x == nil {
			continue
		}
		v, err := x.give(r.e)
		if err != nil {
			return Result{}, err
		}
		truth, ok := v.(bool)
		if !ok && v != nil {
			return Result{}, fmt.Errorf("%s: true or false is wanted, not %s", key, kindOf(v))
		}
		*into = truth
	}
	return result, nil
}

// optional is the text of a result, "" where it gives nothing.
func (r *reading) optional(key string) (string, error) {
	if x := r.call.result[key]; x != nil {
		return r.once(key, x)
	}
	return "", nil
}

func (r *reading) once(key string, x *expression) (string, error) {
	v, err := x.give(r.e)
	if err != nil || v == nil {
		return "", err
	}
	text, err := textOf(v)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	return text, nil
}

// listed is a list of a result.
func (r *reading) listed(key string) ([]any, error) {
	v, err := r.call.result[key].give(r.e)
	if err != nil {
		return nil, err
	}
	elements, ok := listOf(v)
	if !ok {
		return nil, fmt.Errorf("%s: a list is wanted, not %s", key, kindOf(v))
	}
	return elements, nil
}

// asRational reads a number, or a text that is one.
func asRational(v any) (float64, error) {
	switch x := v.(type) {
	case int:
		return float64(x), nil
	case float64:
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			return x, nil
		}
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		if err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
	}
	return 0, fmt.Errorf("%s is no number", kindOf(v))
}

// decodeJSON reads one JSON text; whole numbers become int, so that ids keep every digit. An empty body is nothing.
func decodeJSON(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(body) || loneSurrogate(body) {
		return nil, errors.New("it is not UTF-8") // the decoder would change the text, and a foreign value be written back changed
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON text")
	}
	return plainNumbers(v, 0)
}

// loneSurrogate says that a JSON text escapes half of a character (RFC 8259 §8.2).
func loneSurrogate(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 || at+1 >= len(body) {
			return false
		}
		body = body[at:]
		unit, ok := utf16Unit(body)
		switch {
		case !ok:
			body = body[2:]
		case !utf16.IsSurrogate(unit):
			body = body[6:]
		default:
			low, _ := utf16Unit(body[6:])
			if utf16.DecodeRune(unit, low) == utf8.RuneError {
				return true
			}
			body = body[12:]
		}
	}
}

// utf16Unit reads \uXXXX at the beginning of a text.
func utf16Unit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit), err == nil
}

func plainNumbers(v any, depth int) (any, error) {
	if depth > maxAnswerDepth {
		return nil, fmt.Errorf("it nests deeper than %d", maxAnswerDepth)
	}
	var err error
	switch x := v.(type) {
	case json.Number:
		return plainNumber(x), nil
	case []any:
		for i := range x {
			if x[i], err = plainNumbers(x[i], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range x {
			if x[key], err = plainNumbers(x[key], depth+1); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// plainNumber is a whole number as int, or as text with all its digits where that can't hold it: such an id stays what it is.
func plainNumber(x json.Number) any {
	if i, err := x.Int64(); err == nil {
		return int(i)
	}
	f, err := x.Float64()
	if err != nil || !strings.ContainsAny(x.String(), ".eE") {
		return x.String()
	}
	return f
}
