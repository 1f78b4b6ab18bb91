package session

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// ask is a request to a desk, without a network.
type ask struct {
	method, target, body string
	header               map[string]string
}

func (s *Session) desk() *desk { return &desk{session: s, state: s.begin()} }

func (d *desk) ask(a ask) reply {
	rest := strings.TrimPrefix(a.target, "https://")
	host, path, _ := strings.Cut(rest, "/")
	path, query, _ := strings.Cut(path, "?")
	in := &incoming{method: a.method, host: host, path: path, query: query, header: http.Header{}, body: []byte(a.body)}
	for key, value := range a.header {
		in.header.Set(key, value)
	}
	return d.take(in)
}

// asked sends requests written as "METHOD PATH BODY" with the plain session's credential, and gives "STATUS BODY".
func (d *desk) asked(requests ...string) []string {
	var answers []string
	for _, r := range requests {
		method, rest, _ := strings.Cut(r, " ")
		path, body, _ := strings.Cut(rest, " ")
		header := map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("me:tok-1234567890"))}
		if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
			header["Content-Type"] = "application/json"
		}
		if strings.HasPrefix(body, "<") {
			header["Content-Type"] = "text/xml; charset=utf-8"
		}
		if strings.Contains(body, "=") && header["Content-Type"] == "" {
			header["Content-Type"] = "application/x-www-form-urlencoded"
		}
		got := d.ask(ask{method, "https://api.example.com" + path, body, header})
		answers = append(answers, strings.TrimSpace(fmt.Sprintf("%d %s", got.status, got.body)))
	}
	return answers
}

func wantAnswers(t *testing.T, d *desk, steps ...[2]string) {
	t.Helper()
	for _, step := range steps {
		if got := d.asked(step[0])[0]; got != step[1] {
			t.Errorf("%s\nis answered %s\nwant        %s\n%s", step[0], got, step[1], d.exchanges[len(d.exchanges)-1])
		}
	}
}

func TestRecordStyle(t *testing.T) {
	t.Parallel()
	d := load(t, plain).desk()
	wantAnswers(t, d,
		[2]string{"GET /zones/17/records?name=_acme-challenge.www.example.net", `200 {"total":1,"next":null,"records":[{"id":101,"name":"_acme-challenge.www.example.net","data":"somebody else's value"}]}`},
		[2]string{`POST /zones/17/records {"name":"_acme-challenge.www","data":"one","ttl":60}`, `201 {"id":103}`},
		[2]string{`POST /zones/17/records {"name":"_acme-challenge.www","data":"one","ttl":60}`, `409 {"error":"exists"}`},
		[2]string{`POST /zones/17/records {"name":"_acme-challenge.www","data":"two","ttl":3600,"zone":17,"note":[1]}`, `201 {"id":104}`},
		[2]string{"GET /zones/17/records?page=1", `200 {"total":4,"next":2,"records":[{"id":101,"name":"_acme-challenge.www.example.net","data":"somebody else's value"},{"id":102,"name":"other-_acme-challenge.www.example.net","data":"the value of another name"}]}`},
		[2]string{"GET /zones/17/records?name=_acme-challenge.www.example.net&page=2", `200 {"total":3,"next":null,"records":[{"id":104,"name":"_acme-challenge.www.example.net","data":"two"}]}`},
		[2]string{"DELETE /zones/17/records/103", "204"},
		[2]string{"DELETE /zones/17/records/103", `410 {"error":"missing"}`},
		[2]string{"DELETE /zones/17/records/104", "204"},
	)
	if got, want := d.state.String(), load(t, plain).begin().String(); got != want {
		t.Errorf("at the end:\n%s\nwant:\n%s", got, want)
	}
	for _, e := range d.exchanges {
		if e.Unmatched() {
			t.Errorf("not taken: %s", e)
		}
	}
}

