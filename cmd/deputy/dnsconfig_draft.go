package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// question asks for a line; an empty answer gives preset.
type question func(text, preset string) (string, error)

// draft is a native document in the making.
type draft struct {
	ask     question
	failed  error // the first question that got no answer
	name    string
	title   string
	base    string
	account yaml.MapSlice
	headers yaml.MapSlice
	query   yaml.MapSlice // of every call
	parts   yaml.MapSlice // zone and style
}

// askDraft asks for everything that a document says.
func askDraft(name string, ask question) (*draft, error) {
	d := &draft{ask: ask, name: name}
	d.title = d.line("Name of the DNS host", name)
	d.base = strings.TrimRight(d.line("Where its API begins, as in https://api.example.com/v1", ""), "/")
	d.credential()
	d.zone()
	d.style()
	return d, d.failed
}

// line asks, unless a question before got no answer.
func (d *draft) line(text, preset string) string {
	if d.failed != nil {
		return ""
	}
	answer, err := d.ask(text, preset)
	d.failed = err
	return answer
}

// choice asks for one of several words, until it is one of them.
func (d *draft) choice(text string, words ...string) string {
	for d.failed == nil {
		answer := strings.ToLower(d.line(text+" ("+strings.Join(words, ", ")+")", words[0]))
		if slices.Contains(words, answer) {
			return answer
		}
	}
	return words[0]
}

// credential asks how the host knows who asks.
func (d *draft) credential() {
	field := func(key, title string, secret bool) {
		value := yaml.MapSlice{{Key: "title", Value: title}}
		if secret {
			value = append(value, yaml.MapItem{Key: "secret", Value: true})
		}
		d.account = append(d.account, yaml.MapItem{Key: key, Value: value})
	}
	header := func(key, value string) { d.headers = append(d.headers, yaml.MapItem{Key: key, Value: value}) }
	switch d.choice("How is the credential sent", "bearer", "header", "basic", "query", "none") {
	case "bearer":
		field("token", "API token", true)
		header("Authorization", "Bearer ${account.token}")
	case "header":
		field("token", "API token", true)
		key, value, _ := strings.Cut(d.line("The header, with TOKEN where the credential stands, as in X-Api-Key: TOKEN", "X-Api-Key: TOKEN"), ":")
		header(strings.TrimSpace(key), strings.ReplaceAll(or(strings.TrimSpace(value), "TOKEN"), "TOKEN", "${account.token}"))
	case "basic":
		field("user", "User name", false)
		field("password", "Password", true)
		header("Authorization", `="Basic " + base64(account.user + ":" + account.password)`)
	case "query":
		field("token", "API token", true)
		key := d.line("The name that it has in the query", "token")
		d.query = append(d.query, yaml.MapItem{Key: key, Value: "=account.token"})
	}
}

// zone asks how a request names the zone.
func (d *draft) zone() {
	if d.choice("How do requests name the zone: by its name, or by an id that is looked up", "name", "id") == "name" {
		return
	}
	call := d.call("The request that finds a zone by its name, as in GET /zones?name=ZONE", "GET /zones?name=ZONE", zoneWords())
	id := d.line("Where the id is in the answer (an expression)", "first(response.zones)?.id")
	d.parts = append(d.parts, yaml.MapItem{Key: "zone", Value: append(call, yaml.MapItem{Key: "id", Value: "=" + id})})
}

// style asks how the host keeps values, and for the requests of that.
func (d *draft) style() {
	absent := yaml.MapItem{Key: "absent", Value: []int{404}}
	result := func(key, text, preset string) yaml.MapItem {
		return yaml.MapItem{Key: key, Value: "=" + d.line(text+" (an expression)", preset)}
	}
	call := func(text, preset string) yaml.MapSlice { return d.call(text, preset, words()) }
	var calls yaml.MapSlice
	add := func(key string, call yaml.MapSlice, more ...yaml.MapItem) {
		calls = append(calls, yaml.MapItem{Key: key, Value: append(call, more...)})
	}
	style := d.choice("What does the host keep: records with an id each (record), the whole set of values at a name (rrset), values that it adds and removes itself (values), or one value without reading (single)",
		"record", "rrset", "values", "single")
	switch style {
	case "record":
		add("list", call("The request that lists the records", "GET /zones/ZONE/records?type=TXT&name=NAME"), absent,
			result("records", "Where the TXT records at the name are in the answer", `filter(response.records, #.type == "TXT" && same_name(#.name, name))`),
			result("id", "A record's id", "record.id"), result("value", "A record's value", "unquote(record.content)"))
		add("create", call("The request that creates a record", `POST /zones/ZONE/records {"type":"TXT","name":"NAME","content":"QUOTED","ttl":TTL}`))
		add("delete", call("The request that deletes a record", "DELETE /zones/ZONE/records/ID"), absent)
	case "rrset", "values":
		add("read", call("The request that reads the values", "GET /zones/ZONE/rrsets/NAME/TXT"), absent,
			result("values", "Where the values are in the answer", "map(response.records, unquote(#))"))
		if style == "rrset" {
			add("replace", call("The request that replaces all values", `PUT /zones/ZONE/rrsets/NAME/TXT {"ttl":TTL,"records":"QUOTEDS"}`))
			break
		}
		add("add", call("The request that adds values", `POST /zones/ZONE/rrsets/NAME/TXT/add {"ttl":TTL,"records":"QUOTEDS"}`))
		add("remove", call("The request that removes values", `POST /zones/ZONE/rrsets/NAME/TXT/remove {"records":"QUOTEDS"}`), absent)
		style = "rrset"
	case "single":
		add("write", call("The request that writes the value", `POST /update {"txt":"VALUE"}`))
		if line := d.line("The request that removes it; empty where there is none", ""); line != "" {
			add("clear", d.made(line, words()), absent)
		}
	}
	d.parts = append(d.parts, yaml.MapItem{Key: style, Value: calls})
}

