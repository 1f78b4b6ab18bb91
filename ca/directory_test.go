package ca

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/egress"
	"deputy/fault"
)

func TestNewRefusesADirectoryThatIsNotHTTPS(t *testing.T) {
	t.Parallel()
	e, err := egress.New(egress.Policy{AnyHost: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, directory := range []string{"http://ca.example/directory", "", "ca.example/directory", "https://", "https://user:pw@ca.example/", "ftp://ca.example/", "https://ca.example/\x1b[2J"} {
		_, err := New(Config{Directory: directory, Egress: e})
		f := wantFault(t, err, fault.CADirectory)
		if strings.Contains(f.Error(), "\x1b") {
			t.Errorf("%q reaches the terminal", f.Error())
		}
	}
	if _, err := New(Config{Directory: "https://ca.example/directory"}); err == nil {
		t.Error("a client without egress was made")
	}
}

func TestDirectoryIsReadOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	f.meta = `{"termsOfService":"https://ca.example/terms","website":"https://ca.example","caaIdentities":["ca.example"],"externalAccountRequired":true,
		"profiles":{"classic":"90 days"},"unknown":{"deep":[1]}}`
	c, _ := f.client(t)
	for range 3 {
		d, err := c.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d.Terms != "https://ca.example/terms" || d.Website != "https://ca.example" || !d.NeedsEAB || d.RenewalInfo ||
			!slices.Equal(d.Identities, []string{"ca.example"}) || d.Profiles["classic"] != "90 days" {
			t.Errorf("%+v", d)
		}
	}
	if f.seen["directory"] != 1 || len(f.log) != 0 {
		t.Errorf("%d reads, and %v", f.seen["directory"], f.log)
	}
}

func TestDirectoryMetaOfOddTypesIsIgnored(t *testing.T) {
	t.Parallel()
	for _, meta := range []string{
		`{"termsOfService":7,"website":[],"caaIdentities":"x","externalAccountRequired":"yes","profiles":["a"]}`, `[]`, `"x"`, `null`, `7`, `{"profiles":{"a":{"b":1}}}`,
	} {
		f := newFake(t, nil)
		f.meta = meta
		c, _ := f.client(t)
		d, err := c.Directory(t.Context())
		if err != nil || d.Terms != "" || d.NeedsEAB || len(d.Profiles) != 0 || len(d.Identities) != 0 {
			t.Errorf("%s: %+v, %v", meta, d, err)
		}
	}
}

// directoryWith is a directory's body, its members replaced by those in change; an empty value leaves one out.
func directoryWith(base string, change map[string]string) string {
	var members []string
	for _, key := range []string{"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"} {
		value, changed := change[key]
		if !changed {
			value = base + "/" + key
		}
		if value != "" {
			members = append(members, fmt.Sprintf("%q:%q", key, value))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func TestDirectoriesThatAreRefused(t *testing.T) {
	t.Parallel()
	bad := map[string]string{
		"HTML":       "<html>log in</html>",
		"an array":   "[]",
		"nothing":    "",
		"half":       `{"newNonce":"https://`,
		"a number":   `{"newNonce":7}`,
		"an object":  `{}`,
		"a big body": `{"newNonce":"` + strings.Repeat("x", 9<<20) + `"}`,
	}
	for _, key := range []string{"newNonce", "newAccount", "newOrder"} {
		bad["no "+key] = directoryWith("https://ca.example", map[string]string{key: ""})
	}
	for _, key := range []string{"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"} {
		for _, url := range []string{"http://ca.example/x", "//ca.example/x", "/x", "ftp://ca.example/", "https://u:p@ca.example/"} {
			bad[key+" at "+url] = directoryWith("https://ca.example", map[string]string{key: url})
		}
	}
	for what, body := range bad {
		f := newFake(t, func(string, int, string) reply { return reply{status: 200, body: body} })
		c, _ := f.client(t)
		_, err := c.Directory(t.Context())
		code := fault.CADirectory
		if what == "a big body" {
			code = fault.CAFailed
		}
		got, ok := fault.From(err)
		if !ok || got.Code != code || len(got.Error()) > 2000 {
			t.Errorf("%s: %.300v", what, err)
		}
		if len(f.log) != 0 {
			t.Errorf("%s: then asked for %v", what, f.log)
		}
	}
}

func TestDirectoryRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what  string
		reply reply
		code  fault.Code
		tries int
	}{
		{"not found", reply{status: 404, body: "nothing here"}, fault.CADirectory, 1},
		{"forbidden", reply{status: 403, body: problem("unauthorized", "no")}, fault.CADirectory, 1},
		{"failing", reply{status: 500, body: "oops"}, fault.CAFailed, maxTries},
		{"throttled for long", reply{status: 503, header: map[string]string{"Retry-After": "3600"}}, fault.CALimited, 1},
		{"throttled for a moment", reply{status: 503, header: map[string]string{"Retry-After": "2"}}, fault.CALimited, maxTries},
		{"breaking off", reply{drop: true}, fault.CAFailed, maxTries},
		{"redirecting", reply{status: 302, header: map[string]string{"Location": "https://elsewhere.example/"}}, fault.Egress, 1},
	} {
		f := newFake(t, func(string, int, string) reply { return test.reply })
		c, w := f.client(t)
		_, err := c.Directory(t.Context())
		wantFault(t, err, test.code)
		// net/http itself sends a GET again on a connection that turns out to be closed, so at least.
		if got := f.seen["directory"]; got < test.tries || test.reply.status != 0 && got != test.tries || len(w.all) != test.tries-1 {
			t.Errorf("%s: asked %d times, waited %v", test.what, got, w.all)
		}
	}
}

func TestDirectoryComesAfterAFailure(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(_ string, nth int, _ string) reply {
		if nth == 1 {
			return reply{status: 503, header: map[string]string{"Retry-After": "7"}}
		}
		return reply{}
	})
	c, w := f.client(t)
	if _, err := c.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.all) != 1 || w.all[0] != 7*time.Second {
		t.Errorf("waited %v, want what the CA said", w.all)
	}
}

func TestUnreachableCA(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	a := made(t, f)
	f.Close()
	_, err := c.NewOrder(t.Context(), a, Wanted{Names: names(t, "a.example")})
	wantFault(t, err, fault.CAFailed)
	if errors.As(err, new(*Lost)) {
		t.Errorf("nothing was sent, so nothing is lost: %v", err)
	}
}

// FuzzDirectory: what is accepted names nothing but https.
func FuzzDirectory(f *testing.F) {
	f.Add([]byte(directoryWith("https://ca.example", nil)))
	f.Add([]byte(directoryWith("http://ca.example", nil)))
	f.Add([]byte(`{"newNonce":"https://a/","NEWNONCE":"http://a/","newAccount":"https://a/","newOrder":"https://a/","meta":{"profiles":{"x":"y"}}}`))
	f.Add([]byte(`{"meta":7}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := parseDirectory(body)
		if err != nil {
			harmless(t, err.Error())
			return
		}
		again, err := parseDirectory(d.library)
		if err != nil || again.newAccount != d.newAccount || again.renewalInfo != d.renewalInfo {
			t.Errorf("what the library gets is not what was checked: %s", d.library)
		}
		if strings.Contains(string(d.library), `"http:`) {
			t.Errorf("%s", d.library)
		}
	})
}
