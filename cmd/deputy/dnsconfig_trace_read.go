package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/provider"
	"deputy/secret"
)

// readAccount reads --provider: a whole DNS Provider, or a mapping of fields to text, in YAML or JSON.
func (p *program) readAccount(path string) (provider.Document, error) {
	source, err := p.readDocument(path)
	if err != nil {
		return provider.Document{}, err
	}
	bad := func(seen string) error {
		return badFile(path, "the account's fields", seen, "give a mapping of fields to text, as in cfg_AuthToken: TOKEN")
	}
	fields, err := fieldsOf(bytes.TrimPrefix(source, []byte("\ufeff")))
	if f, ok := fault.From(err); ok {
		return provider.Document{}, bad(f.Seen)
	}
	if err != nil {
		return provider.Document{}, bad(err.Error())
	}
	if format, ok := fields["deputy"].(string); ok && strings.HasPrefix(format, "dns-provider/") {
		return provider.Parse(source, readNear(path), p.getenv)
	}
	account := map[string]secret.Value{}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		text, ok := fields[field].(string)
		if !ok {
			return provider.Document{}, bad(fmt.Sprintf("%.60s is no text", field))
		}
		for other := range account {
			if strings.EqualFold(other, field) { // names of items are one in either case
				return provider.Document{}, bad(fmt.Sprintf("%.60s and %.60s are the same field", other, field))
			}
		}
		account[field] = secret.New(text)
	}
	return provider.Document{Account: account}, nil
}

// badFile is a file of the command line that can't be read for what it should be.
func badFile(path, what, seen, do string) *fault.Fault {
	return &fault.Fault{Code: fault.BadDocument, Tried: "read " + what + " in " + path, Seen: seen, Do: do, Who: fault.Admin}
}

// fieldsOf reads a mapping; scalars are texts, as they are written, and what is none stays what it is.
func fieldsOf(source []byte) (map[string]any, error) {
	if json.Valid(source) {
		return fieldsOfJSON(source)
	}
	if len(bytes.TrimSpace(source)) == 0 {
		return map[string]any{}, nil
	}
	nodes := map[string]ast.Node{}
	strict := dnsconfig.Strict{Tried: "read the account's fields", Masked: true} // its bounds hold here too
	if err := strict.DecodeYAML(source, &nodes); err != nil {
		return nil, err
	}
	fields := map[string]any{}
	for key, node := range nodes {
		fields[key] = scalar(node)
	}
	return fields, nil
}

func fieldsOfJSON(source []byte) (map[string]any, error) {
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(source))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil || fields == nil {
		return nil, errors.New("it is no object")
	}
	for key, value := range fields {
		switch v := value.(type) {
		case nil:
			fields[key] = ""
		case bool, json.Number:
			fields[key] = fmt.Sprint(v)
		}
	}
	return fields, nil
}

// scalar is a node's text; nil for what is none.
func scalar(n ast.Node) any {
	switch x := n.(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value
	case *ast.StringNode:
		return x.Value
	case *ast.LiteralNode:
		var text string
		if yaml.NodeToValue(n, &text) != nil {
			return nil
		}
		return text
	}
	return nil
}

// answers are what --answers gives, by operation.
type answers struct {
	given map[dnsconfig.Op][]dnsconfig.Response
	used  map[dnsconfig.Op]int
}

// next is the answer to the next request of op: the last one given stays, and where none is given it is 200 with an empty
// body.
func (a *answers) next(op dnsconfig.Op) dnsconfig.Response {
	given := a.given[op]
	if len(given) == 0 {
		return dnsconfig.Response{Status: http.StatusOK}
	}
	n := min(a.used[op], len(given)-1)
	a.used[op]++
	return given[n]
}

