package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deputy/dnsconfig"
)

// script answers questions by what they contain; an unanswered one gets its preset.
type script [][2]string

func (s *script) ask(text, preset string) (string, error) {
	for n, line := range *s {
		if strings.Contains(text, line[0]) {
			*s = slices.Delete(*s, n, n+1)
			return line[1], nil
		}
	}
	return preset, nil
}

// TestDraft: what is asked for becomes a document that can be read, in each style.
func TestDraft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers script
		style   string
		holds   []string
	}{
		{"the presets", script{{"begins", "https://api.example.com/v1/"}}, "record", []string{
			"base: https://api.example.com/v1\n", "Authorization: Bearer ${account.token}", "post: /zones/${zone}/records",
			"content: =quote(value)", "ttl: =ttl", "delete: /zones/${zone}/records/${id}",
		}},
		{"a header, an id, curl", script{
			{"begins", "https://api.example.com"}, {"credential sent", "header"}, {"The header", "Auth-API-Token: TOKEN"}, {"name the zone", "id"},
			{"finds a zone", `curl -H "Auth-API-Token: $TOKEN" "https://api.example.com/zones?name={ZONE}"`}, {"Where the id is", "first(response.zones)?.id"},
			{"host keep", "record"}, {"lists the records", "curl https://api.example.com/records?zone_id=ZONE"},
			{"creates a record", `curl -X "POST" "https://api.example.com/records" -H 'Content-Type: application/json' -d $'{"name":"LABEL","ttl":TTL,"zone_id":"ZONE","tags":["x",1,true,null],"value":"VALUE"}'`},
			{"deletes a record", "curl -X DELETE https://api.example.com/records/<ID>"},
		}, "record", []string{
			"Auth-API-Token: ${account.token}", "get: /zones?name=${zone_name}", "get: /records?zone_id=${zone}", "name: =label", "zone_id: =zone", "value: =value", "delete: /records/${id}",
		}},
		{"basic, sets", script{{"begins", "https://api.example.com"}, {"credential sent", "basic"}, {"host keep", "rrset"}}, "rrset", []string{
			"base64(account.user", "put: /zones/${zone}/rrsets/${name}/TXT", `records: "=map(values, quote(#))"`,
		}},
		{"in the query, by value, a form", script{
			{"begins", "https://api.example.com"}, {"credential sent", "query"}, {"name that it has", "apikey"}, {"host keep", "values"},
			{"adds values", "POST /add host=LABEL&txt=VALUES"},
		}, "rrset", []string{"apikey: =account.token", "form:", "host: =label", "txt: =values"}},
		{"single", script{{"begins", "https://api.example.com"}, {"credential sent", "none"}, {"host keep", "single"}, {"removes it", ""}}, "single", []string{"post: /update", "txt: =value"}},
		{"a word that is none", script{{"begins", "https://api.example.com"}, {"credential sent", "carrier pigeon"}, {"credential sent", "bearer"}}, "record", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := askDraft("my-host", c.answers.ask)
			if err != nil {
				t.Fatal(err)
			}
			text, err := d.document()
			must(t, err)
			n, err := dnsconfig.ParseNative(text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if n.About().Style != c.style {
				t.Errorf("the style is %s\n%s", n.About().Style, text)
			}
			for _, line := range c.holds {
				if !strings.Contains(string(text), line) {
					t.Errorf("no %q in\n%s", line, text)
				}
			}
		})
	}
}

// TestDraftFaults: an answer that is no request is refused with the reason; an end of the input ends it.
func TestDraftFaults(t *testing.T) {
	t.Parallel()
	for answer, says := range map[string]string{
		"FETCH /x":                           "it has to begin with GET, POST, PUT, PATCH, DELETE or curl",
		"GET zones":                          "its path has to begin with / or https://",
		"POST /zones {broken":                "its body is no JSON",
		"curl 'https://api.example.com":      "a quotation mark is not closed",
		"curl https://api.example.com/x -X":  "the curl line ends after -X",
		"curl -X POST http://plain.example/": "its path has to begin with / or https://",
	} {
		s := script{{"lists the records", answer}}
		if _, err := askDraft("x", s.ask); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", answer, err, says)
		}
	}
	asked := 0
	_, err := askDraft("x", func(string, string) (string, error) { asked++; return "", errNobody })
	if !errors.Is(err, errNobody) || asked != 1 {
		t.Errorf("with nobody to ask it asked %d times and said %v", asked, err)
	}
}

// TestNew: a copy of an example lints, claims nothing of its own, and is not written over a file.
func TestNew(t *testing.T) {
	t.Parallel()
	b := desk{t}
	path := filepath.Join(t.TempDir(), "mine.yaml")
	r := b.run("dnsconfig", "new", "mine", "--example", "desec", "-o", path)
	if r.code != 0 || !strings.Contains(r.stdout, "deputy dnsconfig trace "+path) || !strings.HasPrefix(r.stdout, "mine: can be used") {
		t.Fatalf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	text, err := os.ReadFile(path)
	must(t, err)
	if strings.Contains(string(text), "\nproven:") || !strings.Contains(string(text), "\nname: mine\n") {
		t.Errorf("it wrote\n%s", text)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"mine", "--example", "desec", "-o", path}, exitUsage, "there is a file already, which is left alone"},
		{[]string{"--example", "desec"}, exitUsage, "give the new document a name"},
		{[]string{"Mine"}, exitUsage, `"Mine" can't be the name`},
		{[]string{"other", "-o", filepath.Join(t.TempDir(), "no", "x.yaml"), "--example", "desec"}, exitUsage, "write the document to"},
		{[]string{"other", "-o", filepath.Join(t.TempDir(), "x.yaml"), "--example", b.file("made.dxl", made(""))}, exitUsage, "it is a DXL, and a new document is a native one"},
		{[]string{"other", "-o", filepath.Join(t.TempDir(), "x.yaml"), "--example", "nothing"}, exitFailed, "there is none of that name"},
		{[]string{"other", "-o", filepath.Join(t.TempDir(), "x.yaml")}, exitUsage, "nobody can be asked"},
	} {
		r := b.run(append([]string{"dnsconfig", "new"}, c.args...)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.says) {
			t.Errorf("new %v: exit %d, want %d and %q in\n%s", c.args, r.code, c.code, c.says, r.stderr)
		}
	}
}