// Each request is refused with the right error, and the first reason tells the author what is wrong.
func TestStrictness(t *testing.T) {
	t.Parallel()
	d := load(t, plain).desk()
	long := strings.Repeat("a", 64)
	for _, c := range []struct{ request, status, reason string }{
		{"GET /zones/17/records/", "404", "accept/delete.yaml: DELETE is documented, not GET"},
		{"GET /zones/17/", "404", "accept/list.yaml: the path has 3 parts where 3 are documented"},
		{"PUT /zones/17/records", "404", "accept/list.yaml: GET is documented, not PUT"},
		{"GET /zones/18/records", "404", `accept/list.yaml: part 2 of the path: "{zone.id}" is documented, not "18"`},
		{"GET /zones/17/records?name=a.example.org", "422", `accept/list.yaml: query: name: "a.example.org" does not lie inside the zone example.net`},
		{"GET /zones/17/records?name=example.net", "422", `accept/list.yaml: query: name: "example.net" does not lie inside the zone example.net`},
		{"GET /zones/17/records?name=A.example.net", "422", `accept/list.yaml: query: name: "A.example.net" is not in lower case`},
		{"GET /zones/17/records?name=a.example.net.", "422", `accept/list.yaml: query: name: "a.example.net." is no name of the form {name}`},
		{"GET /zones/17/records?name=a.example.net&name=b.example.net", "422", `accept/list.yaml: query: name: text is documented`},
		{"GET /zones/17/records?page=0", "422", `accept/list.yaml: query: page: "0" is no number for {page}`},
		{"GET /zones/17/records?type=TXT", "422", `accept/list.yaml: query: type is not documented ("TXT")`},
		{"GET /zones/17/records x", "422", "accept/list.yaml: no body is documented, and there is one: x"},
		{`POST /zones/17/records {"name":"a","data":"x"}`, "422", "accept/create.yaml: body: ttl is missing"},
		{`POST /zones/17/records {"name":"a","data":"x","ttl":"60"}`, "422", `accept/create.yaml: body: ttl: a number is documented, not "60"`},
		{`POST /zones/17/records {"name":"a","data":"x","ttl":59}`, "422", "accept/create.yaml: body: ttl: the TTL 59 is not within 60 and 3600"},
		{`POST /zones/17/records {"name":"a","data":"","ttl":60}`, "422", "accept/create.yaml: body: data: the value is empty"},
		{`POST /zones/17/records {"name":"a","data":1,"ttl":60}`, "422", "accept/create.yaml: body: data: text is documented, not 1"},
		{`POST /zones/17/records {"name":"a","data":"x","ttl":60,"zone":"17"}`, "422", `accept/create.yaml: body: zone: a number is documented, not "17"`},
		{`POST /zones/17/records {"name":"a","data":"x","ttl":60,"Note":1}`, "422", "accept/create.yaml: body: Note is not documented (1)"},
		{`POST /zones/17/records {"name":"a","name":"b","data":"x","ttl":60}`, "422", `accept/create.yaml: the body is no json: the key "name" stands there twice`},
		{`POST /zones/17/records {"name":"a","data":"x","ttl":60} {}`, "422", "accept/create.yaml: the body is no json: something follows the JSON value"},
		{`POST /zones/17/records {"name":"` + long + `","data":"x","ttl":60}`, "422", "accept/create.yaml: body: name: "},
		{"POST /zones/17/records name=a", "422", `accept/create.yaml: the body is documented as json, and its Content-Type is "application/x-www-form-urlencoded"`},
	} {
		before := d.state.String()
		if got := d.asked(c.request)[0]; !strings.HasPrefix(got, c.status+" ") {
			t.Errorf("%s is answered %s, want %s", c.request, got, c.status)
		}
		e := d.exchanges[len(d.exchanges)-1]
		if !e.Unmatched() || c.status != "404" && !strings.HasPrefix(e.Reasons[0], c.reason) || !strings.Contains(e.String(), c.reason) {
			if c.request != "GET /zones/17/" {
				t.Errorf("%s: the reasons are %q, want %s", c.request, e.Reasons, c.reason)
			}
		}
		if d.state.String() != before {
			t.Errorf("%s was refused and changed something", c.request)
		}
	}
}

// A wrong or missing credential is unauthorized, whatever else is wrong behind it.
func TestCredentials(t *testing.T) {
	t.Parallel()
	d := load(t, plain).desk()
	for _, header := range []map[string]string{nil, {"Authorization": "Basic bWU6d3Jvbmc="}, {"Authorization": "Bearer tok-1234567890"}} {
		got := d.ask(ask{"GET", "https://api.example.com/zones/17/records?nonsense=1", "", header})
		if got.status != 401 {
			t.Errorf("%v is answered %d %s", header, got.status, got.body)
		}
	}
	if got := d.ask(ask{method: "GET", target: "https://api.example.org/zones/17/records"}); got.status != 404 {
		t.Errorf("another host is answered %d", got.status)
	}
	want := `GET https://api.example.com/zones/17/records?nonsense=1
    answered 401 by errors.unauthorized
    - accept/list.yaml: header Authorization: "Basic {base64:{account.user}:{account.token}}" is documented, not ""
    - accept/create.yaml: POST is documented, not GET
    - accept/delete.yaml: DELETE is documented, not GET`
	if got := d.exchanges[0].String(); got != want {
		t.Errorf("told:\n%s\nwant:\n%s", got, want)
	}
}