// call asks for a request.
func (d *draft) call(text, preset string, words map[string]string) yaml.MapSlice {
	return d.made(d.line(text, preset), words)
}

// made is a request as the document says it.
func (d *draft) made(line string, words map[string]string) yaml.MapSlice {
	if d.failed != nil {
		return nil
	}
	e, err := readExample(line)
	if err != nil {
		d.failed = usageError{fmt.Errorf("%.60q: %w", line, err)}
		return nil
	}
	call := yaml.MapSlice{{Key: strings.ToLower(e.method), Value: template(strings.TrimPrefix(e.url, d.base), words)}}
	if len(d.query) > 0 {
		call = append(call, yaml.MapItem{Key: "query", Value: d.query})
	}
	if e.body != nil {
		call = append(call, yaml.MapItem{Key: e.kind, Value: filled(e.body, words)})
	}
	return call
}

// words are those of an example that mean something else each time, as expressions.
func words() map[string]string {
	return map[string]string{
		"ZONE": "zone", "NAME": "name", "FQDN": "fqdn", "LABEL": "label", "TTL": "ttl", "ID": "id",
		"VALUE": "value", "QUOTED": "quote(value)", "VALUES": "values", "QUOTEDS": "map(values, quote(#))",
	}
}

// zoneWords are those of the request that finds the zone, whose id is not known yet.
func zoneWords() map[string]string { return map[string]string{"ZONE": "zone_name", "NAME": "name"} }

var exampleWord = regexp.MustCompile(`[{<]?\b(ZONE|NAME|FQDN|LABEL|TTL|ID|VALUES|VALUE|QUOTEDS|QUOTED)\b[}>]?`)

// template puts expressions in the place of the words of text.
func template(text string, words map[string]string) string {
	return exampleWord.ReplaceAllStringFunc(text, func(found string) string {
		expression, ok := words[strings.Trim(found, "{<>}")]
		if !ok {
			return found
		}
		return "${" + expression + "}"
	})
}

// filled does so in every leaf; one that is a word alone keeps its type.
func filled(v any, words map[string]string) any {
	switch x := v.(type) {
	case string:
		if expression, ok := words[x]; ok {
			return "=" + expression
		}
		if strings.HasPrefix(x, "=") {
			return "${'='}" + template(x[1:], words)
		}
		return template(x, words)
	case yaml.MapSlice:
		var out yaml.MapSlice
		for _, item := range x {
			out = append(out, yaml.MapItem{Key: item.Key, Value: filled(item.Value, words)})
		}
		return out
	case []any:
		out := make([]any, len(x))
		for n, element := range x {
			out[n] = filled(element, words)
		}
		return out
	}
	return v
}

// document writes the draft as YAML.
func (d *draft) document() ([]byte, error) {
	api := yaml.MapSlice{{Key: "base", Value: d.base}}
	if len(d.headers) > 0 {
		api = append(api, yaml.MapItem{Key: "headers", Value: d.headers})
	}
	all := yaml.MapSlice{
		{Key: "deputy", Value: "dns-configuration/1"}, {Key: "name", Value: d.name}, {Key: "title", Value: d.title},
	}
	if len(d.account) > 0 {
		all = append(all, yaml.MapItem{Key: "account", Value: d.account})
	}
	all = append(all, yaml.MapItem{Key: "api", Value: api})
	return yaml.Marshal(append(all, d.parts...))
}
