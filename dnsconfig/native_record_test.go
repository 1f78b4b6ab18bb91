package dnsconfig

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

func parsed(t *testing.T, source string) *Native {
	t.Helper()
	n, err := ParseNative([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// recordInputs are those of recordDocument, in a session.
func recordInputs() Inputs {
	return Inputs{
		Account: map[string]secret.Value{"user": secret.New("u/1"), "password": secret.New("p&w")},
		Session: map[string]secret.Value{"token": secret.New("t0k"), "key": secret.New("k")},
		Name:    name.MustParseOwner("a.example.org"), Zone: name.MustParseOwner("example.org"), ZoneID: "z1",
		Value: "v", ID: "sets/7", Record: map[string]any{"note": "n"}, Job: "j 1",
		Now: time.Unix(1_700_000_000, 0), Nonce: "00112233445566778899aabbccddeeff",
	}
}

func headersOf(r Request) map[string]string {
	all := map[string]string{}
	for _, h := range r.Header {
		all[h[0]] += h[1]
	}
	return all
}

func TestRecordRequests(t *testing.T) {
	t.Parallel()
	n := parsed(t, recordDocument)
	for _, c := range []struct {
		op                Op
		method, url, body string
		has, hasNot       string // a header and its value, a header
	}{
		{Login, "POST", "https://login.example.org/token/u%2F1", "grant=password&password=p%26w", "Content-Type: application/x-www-form-urlencoded", "X-Session"},
		{Logout, "POST", "https://eu.example.org/v1/logout", "", "X-Session: t0k", "X-Signature"},
		{Zone, "GET", "https://eu.example.org/v1/zones/example.org", "", "X-Session: t0k", "X-Token"},
		{Zones, "GET", "https://eu.example.org/v1/zones?page=1&size=50", "", "Accept: application/json", "Content-Type"},
		{List, "GET", "https://eu.example.org/v1/zones/z1/records?name=a.example.org", "", "Accept: application/json", "Content-Type"},
		{Item, "GET", "https://eu.example.org/v1/records/sets/7", "", "Accept: application/json", "Content-Type"},
		{Create, "POST", "https://eu.example.org/v1/zones/z1/records", `{"name":"a","value":"\"v\"","ttl":300}`, "Content-Type: application/vnd.example+json", "x-token"},
		{Delete, "DELETE", "https://eu.example.org/v1/records/sets/7", "v n", "Content-Type: text/plain; charset=utf-8", "X-Token"},
		{Commit, "POST", "https://eu.example.org/v1/zones/z1/publish", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Publish xmlns=\"urn:x\"><Zone>example.org</Zone></Publish>", "Accept: */*", "X-Token"},
		{Poll, "GET", "https://eu.example.org/v1/jobs/j%201", "", "Accept: application/xml", "Content-Type"},
	} {
		r, err := n.Request(c.op, recordInputs())
		if err != nil {
			t.Errorf("%s: %v", c.op, err)
			continue
		}
		headers := headersOf(r)
		key, value, _ := strings.Cut(c.has, ": ")
		if _, not := headers[c.hasNot]; r.Method != c.method || r.URL != c.url || string(r.Body) != c.body || headers[key] != value || not {
			t.Errorf("%s: %s %s\n%q\n%s", c.op, r.Method, r.URL, r.Header, r.Body)
		}
		if _, signed := headers["X-Signature"]; signed != (c.op != Login && c.op != Logout) {
			t.Errorf("%s: a signature is %v", c.op, signed)
		}
	}
}

// A signature is over what is sent; each request has a nonce of its own.
func TestRecordSignature(t *testing.T) {
	t.Parallel()
	n := parsed(t, recordDocument)
	r, err := n.Request(Create, recordInputs())
	if err != nil {
		t.Fatal(err)
	}
	// openssl dgst -sha256 -hmac k, of: POST|/v1/zones/z1/records|{"name":"a","value":"\"v\"","ttl":300}|1700000000|00112233445566778899aabbccddeeff
	if got, want := headersOf(r)["X-Signature"], "d6d08436b986c6e3165c42940d2db062c545a90188979ac32bdf94590d2f62fd"; got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
	in := recordInputs()
	in.Nonce = ""
	first, _ := n.Request(Create, in)
	second, _ := n.Request(Create, in)
	if a, b := headersOf(first)["X-Signature"], headersOf(second)["X-Signature"]; a == b || a == "" {
		t.Errorf("two requests have the signatures %q and %q", a, b)
	}
}

func TestRecordRequestRefuses(t *testing.T) {
	t.Parallel()
	n := parsed(t, recordDocument)
	for _, c := range []struct {
		what   string
		op     Op
		change func(*Inputs)
		seen   string
	}{
		{"half a group", Zone, func(in *Inputs) { delete(in.Account, "user") }, "the account has to have token, or user and password"},
		{"a place that is no host", Zone, func(in *Inputs) { in.Account["place"] = secret.New("evil.example/") }, "${account.place} in api.base makes no name of a host"},
		{"a place with a user", Zone, func(in *Inputs) { in.Account["place"] = secret.New("u@evil.example") }, "${account.place} in api.base makes no name of a host"},
		{"no session", Zone, func(in *Inputs) { in.Session = nil }, "${session.token}: text is wanted, not nothing"},
		{"a session with a line break", Zone, func(in *Inputs) { in.Session["token"] = secret.New("a\nX: b") }, "the header X-Session would hold a line break or control character"},
		{"an id that goes up", Item, func(in *Inputs) { in.ID = "../../users" }, "the path /records/${path(id)} has a part of dots only"},
		{"an id with an empty part", Item, func(in *Inputs) { in.ID = "a//b" }, "the path /records/${path(id)} has an empty part"},
		{"no job", Poll, func(in *Inputs) { in.Job = "." }, "the path /jobs/${job} has a part of dots only"},
		{"a page at another host", List, func(in *Inputs) { in.PageURL = "https://evil.example/?page=2" }, "the next page is at another host than https://eu.example.org; the credential does not go there"},
		{"a page by plain HTTP", List, func(in *Inputs) { in.PageURL = "http://eu.example.org/?page=2" }, "the next page is at another host than https://eu.example.org; the credential does not go there"},
		{"a page where there is none", Zones, func(in *Inputs) { in.PageURL = "https://eu.example.org/?page=2" }, "zones has no pages with addresses of their own"},
		{"an operation of another style", Write, func(*Inputs) {}, "the document has no write"},
	} {
		in := recordInputs()
		c.change(&in)
		_, err := n.Request(c.op, in)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument || f.Seen != c.seen {
			t.Errorf("%s: %v; want %q", c.what, err, c.seen)
		}
	}
}

func TestNativeHosts(t *testing.T) {
	t.Parallel()
	records := parsed(t, recordDocument)
	later := parsed(t, strings.Replace(recordDocument, "base: https://${account.place}.example.org/v1", "base: =session.token", 1))
	none := parsed(t, singleDocument)
	us := map[string]secret.Value{"place": secret.New("us")}
	for _, c := range []struct {
		what    string
		n       *Native
		account map[string]secret.Value
		base    string
		want    string
	}{
		{"by default", records, nil, "", "[eu.example.org login.example.org]"},
		{"made of the account", records, us, "", "[us.example.org login.example.org]"},
		{"instead", records, us, "http://127.0.0.1:8081/x", "[127.0.0.1:8081 login.example.org]"},
		{"of the session", later, nil, "", "[login.example.org]"},
		{"none of its own", none, nil, "https://d.example", "[d.example]"},
		{"none at all", none, nil, "", "the document has no address of its own; give api_base in the DNS Provider"},
		{"an address that is none", none, nil, "ftp://d.example", "api_base has to be an https:// or http:// address without user, query and fragment"},
		{"a place that is none", records, map[string]secret.Value{"place": secret.New("a b")}, "", "${account.place} in api.base makes no name of a host"},
	} {
		got, err := c.n.HostsFor(c.account, c.base)
		said := fmt.Sprint(got)
		if f, ok := fault.From(err); ok {
			said = f.Seen
		}
		if said != c.want {
			t.Errorf("%s: %s, want %s", c.what, said, c.want)
		}
	}
	if hosts := records.About().Hosts; !reflect.DeepEqual(hosts, []string{"eu.example.org", "login.example.org"}) {
		t.Errorf("the hosts by default are %q", hosts)
	}
}

func TestAsks(t *testing.T) {
	t.Parallel()
	const made = "base: https://${account.place}.example.org/v1"
	for _, c := range []struct{ what, source, want string }{
		{"by a default", recordDocument, "eu.example.org, or another by the field place; and login.example.org"},
		{"by a field", strings.Replace(recordDocument, made, "base: https://${account.user}-${account.place}.example.org", 1),
			"a host made of the fields user and place; and login.example.org"},
		{"by the log-in", strings.Replace(recordDocument, made, "base: =session.token", 1),
			"the host that the log-in tells, which allow.hosts of the DNS Provider has to name; and login.example.org"},
		{"by a constant", strings.Replace(recordDocument, made, "base: https://api.example.org", 1), "api.example.org, login.example.org"},
		{"by api_base", singleDocument, "the host of api_base, which the DNS Provider has to give"},
	} {
		if got := parsed(t, c.source).About().Asks(); got != c.want {
			t.Errorf("%s: it asks %q, want %q", c.what, got, c.want)
		}
	}
	for document, want := range map[string]string{
		"ovh": "eu.api.ovh.com, or another by the field endpoint", "exoscale": "api-ch-gva-2.exoscale.com, or another by the field zone",
		"desec": "desec.io", "powerdns": "the host of api_base, which the DNS Provider has to give",
	} {
		n, _, err := FromLibrary(document)
		if err != nil || n.About().Asks() != want {
			t.Errorf("%s asks %q (%v), want %q", document, n.About().Asks(), err, want)
		}
	}
}

// An address that the session gives is used only if it is one.
func TestBaseOfTheSession(t *testing.T) {
	t.Parallel()
	n := parsed(t, strings.Replace(recordDocument, "base: https://${account.place}.example.org/v1", "base: =session.token", 1))
	for given, want := range map[string]string{
		"https://far.example/api/":  "https://far.example/api/zones/example.org",
		"http://far.example":        "api.base, made from the account or session, has to be an https:// address without user, query and fragment",
		"https://u:p@far.example":   "api.base, made from the account or session, has to be an https:// address without user, query and fragment",
		"https://far.example/../..": "the path /../.. has a part of dots only",
	} {
		in := recordInputs()
		in.Session["token"] = secret.New(given)
		r, err := n.Request(Zone, in)
		said := r.URL
		if f, ok := fault.From(err); ok {
			said = f.Seen
		}
		if !strings.HasSuffix(said, want) {
			t.Errorf("%s: %s, want %s", given, said, want)
		}
	}
}

func TestRecordAnswers(t *testing.T) {
	t.Parallel()
	n := parsed(t, recordDocument)
	one := map[string]any{"id": 7, "note": "n"}
	session := map[string]secret.Value{"token": secret.New("t"), "key": secret.New("c")}
	for _, c := range []struct {
		what  string
		op    Op
		body  string
		want  Result
		fails string
	}{
		{"a login", Login, `{"token":"t","expires_in":"60"}`, Result{Session: session, Expires: time.Minute}, ""},
		{"a login that does not tell", Login, `{"token":"t"}`, Result{Session: session}, ""},
		{"a login for ages", Login, `{"token":"t","expires_in":1e18}`, Result{Session: session, Expires: maxSession}, ""},
		{"a login in the past", Login, `{"token":"t","expires_in":-1}`, Result{}, "expires: a number of seconds is wanted, not a number"},
		{"a login without a token", Login, `{}`, Result{}, "session.token: text is wanted, not nothing"},
		{"a login with an empty token", Login, `{"token":""}`, Result{}, "session.token is empty"},
		{"zones", Zones, `{"zones":[{"id":1,"name":"a.","ttl":60},{"id":"2","name":"b"}]}`, Result{Zones: []ZoneAt{{"1", "a", 60}, {"2", "b", 0}}, NextPage: 2}, ""},
		{"the last zones", Zones, `{"zones":[]}`, Result{}, ""},
		{"a zone without a name", Zones, `{"zones":[{"id":1}]}`, Result{}, "zone 1 of the list has no id or no name"},
		{"zones that are none", Zones, `{"zones":7}`, Result{}, "zones: a list is wanted, not a number"},
		{"records", List, `{"records":[{"id":7,"note":"n"}],"next":"?page=2"}`, Result{Records: []Record{{ID: "7", Raw: one}}, NextURL: "https://eu.example.org/v1/zones/z1/records?page=2"}, ""},
		{"the last records", List, `{"records":[],"next":""}`, Result{}, ""},
		{"records elsewhere", List, `{"records":[],"next":"https://evil.example/2"}`, Result{}, "the next page is at another host"},
		{"a record without an id", List, `{"records":[{}]}`, Result{}, "a record of the list has no id"},
		{"an item", Item, `{"value":"\"v\""}`, Result{Values: []string{"v"}}, ""},
		{"an item without a value", Item, `{}`, Result{}, "unquote"},
		{"a commit", Commit, `whatever`, Result{}, ""},
		{"a poll", Poll, `<Job><State>done</State></Job>`, Result{Done: true}, ""},
		{"a poll that failed", Poll, `<Job><State>failed</State></Job>`, Result{Failed: true}, ""},
		{"a poll that goes on", Poll, `<Job><State/></Job>`, Result{}, ""},
		{"a poll of JSON", Poll, `{}`, Result{}, "XML was expected"},
		{"a poll of a page", Poll, `<!DOCTYPE html><html>`, Result{}, "XML was expected, and a web page (HTML) came"},
		{"too deep", Zones, `{"zones":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`, Result{}, "it nests deeper than 64"},
	} {
		got, err := n.Read(c.op, recordInputs(), Response{Status: 200, Header: map[string][]string{"Set-Cookie": {"key=c; Secure"}}, Body: []byte(c.body)})
		var answer *AnswerError
		if c.fails != "" {
			if !errors.As(err, &answer) || !strings.Contains(answer.Reason, c.fails) {
				t.Errorf("%s: %+v, %v; want %q", c.what, got, err, c.fails)
			}
			continue
		}
		got.Forms, got.seen = nil, nil
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.what, got, err, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	n := parsed(t, recordDocument)
	other := parsed(t, addingDocument)
	one := parsed(t, singleDocument)
	for _, c := range []struct {
		what   string
		n      *Native
		op     Op
		status int
		body   string
		want   Judgement
	}{
		{"accepted", n, Create, 202, `{"ok":true}`, Judgement{Outcome: Accepted}},
		{"another status than ok says", n, Create, 200, `{"ok":true,"text":"no"}`, Judgement{Outcome: Refused, Message: "no"}},
		{"no inside yes", n, Create, 202, `{"ok":false,"text":" no "}`, Judgement{Outcome: Refused, Message: "no"}},
		{"named: exists", n, Create, 400, `{"code":7,"text":"there"}`, Judgement{Outcome: Exists, Message: "there"}},
		{"named: conflict", n, Create, 423, `{}`, Judgement{Outcome: Conflict}},
		{"named: throttled, with a wait", n, Create, 400, `{"code":8,"seconds":2.5}`, Judgement{Outcome: Throttled, Wait: 2500 * time.Millisecond}},
		{"a wait of ages", n, Create, 429, `{"seconds":1e99}`, Judgement{Outcome: Throttled, Wait: maxWait}},
		{"a wait in the past", n, Create, 429, `{"seconds":-5}`, Judgement{Outcome: Throttled}},
		{"throttled comes before ok", n, Create, 202, `{"ok":true,"code":8}`, Judgement{Outcome: Throttled}},
		{"named: expired", n, Create, 440, ``, Judgement{Outcome: Expired}},
		{"by status: expired", n, Create, 401, `<html>`, Judgement{Outcome: Expired}},
		{"a login is never expired", n, Login, 401, `{"error":"bad"}`, Judgement{Outcome: Refused, Message: "bad"}},
		{"401 without a login", other, Read, 401, ``, Judgement{Outcome: Refused}},
		{"by status: throttled", other, Read, 503, ``, Judgement{Outcome: Throttled}},
		{"by status: conflict", other, AddSome, 412, ``, Judgement{Outcome: Conflict}},
		{"by status: failed", other, AddSome, 502, `<html>`, Judgement{Outcome: Failed}},
		{"by status: refused", other, AddSome, 422, ``, Judgement{Outcome: Refused}},
		{"by status: redirected", other, AddSome, 301, ``, Judgement{Outcome: Refused}},
		{"named: absent", other, Read, 404, `<html>`, Judgement{Outcome: Absent}},
		{"absent by expression", n, Delete, 400, `{"code":9}`, Judgement{Outcome: Absent}},
		{"an expression over another shape", n, Delete, 400, `<html>`, Judgement{Outcome: Refused}},
		{"a text", one, Write, 200, "OK\n", Judgement{Outcome: Accepted}},
		{"another text", one, Write, 200, "KO", Judgement{Outcome: Refused}},
		{"a page where a text was expected", one, Write, 200, "<html>OK", Judgement{Outcome: Refused}},
		{"an operation that is not there", one, Read, 200, "", Judgement{Outcome: Refused}},
	} {
		if got := c.n.Judge(c.op, recordInputs(), Response{Status: c.status, Body: []byte(c.body)}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
}

func TestAddingRequests(t *testing.T) {
	t.Parallel()
	n := parsed(t, addingDocument)
	in := Inputs{
		Account: map[string]secret.Value{"token": secret.New("t")},
		Name:    name.MustParseOwner("a.example.org"), Zone: name.MustParseOwner("example.org"), Values: []string{"one", "two"}, Found: `"e1"`,
	}
	for op, want := range map[Op]string{AddSome: `["one","two"]`, Remove: "value=one&value=two"} {
		r, err := n.Request(op, in)
		if err != nil || string(r.Body) != want || headersOf(r)["If-Match"] != `"e1"` {
			t.Errorf("%s: %s %q, %v", op, r.Body, r.Header, err)
		}
	}
	in.Found = nil
	if r, err := n.Request(AddSome, in); err != nil || headersOf(r)["If-Match"] != "" {
		t.Errorf("without a set: %q, %v", r.Header, err)
	}
	got, err := n.Read(Read, in, Response{Status: 200, Header: map[string][]string{"Etag": {`"e2"`}}, Body: []byte(`{"values":["x"]}`)})
	if err != nil || got.Found != `"e2"` {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNativeVerdicts(t *testing.T) {
	t.Parallel()
	rolling := strings.Replace(singleDocument, "single:", "limits: {values: 2}\nsingle:", 1)
	for source, want := range map[string]Verdict{singleDocument: Replacing, rolling: Additive, recordDocument: Additive, addingDocument: Additive} {
		n := parsed(t, source)
		values := map[string]int{singleDocument: 1, rolling: 2}[source]
		if n.About().Verdict != want || n.Limits().Values != values {
			t.Errorf("%s: %s with %d values", n.About().Style, n.About().Verdict, n.Limits().Values)
		}
	}
}

func TestTTL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits Limits
		zone   int
		want   int
	}{
		{Limits{}, 0, 60},
		{Limits{MinimumTTL: 120}, 0, 120},
		{Limits{MinimumTTL: 120}, 3600, 3600},
		{Limits{TTLs: []int{30, 300, 3600}}, 0, 300},
		{Limits{TTLs: []int{30, 300, 3600}}, 301, 3600},
		{Limits{TTLs: []int{30, 300, 3600}}, 9999, 3600},
	} {
		if got := c.limits.ttl(c.zone); got != c.want {
			t.Errorf("%+v in a zone of %d: %d, want %d", c.limits, c.zone, got, c.want)
		}
	}
}

// All expressions of one request share a budget.
func TestBudgetOfARequest(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 60 {
		fmt.Fprintf(&body, "      k%d: =map(values, map(values, 1))\n", i)
	}
	source := strings.Replace(nativeDocument, "      name: =label\n      ttl", body.String()+"      ttl", 1)
	in := testInputs()
	in.Values = make([]string, 60)
	_, err := parsed(t, source).Request(Replace, in)
	if f, ok := fault.From(err); !ok || !strings.Contains(f.Seen, errBudget.Error()) {
		t.Errorf("%v; want %s", err, errBudget)
	}
}