// variant is the plain session with other accepts and another style, and without errors but the needed ones and conflict.
func variant(t *testing.T, style, accepts string) *desk {
	t.Helper()
	source := strings.Replace(plain, "style: record", "style: "+style, 1)
	start, end := strings.Index(source, "-- accept/"), strings.Index(source, "-- refuse/")
	refusals := strings.ReplaceAll(source[end:], "gets: unauthorized", "gets: unknown")
	refusals = strings.ReplaceAll(refusals, "gets: invalid", "gets: unknown")
	source = source[:start] + accepts + refusals
	source = source[:strings.Index(source, "  exists:")] + source[strings.Index(source, "-- accept/"):]
	if strings.Contains(accepts, "{was:") {
		source = strings.Replace(source, "-- accept/", "  conflict: {doc: \"https://docs.example.com/\", status: 412, answer: conflict}\n-- accept/", 1)
	}
	if style == "single" {
		source = strings.Replace(source, "foreign: [\"somebody else's value\"]\n", "", 1)
	}
	return load(t, source).desk()
}

// take writes an accept without a credential.
func takes(name, request, does, rest string) string {
	return "-- accept/" + name + ".yaml --\ndoc: https://docs.example.com/\nrequest: " + request + "\ndoes: " + does + "\n" + rest + "\n"
}

const set = "https://api.example.com/sets/{label}"

func TestRRsetStyle(t *testing.T) {
	t.Parallel()
	values := "answer: '{{json (quoteds .Values)}}'"
	d := variant(t, "rrset",
		takes("read", "GET "+set, "read", values)+
			takes("replace", "PUT "+set, "replace", "json: \"{quoteds}\"\n"+values)+
			takes("exact", "PATCH "+set, "replace", "json: {old: \"{was:quoteds}\", new: {\"{each}\": {v: \"{value}\"}}}\n"+values)+
			takes("add", "POST "+set, "add", "json: \"{chunks}\"\n"+values)+
			takes("remove", "POST "+set+"/remove", "remove", "json: \"{values+}\"\n"+values)+
			takes("delete", "DELETE "+set, "delete-set", values))
	wantAnswers(t, d,
		[2]string{"GET /sets/a", "200 []"},
		[2]string{`PUT /sets/a ["\"x\" \"y\"","\"\\065\\\"\""]`, `200 ["\"xy\"","\"A\\\"\""]`},
		[2]string{`PUT /sets/a ["\"x\"","\"x\""]`, `422 {"error":"content"}`},
		[2]string{`PUT /sets/a ["x"]`, `422 {"error":"content"}`},
		[2]string{`POST /sets/a ["b","c"]`, `200 ["\"xy\"","\"A\\\"\"","\"bc\""]`},
		[2]string{`POST /sets/a/remove ["xy","gone"]`, `200 ["\"A\\\"\"","\"bc\""]`},
		[2]string{`POST /sets/a/remove []`, `422 {"error":"content"}`},
		[2]string{`PATCH /sets/a {"old":["\"bc\""],"new":[{"v":"1"}]}`, "412 conflict"},
		[2]string{`PATCH /sets/a {"old":["\"bc\"","\"A\\\"\""],"new":[{"v":"1"},{"v":"2"}]}`, `200 ["\"1\"","\"2\""]`},
		[2]string{`PATCH /sets/a {"old":["\"2\"","\"1\""],"new":[{"v":"1"},{"v":"1"}]}`, `422 {"error":"content"}`},
		[2]string{"DELETE /sets/a", "200 []"},
		[2]string{"GET /sets/_acme-challenge.www", `200 ["\"somebody else's value\""]`},
	)
}

func TestSingleStyle(t *testing.T) {
	t.Parallel()
	d := variant(t, "single",
		takes("write", "GET https://api.example.com/update?txt={value}", "write", "answer: 'OK{{range .Values}} {{.}}{{end}}'")+
			takes("clear", "GET https://api.example.com/update?clear=true", "clear", "answer: OK"))
	wantAnswers(t, d,
		[2]string{"GET /update?txt=a", "200 OK a"},
		[2]string{"GET /update?txt=a%2Bb%20c", "200 OK a+b c"},
		[2]string{"GET /update?clear=true", "200 OK"},
		[2]string{"GET /update?clear=false", `422 {"error":"content"}`},
	)
	if got := d.state.String(); got != "" {
		t.Errorf("left: %s", got)
	}
}

