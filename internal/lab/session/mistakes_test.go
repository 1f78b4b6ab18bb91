package session

import (
	"strings"
	"testing"
)

// plain is a small session that is right. Tests change it.
const plain = `Made from https://docs.example.com/api in November 2026.
-- host.yaml --
style: record
zone: {name: example.net, id: 17}
others: [{name: ample.net, id: 18}]
account: {user: me, token: tok-1234567890}
ids: [101, 102, 103, 104, 105, 106]
foreign: ["somebody else's value"]
ttl: {minimum: 60, maximum: 3600}
errors:
  unauthorized: {doc: "https://docs.example.com/auth", status: 401, answer: '{"error":"credential"}'}
  unknown: {doc: "https://docs.example.com/", status: 404, answer: '{"error":"path"}'}
  invalid: {doc: "https://docs.example.com/", status: 422, answer: '{"error":"content"}'}
  exists: {doc: "https://docs.example.com/", status: 409, answer: '{"error":"exists"}'}
  missing: {doc: "https://docs.example.com/", status: 410, answer: '{"error":"missing"}'}
-- accept/list.yaml --
doc: https://docs.example.com/list
request: GET https://api.example.com/zones/{zone.id}/records
headers: {Authorization: "Basic {base64:{account.user}:{account.token}}"}
query: {name?: "{name}", page?: "{page}"}
does: list
page_size: 2
answer: |
  {"total":{{.Total}},"next":{{if .More}}{{.NextPage}}{{else}}null{{end}},"records":[{{range $i, $r := .Records}}{{if $i}},{{end}}{"id":{{json $r.ID}},"name":{{json $r.Name}},"data":{{json $r.Value}}}{{end}}]}
-- accept/create.yaml --
doc: https://docs.example.com/create
request: POST https://api.example.com/zones/{zone.id}/records
headers: {Authorization: "Basic {base64:{account.user}:{account.token}}"}
json: {name: "{label}", data: "{value}", ttl: "{ttl}", zone?: "{zone.id}", note?: "{any}"}
does: create
status: 201
answer: '{"id":{{json .Record.ID}}}'
-- accept/delete.yaml --
doc: https://docs.example.com/delete
request: DELETE https://api.example.com/zones/{zone.id}/records/{id}
headers: {Authorization: "Basic {base64:{account.user}:{account.token}}"}
does: delete
status: 204
-- refuse/one.yaml --
doc: https://docs.example.com/auth
request: GET https://api.example.com/zones/17/records
gets: unauthorized
-- refuse/two.yaml --
doc: https://docs.example.com/create
request: POST https://api.example.com/zones/17/records
headers: {Authorization: "Basic {base64:{account.user}:{account.token}}"}
json: {name: a, data: b, ttl: 10}
gets: invalid
-- refuse/three.yaml --
doc: https://docs.example.com/
request: GET https://api.example.com/zones/99/records
headers: {Authorization: "Basic {base64:{account.user}:{account.token}}"}
gets: unknown
`

// edited is the plain session with one change.
func edited(t *testing.T, from, to string) string {
	t.Helper()
	if !strings.Contains(plain, from) {
		t.Fatalf("the plain session does not hold %q", from)
	}
	return strings.Replace(plain, from, to, 1)
}

