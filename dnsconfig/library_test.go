package dnsconfig

import (
	"encoding/json"
	"reflect"
	"testing"

	"deputy/name"
	"deputy/secret"
)

func TestLibraryParses(t *testing.T) {
	t.Parallel()
	documents, err := Library()
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) == 0 {
		t.Fatal("the library is empty")
	}
	for _, n := range documents {
		about := n.About()
		found, ok, err := FromLibrary(about.Name)
		if err != nil || !ok || found.About().Title != about.Title {
			t.Errorf("FromLibrary(%s) = %v, %v: the folder is not named as its document", about.Name, ok, err)
		}
		if LibraryReadme(about.Name) == "" {
			t.Errorf("%s has no README.md", about.Name)
		}
		for _, f := range about.Fields {
			if f.Title == "" || f.Help == "" {
				t.Errorf("%s: the field %s has no title or help", about.Name, f.Name)
			}
		}
	}
}

func TestLibraryHasNoSuchDocument(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "nobody", "../library", "desec/document.yaml", "."} {
		if n, ok, err := FromLibrary(bad); ok || err != nil {
			t.Errorf("FromLibrary(%q) = %v, %v, %v; want nothing", bad, n, ok, err)
		}
	}
}

// deSEC's requests are those that its server accepts: the trailing slash, the bulk address, quoted values, the zone's TTL.
func TestDeSECRequests(t *testing.T) {
	t.Parallel()
	n, _, err := FromLibrary("desec")
	if err != nil {
		t.Fatal(err)
	}
	in := Inputs{
		Account: map[string]secret.Value{"token": secret.New("tok/en")},
		Name:    name.MustParseOwner("validation.martdj.dedyn.io"),
		Zone:    name.MustParseOwner("martdj.dedyn.io"),
		ZoneTTL: 3600,
		Values:  []string{"a", "b\"\xc3"},
	}
	for _, c := range []struct {
		op              Op
		method, url     string
		body            string
		authorized, ctt bool
	}{
		{Zone, "GET", "https://desec.io/api/v1/domains/?owns_qname=validation.martdj.dedyn.io", "", true, false},
		{Read, "GET", "https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/", "", true, false},
		{Replace, "PUT", "https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/",
			`[{"subname":"validation","type":"TXT","ttl":3600,"records":["\"a\"","\"b\\\"\\195\""]}]`, true, true},
	} {
		r, err := n.Request(c.op, in)
		if err != nil {
			t.Errorf("%s: %v", c.op, err)
			continue
		}
		if r.Method != c.method || r.URL != c.url || string(r.Body) != c.body {
			t.Errorf("%s:\n got %s %s %s\nwant %s %s %s", c.op, r.Method, r.URL, r.Body, c.method, c.url, c.body)
		}
		if r.Header[0] != [2]string{"Authorization", "Token tok/en"} {
			t.Errorf("%s: the first header is %q", c.op, r.Header[0])
		}
		if last := r.Header[len(r.Header)-1]; (last == [2]string{"Content-Type", "application/json"}) != c.ctt {
			t.Errorf("%s: the last header is %q", c.op, last)
		}
	}
}

func TestDeSECAnswers(t *testing.T) {
	t.Parallel()
	n, _, err := FromLibrary("desec")
	if err != nil {
		t.Fatal(err)
	}
	in := Inputs{Account: map[string]secret.Value{"token": secret.New("x")}, Name: name.MustParseOwner("a.b.example"), Zone: name.MustParseOwner("b.example")}
	for _, c := range []struct {
		what   string
		op     Op
		status int
		body   string
		want   Result
	}{
		{"zone", Zone, 200, `[{"name":"b.example","minimum_ttl":3600}]`, Result{ZoneID: "b.example", ZoneName: "b.example", ZoneTTL: 3600}},
		{"no zone", Zone, 200, `[]`, Result{Absent: true}},
		{"no set", Read, 404, `{"detail":"No RRset matches the given query."}`, Result{Absent: true}},
		{"set", Read, 200, `{"records":["\"one\" \"two\"","\"\\195\\164\""]}`, Result{Values: []string{"onetwo", "ä"}}},
		{"gone", Replace, 200, `[]`, Result{}},
	} {
		got, err := n.Read(c.op, in, Response{Status: c.status, Body: []byte(c.body)})
		got.Forms, got.seen = nil, nil
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.what, got, err, c.want)
		}
	}
}