// readAnswers reads --answers for the operations of c; "" gives none.
func (p *program) readAnswers(path string, c configured) (*answers, error) {
	a := &answers{given: map[dnsconfig.Op][]dnsconfig.Response{}, used: map[dnsconfig.Op]int{}}
	if path == "" {
		return a, nil
	}
	source, err := p.readDocument(path)
	if err != nil {
		return nil, err
	}
	bad := func(seen string) error {
		return badFile(path, "the answers", seen, `give JSON such as {"`+string(operations(c)[0])+`": {"status": 200, "body": {}}}`)
	}
	var byOperation map[string]json.RawMessage
	if err := json.Unmarshal(source, &byOperation); err != nil {
		return nil, bad("it is no JSON object: " + err.Error())
	}
	for _, key := range slices.Sorted(maps.Keys(byOperation)) {
		known := slices.IndexFunc(operations(c), func(op dnsconfig.Op) bool { return strings.EqualFold(string(op), key) })
		if known < 0 {
			return nil, bad(fmt.Sprintf("%.40q is no operation of the document; its operations are %s", key, opsText(operations(c))))
		}
		op := operations(c)[known]
		if a.given[op], err = readAnswer(byOperation[key]); err != nil {
			return nil, bad(fmt.Sprintf("the answer to %s: %v", op, err))
		}
	}
	return a, nil
}

// operations are those that a document can have answers for.
func operations(c configured) []dnsconfig.Op {
	if c.dxl != nil {
		return []dnsconfig.Op{dnsconfig.Lookup, dnsconfig.QryAdd, dnsconfig.Add, dnsconfig.QryDel, dnsconfig.Del}
	}
	all := []dnsconfig.Op{
		dnsconfig.Login, dnsconfig.Logout, dnsconfig.Zone, dnsconfig.Zones, dnsconfig.Read, dnsconfig.Replace, dnsconfig.List, dnsconfig.Item,
		dnsconfig.Create, dnsconfig.Delete, dnsconfig.AddSome, dnsconfig.Remove, dnsconfig.Write, dnsconfig.Clear, dnsconfig.Commit, dnsconfig.Poll,
	}
	return slices.DeleteFunc(all, func(op dnsconfig.Op) bool { return !c.native.Has(op) })
}

func opsText(ops []dnsconfig.Op) string {
	texts := make([]string, len(ops))
	for n, op := range ops {
		texts[n] = string(op)
	}
	return strings.Join(texts, ", ")
}

// cannedAnswer is one answer of the file.
type cannedAnswer struct {
	Status  *int            `json:"status"`
	Body    json.RawMessage `json:"body"`
	Headers map[string]any  `json:"headers"`
}

// readAnswer reads one answer, or a list of them.
func readAnswer(raw json.RawMessage) ([]dnsconfig.Response, error) {
	list := []json.RawMessage{raw}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		list = nil
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	var all []dnsconfig.Response
	for _, one := range list {
		var c cannedAnswer
		d := json.NewDecoder(bytes.NewReader(one))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			return nil, errors.New(`it has to be an object of "status", "body" and "headers", or a list of them`)
		}
		r, err := c.response()
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (c cannedAnswer) response() (dnsconfig.Response, error) {
	r := dnsconfig.Response{Status: http.StatusOK, Header: map[string][]string{}}
	if c.Status != nil {
		r.Status = *c.Status
	}
	if r.Status < 100 || r.Status > 599 {
		return r, fmt.Errorf("%d is no HTTP status", r.Status)
	}
	for key, value := range c.Headers {
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		for _, v := range values {
			text, ok := v.(string)
			if !ok {
				return r, fmt.Errorf("the header %.40s has to be text, or a list of texts", key)
			}
			r.Header[http.CanonicalHeaderKey(key)] = append(r.Header[http.CanonicalHeaderKey(key)], text)
		}
	}
	body := bytes.TrimSpace(c.Body)
	var text string
	switch {
	case len(body) == 0 || string(body) == "null":
	case json.Unmarshal(body, &text) == nil:
		r.Body = []byte(text)
	default:
		r.Body = body
	}
	return r, nil
}