func load(t *testing.T, source string) *Session {
	t.Helper()
	s, err := Load("session.txtar", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSessionsThatAreWrong(t *testing.T) {
	t.Parallel()
	load(t, plain)
	for _, c := range []struct{ name, from, to, want string }{
		{"no comment", "Made from https://docs.example.com/api in November 2026.", "", "session.txtar:1: there is no comment on top: say from which pages the session was made, and when"},
		{"no host", "-- host.yaml --", "-- hosts.yaml --", "session.txtar:1: the first file has to be host.yaml: a line -- host.yaml --"},
		{"unknown key", "style: record", "style: record\nstile: record", `session.txtar:4: there is no key "stile" here; known are style, zone, others, target, account, wrong, provider, ids, foreign, ttl, keeps, session, errors`},
		{"unknown key of an accept", "does: delete\n", "does: delete\nquery_: {}\n", `session.txtar:38: there is no key "query_" here; known are doc, request, headers, query, json, form, xml, text, does, absent, page_size, status, answer, headers_out`},
		{"key twice", "does: list", "does: list\ndoes: list", `session.txtar:22: mapping key "does" stands here twice`},
		{"anchor", "style: record", "style: &a record", "session.txtar:3: anchors, aliases, merge keys, tags and other special values are not allowed here; write the value out"},
		{"style", "style: record", "style: recor", `session.txtar:3: style is "recor"; it has to be rrset, record or single`},
		{"few ids", "104, 105, 106]", "104]", "session.txtar:7: ids has to give at least 6 ids of records in the host's form"},
		{"no doc", "doc: https://docs.example.com/delete\n", "", "session.txtar:34: doc is missing: the address of the page that documents this"},
		{"no doc of an error", `unknown: {doc: "https://docs.example.com/", status`, "unknown: {status", "session.txtar:12: doc is missing: the address of the page that documents this"},
		{"no error", "  unknown:", "  missing_:", `session.txtar:12: there is no key "missing_" here; known are unauthorized, unknown, invalid, exists, missing, conflict`},
		{"unused error", "does: create", "does: add", "session.txtar:14: errors.exists can't come about: no accept does create"},
		{"few refusals", plain[strings.Index(plain, "-- refuse/three.yaml"):], "", "session.txtar:1: there are 2 files refuse/NAME.yaml; at least 3 requests that the documentation says are refused belong here"},
		{"unknown hole", `note?: "{any}"`, `note?: "{anything}"`, "session.txtar:29: there is no {anything}; known are {zone.id} {zone.name} {zone.fqdn} {account.FIELD} {base64:TEXT} {name}"},
		{"unknown field", "{account.user}:{account.token}", "{account.name}:{account.token}", "session.txtar:19: {account.name}: host.yaml gives no account field name"},
		{"open brace", `note?: "{any}"`, `note?: "{any"`, `session.txtar:29: in "{any" a { is not closed; a { as such is written {re:\{}`},
		{"bad expression", `note?: "{any}"`, `note?: "{re:[}"`, "session.txtar:29: {re:[} is no regular expression: error parsing regexp: missing closing ]: `[)$`"},
		{"list beside text", `data: "{value}"`, `data: "x{values}"`, `session.txtar:29: in "x{values}" {values} has to stand alone: it is a whole list`},
		{"does", "does: list", "does: lists", `session.txtar:21: does is "lists"; it has to be one of look, zones, read`},
		{"no scheme", "GET https://api.example.com/zones/{zone.id}/records", "GET http://api.example.com/zones/{zone.id}/records", `session.txtar:18: "http://api.example.com/zones/{zone.id}/records" has to begin with https://HOST/, and nothing that is not known beforehand can stand in HOST`},
		{"method", "DELETE https", "FETCH https", "session.txtar:35: request has to be a method and an address, as in GET https://api.example.com/zones"},
		{"two bodies", "json: {name: \"{label}\"", "text: x\njson: {name: \"{label}\"", "session.txtar:29: a request has one body: json or text"},
		{"what it needs", "records/{id}", "records/1", "session.txtar:33: accept/delete.yaml: does delete needs the record's id in the request: {id}"},
		{"template", `'{"id":{{json .Record.ID}}}'`, `'{"id":{{json .Record.Id}}}'`, "session.txtar:25: accept/create.yaml: its template fails: template: answer:1:20: executing \"answer\" at <.Record.Id>: can't evaluate field Id in type session.RecordView"},
		{"template that is none", `'{"id":{{json .Record.ID}}}'`, `'{"id":{{json .Record.ID}'`, "session.txtar:32: answer is no template: template: answer:1: bad character U+007D '}'"},
		{"no JSON", `'{"id":{{json .Record.ID}}}'`, `'{"id":{{json .Record.ID}}'`, `session.txtar:25: accept/create.yaml: its answer is not of the type that it says: EOF: {"id":104`},
		{"gets", "gets: unknown", "gets: unkown", `session.txtar:53: gets is "unkown", which is none of errors`},
		{"not concrete", "json: {name: a, data: b", `json: {name: "{label}", data: b`, "session.txtar:44: a request that is refused has to be concrete: {label} stands there"},
		{"target outside", "style: record", "style: record\ntarget: a.example.org", `session.txtar:4: the target "a.example.org" has to lie inside the zone "example.net"`},
		{"absent", "does: delete\n", "does: delete\nabsent: nothing\n", `session.txtar:38: absent is "nothing"; it has to be missing or answer`},
		{"place", "-- refuse/three.yaml --", "-- refused/three.yaml --", "session.txtar:49: there is no place for refused/three.yaml; known are host.yaml, accept/NAME.yaml and refuse/NAME.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Load("session.txtar", []byte(edited(t, c.from, c.to)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("said:\n%v\nwant:\n%s", err, c.want)
			}
		})
	}
}

// An accept whose requests an earlier one takes is a mistake; put before it, it is none.
func TestUnreachableAccept(t *testing.T) {
	t.Parallel()
	special := `-- accept/first-page.yaml --
doc: https://docs.example.com/list
request: GET https://api.example.com/zones/17/records?page=1
headers: {Authorization: "Basic {base64:{account.user}:{account.token}}"}
does: none
answer: '{"records":[]}'
`
	_, err := Load("session.txtar", []byte(strings.Replace(plain, "-- refuse/one.yaml --", special+"-- refuse/one.yaml --", 1)))
	want := "session.txtar:39: accept/first-page.yaml can't be reached: accept/list.yaml, which comes before it, takes its requests"
	if err == nil || err.Error() != want {
		t.Errorf("said %v, want %s", err, want)
	}
	load(t, strings.Replace(plain, "-- accept/list.yaml --", special+"-- accept/list.yaml --", 1))
}