// A value of somebody else is sent back in the strings in which it was read.
func TestForeignFormSurvives(t *testing.T) {
	t.Parallel()
	n, _, err := FromLibrary("desec")
	if err != nil {
		t.Fatal(err)
	}
	in := Inputs{Account: map[string]secret.Value{"token": secret.New("x")}, Name: name.MustParseOwner("a.b.example"), Zone: name.MustParseOwner("b.example")}
	read, err := n.Read(Read, in, Response{Status: 200, Body: []byte(`{"records":["\"one\" \"two\""]}`)})
	if err != nil {
		t.Fatal(err)
	}
	in.Values, in.Forms = append(read.Values, "new"), read.Forms
	r, err := n.Request(Replace, in)
	if err != nil {
		t.Fatal(err)
	}
	var sent []struct{ Records []string }
	if err := json.Unmarshal(r.Body, &sent); err != nil {
		t.Fatal(err)
	}
	if want := []string{`"one" "two"`, `"new"`}; !reflect.DeepEqual(sent[0].Records, want) {
		t.Errorf("sent %q, want %q", sent[0].Records, want)
	}
}

// Cloudflare's requests are those of its documentation: the zone by name, records by name and id, content in quotes.
func TestCloudflareRequests(t *testing.T) {
	t.Parallel()
	n, _, err := FromLibrary("cloudflare")
	if err != nil {
		t.Fatal(err)
	}
	in := Inputs{
		Account: map[string]secret.Value{"token": secret.New("t")},
		Name:    name.MustParseOwner("validation.example.org"),
		Zone:    name.MustParseOwner("example.org"),
		ZoneID:  "023e105f4ecef8ad9ca31a8372d0c353",
		Value:   "v",
		ID:      "372e67954025e0ba6aaa6d586b9e0b59",
	}
	const zone = "https://api.cloudflare.com/client/v4/zones"
	for _, c := range []struct {
		op                Op
		method, url, body string
	}{
		{Zone, "GET", zone + "?name=example.org", ""},
		{List, "GET", zone + "/023e105f4ecef8ad9ca31a8372d0c353/dns_records?type=TXT&name=validation.example.org&per_page=100&page=1", ""},
		{Create, "POST", zone + "/023e105f4ecef8ad9ca31a8372d0c353/dns_records", `{"type":"TXT","name":"validation.example.org","content":"\"v\"","ttl":60}`},
		{Delete, "DELETE", zone + "/023e105f4ecef8ad9ca31a8372d0c353/dns_records/372e67954025e0ba6aaa6d586b9e0b59", ""},
	} {
		r, err := n.Request(c.op, in)
		if err != nil || r.Method != c.method || r.URL != c.url || string(r.Body) != c.body || r.Header[0] != [2]string{"Authorization", "Bearer t"} {
			t.Errorf("%s: %s %s %s %q, %v", c.op, r.Method, r.URL, r.Body, r.Header, err)
		}
	}
	got, err := n.Read(List, in, Response{Status: 200, Body: []byte(`{"success":true,"errors":[],"result":[{"id":"a","type":"TXT","content":"\"quoted\""},{"id":"b","type":"TXT","content":"bare"}]}`)})
	if want := []Record{{ID: "a", Value: "quoted"}, {ID: "b", Value: "bare"}}; err != nil || len(got.Records) != 2 || got.Records[0].Value != want[0].Value || got.Records[1].ID != want[1].ID {
		t.Errorf("%+v, %v; want %+v", got.Records, err, want)
	}
	if got, err := n.Read(Delete, in, Response{Status: 404, Body: []byte(`{"success":false,"errors":[{"code":81044}]}`)}); err != nil || !got.Absent {
		t.Errorf("a record that is gone: %+v, %v", got, err)
	}
	if _, err := n.Read(Create, in, Response{Status: 200, Body: []byte(`{"success":false,"errors":[{"code":1004}]}`)}); err == nil {
		t.Error("success: false was taken for success")
	}
}