// What only some hosts need: XML, a session by login, a commit, choices, numbered keys, a whole zone, counting.
func TestWhatFewHostsNeed(t *testing.T) {
	t.Parallel()
	d := variant(t, "record",
		takes("login", "POST https://api.example.com/login", "login", "form: {user: \"{account.user}\", password: \"{account.token}\"}\nanswer: '{{.Session}}'\nheaders_out: {Set-Cookie: \"s={{.Session}}; Secure\"}")+
			takes("xml", "POST https://api.example.com/xml", "create", "headers: {X-Session: \"{session}\"}\nxml: {Batch: {\"@xmlns\": \"urn:x\", Change: {\"{each}\": {Name: \"{fqdn}\", Text: {\"@q\": \"1\", \"#text\": \"{quoted}\"}}}}}\nanswer: '<Done n=\"{{len .Records}}\">{{xml .Record.Value}}</Done>'")+
			takes("zone", "POST https://api.example.com/zone", "replace-zone", "form: {\"Host{n}\": \"{label}\", \"Text{n}\": \"{value}\", kind: {\"{one of}\": [\"{re:[0-9]{2}}\", full]}}\nanswer: '{{range .Sets}}{{.Name}}={{.Values}} {{end}}'")+
			takes("commit", "POST https://api.example.com/commit", "commit", "answer: '{{.Count}}'"))
	header := map[string]string{"X-Session": "5e551070-7e57-4a11-8d0c-0123456789ab", "Content-Type": "application/xml"}
	batch := `<?xml version="1.0"?><Batch xmlns="urn:x"><Change><Name>a.example.net.</Name><Text q="1">"1 &lt; 2"</Text></Change><Change><Name>a.example.net.</Name><Text q="1">"3"</Text></Change></Batch>`
	if got := d.ask(ask{"POST", "https://api.example.com/xml", batch, header}); got.status != 401 {
		t.Errorf("before the login: %d %s", got.status, got.body)
	}
	wantAnswers(t, d,
		[2]string{"POST /login user=me&password=wrong", `401 {"error":"credential"}`},
		[2]string{"POST /login user=me&password=tok-1234567890", "200 5e551070-7e57-4a11-8d0c-0123456789ab"})
	if got := d.ask(ask{"POST", "https://api.example.com/xml", batch, header}); string(got.body) != `<Done n="2">1 &lt; 2</Done>` {
		t.Errorf("after the login: %d %s", got.status, got.body)
	}
	if !d.state.pending {
		t.Error("what was written does not wait for its commit")
	}
	wantAnswers(t, d,
		[2]string{"POST /commit", "200 1"},
		[2]string{"POST /commit", "200 2"},
		[2]string{"POST /zone Host1=a&Text1=x&Host2=b&Text2=y&Host3=a&Text3=z&kind=full", "200 a.example.net=[x z] b.example.net=[y]"},
		[2]string{"POST /zone Host1=a&Text1=x&Host3=a&Text3=z&kind=full", `422 {"error":"content"}`},
		[2]string{"POST /zone Host1=a&kind=full", `422 {"error":"content"}`},
		[2]string{"POST /zone Host1=a&Text1=x&kind=none", `422 {"error":"content"}`},
	)
	if d.asked("POST /commit"); d.state.pending {
		t.Error("what was written waits for its commit after it")
	}
}

// Ids with slashes of their own are one hole.
func TestIDsOfManyParts(t *testing.T) {
	t.Parallel()
	source := edited(t, "[101, 102, 103, 104, 105, 106]", `["record:txt/Z1:a/default", "record:txt/Z2:a/default", "record:txt/Z3:a/default", "record:txt/Z4:a/default", "record:txt/Z5:a/default", "record:txt/Z6:a/default"]`)
	d := load(t, source).desk()
	wantAnswers(t, d,
		[2]string{"DELETE /zones/17/records/record:txt/Z1:a/default", "204"},
		[2]string{"DELETE /zones/17/records/record:txt/Z1:a/default", `410 {"error":"missing"}`},
		[2]string{"DELETE /zones/17/records/record:txt%2FZ2:a%2Fdefault", "204"},
		[2]string{"DELETE /zones/17/records/record:txt/Z1:a/default/more", `404 {"error":"path"}`})
}
