package dnsconfig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Read reads the answer to op; in is what its request was made from. An answer that Accepts refuses is for the caller to
// judge. Errors are *AnswerError.
func (n *Native) Read(op Op, in Inputs, a Response) (Result, error) {
	c := n.calls[op]
	if c == nil || !n.Accepts(op, a.Status) {
		return Result{}, &AnswerError{Op: op, Reason: fmt.Sprintf("status %d", a.Status)}
	}
	if slices.Contains(c.absent, a.Status) {
		return Result{Absent: true}, nil
	}
	if a.IsHTML() {
		return Result{}, &AnswerError{Op: op, Reason: "JSON was expected, and a web page (HTML) came"}
	}
	if c.ok == nil && len(c.result) == 0 {
		return Result{}, nil
	}
	response, err := decodeJSON(a.Body)
	if err != nil {
		return Result{}, &AnswerError{Op: op, Reason: "JSON was expected: " + err.Error()}
	}
	env := n.environment(op, in)
	env["status"], env["response"] = a.Status, response
	reading := &reading{call: c, e: newEvaluation(env, nil)}
	if err := reading.accepted(op); err != nil {
		return Result{}, err
	}
	result, err := reading.result(op)
	if err != nil {
		return Result{}, &AnswerError{Op: op, Reason: err.Error()}
	}
	result.Forms = reading.e.forms
	return result, nil
}

// reading is one answer being read.
type reading struct {
	call *call
	e    *evaluation
}

// accepted asks the document's ok, for hosts that say no with status 200.
func (r *reading) accepted(op Op) error {
	if r.call.ok == nil {
		return nil
	}
	v, err := r.call.ok.give(r.e)
	if err != nil {
		return &AnswerError{Op: op, Reason: err.Error()}
	}
	if v != true {
		return &AnswerError{Op: op, Reason: "it says that the request failed", Refused: true}
	}
	return nil
}

func (r *reading) result(op Op) (Result, error) {
	switch op {
	case Zone:
		return r.zone()
	case Read:
		return r.values()
	case List:
		return r.records()
	}
	return Result{}, nil
}

// zone reads a zone; no id means that the account has none for the name.
func (r *reading) zone() (Result, error) {
	id, err := r.optional("id")
	if err != nil || id == "" {
		return Result{Absent: err == nil}, err
	}
	result := Result{ZoneID: id}
	if result.ZoneName, err = r.optional("name"); err != nil {
		return Result{}, err
	}
	result.ZoneName = strings.TrimSuffix(result.ZoneName, ".")
	ttl := r.call.result["minimum_ttl"]
	if ttl == nil {
		return result, nil
	}
	v, err := ttl.give(r.e)
	if err != nil || v == nil {
		return result, err
	}
	if result.ZoneTTL, err = asNumber(v); err != nil {
		return Result{}, fmt.Errorf("minimum_ttl: %w", err)
	}
	return result, nil
}

// optional is the text of a result, "" where it gives nothing.
func (r *reading) optional(key string) (string, error) {
	x := r.call.result[key]
	if x == nil {
		return "", nil
	}
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

func (r *reading) values() (Result, error) {
	v, err := r.call.result["values"].give(r.e)
	if err != nil {
		return Result{}, err
	}
	values, err := textsOf(v)
	if err != nil {
		return Result{}, fmt.Errorf("values: %w", err)
	}
	return Result{Values: values}, nil
}

func (r *reading) records() (Result, error) {
	v, err := r.call.result["records"].give(r.e)
	if err != nil {
		return Result{}, err
	}
	elements, ok := v.([]any)
	if !ok {
		return Result{}, fmt.Errorf("records: a list is wanted, not %s", kindOf(v))
	}
	var result Result
	for _, element := range elements {
		r.e.env["record"] = element
		var record Record
		for key, into := range map[string]*string{"id": &record.ID, "value": &record.Value} {
			if *into, err = r.optional(key); err != nil {
				return Result{}, err
			}
		}
		if record.ID == "" {
			return Result{}, fmt.Errorf("a record of the list has no id")
		}
		result.Records = append(result.Records, record)
	}
	return result, nil
}

// decodeJSON reads one JSON text; whole numbers become int, so that ids keep every digit. An empty body is nothing.
func decodeJSON(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON text")
	}
	return plainNumbers(v), nil
}

func plainNumbers(v any) any {
	switch x := v.(type) {
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return int(i)
		}
		f, err := x.Float64()
		if err != nil {
			return x.String()
		}
		return f
	case []any:
		for i := range x {
			x[i] = plainNumbers(x[i])
		}
	case map[string]any:
		for key := range x {
			x[key] = plainNumbers(x[key])
		}
	}
	return v
}
