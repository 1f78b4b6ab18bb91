package session

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzSession: no session makes the loader panic, and what it accepts can be played: its refusals are made, and each of its
// accepts is rehearsed without a template that fails.
func FuzzSession(f *testing.F) {
	f.Add(plain)
	files, err := filepath.Glob("../../../dnsconfig/library/*/session.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source))
	}
	f.Fuzz(func(t *testing.T, source string) {
		s, err := Load("session.txtar", []byte(source))
		if err != nil {
			return
		}
		for _, a := range s.accepts {
			if e := s.rehearse(a, true, true); e.Error == "template" {
				t.Errorf("%s: %v", a.file, e.Reasons)
			}
		}
		if len(s.Refusals()) < minRefusals {
			t.Error("too few refusals are no mistake")
		}
	})
}

// FuzzRequest: no request makes the stand-in panic, and what it does not take changes nothing.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "zones/17/records", "name=a.example.net", "")
	f.Add("POST", "zones/17/records", "", `{"name":"a","data":"x","ttl":60}`)
	f.Add("DELETE", "zones/17/records/101", "", "")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		s, err := Load("session.txtar", []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		d := s.desk()
		in := &incoming{method: method, host: "api.example.com", path: path, query: query, body: []byte(body), header: map[string][]string{
			"Authorization": {"Basic bWU6dG9rLTEyMzQ1Njc4OTA="}, "Content-Type": {"application/json"},
		}}
		before := d.state.String()
		if r := d.take(in); r.status == 500 {
			t.Errorf("a template failed: %v", d.exchanges)
		}
		if d.exchanges[0].Unmatched() && d.state.String() != before {
			t.Errorf("%s %s changed something", method, path)
		}
	})
}

// FuzzTXT: a quoted value is the value again, and nothing makes the reader panic.
func FuzzTXT(f *testing.F) {
	f.Add(`a "b" \ c`)
	f.Fuzz(func(t *testing.T, value string) {
		got, err := unquote(quote(value))
		if err != nil || got != value {
			t.Errorf("%q came back as %q, %v", value, got, err)
		}
		_, _ = unquote(value)
	})
}

// FuzzXML: no document makes the reader panic.
func FuzzXML(f *testing.F) {
	f.Add(`<a x="1"><b>t</b><b/>u</a>`)
	f.Fuzz(func(t *testing.T, body string) { _, _ = parseXML([]byte(body)) })
}
