package provider

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/store"
)

const singleDocument = withKey + `
single:
  write: {post: /update, body: {subdomain: =label, txt: =value}, exists: [422], message: =response?.error}
`

func TestSingleStyle(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.say("POST /update", 200, `{}`)
	i.script(t, s, nativeHead("limits: {values: 2}\n"+singleDocument), "")
	if _, err := i.Values(t.Context(), scripted("a")); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("values: %v", err)
	}
	ours := publications(scripted("a"), "one", "two", "one")
	added, err := i.Change(t.Context(), ours, nil)
	if err != nil || len(added) != 3 {
		t.Errorf("%v, %v", added, err)
	}
	s.want(t, `POST /update {"subdomain":"a","txt":"one"}`, `POST /update {"subdomain":"a","txt":"two"}`)
	s.forget()
	err = i.removeValue(t, scripted("a"), "one")
	wantFault(t, "no way to remove", err, fault.NotWritten, "no request to remove a value")
	if !errors.Is(err, store.ErrNothingSent) {
		t.Errorf("%v does not say that nothing was sent", err)
	}
	s.want(t)
	traits, err := i.Traits(scripted("a"))
	if want := (store.Traits{Capacity: 2, TurnWait: -1}); err != nil || traits != want {
		t.Errorf("traits %+v, %v", traits, err)
	}
}

func TestSingleStyleThatClears(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.say("POST /update", 200, `{}`)
	s.say("POST /clear", 200, `{}`)
	i.script(t, s, nativeHead(singleDocument+`  clear: {post: /clear, body: {subdomain: =label, txt: =value}}`+"\n"), "")
	if _, err := i.Change(t.Context(), publications(scripted("a"), "one"), publications(scripted("a"), "old", "one")); err != nil {
		t.Fatal(err)
	}
	s.want(t, `POST /update {"subdomain":"a","txt":"one"}`, `POST /clear {"subdomain":"a","txt":"old"}`)
	traits, err := i.Traits(scripted("a"))
	if want := (store.Traits{Capacity: 1, Replacing: true, Removable: true, TurnWait: -1}); err != nil || traits != want {
		t.Errorf("traits %+v, %v", traits, err)
	}
}

// Without reading nothing tells what an answer does not: such a write is not repeated, since a host with two places would lose the
// other value to the second.
func TestSingleStyleVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		answers []func(http.ResponseWriter, *http.Request)
		sent    int
		code    fault.Code
		seen    string
		doubt   bool
	}{
		{"it exists", []func(http.ResponseWriter, *http.Request){status(422, `{}`)}, 1, "", "", false},
		{"a failure", []func(http.ResponseWriter, *http.Request){status(500, `{"error":"oh"}`)}, 1, fault.HostFailed, "status 500, it says: oh", true},
		{"no room now", []func(http.ResponseWriter, *http.Request){status(429, `{}`), status(200, `{}`)}, 2, "", "", false},
		{"a conflict once", []func(http.ResponseWriter, *http.Request){status(409, `{}`), status(200, `{}`)}, 2, "", "", false},
		{"a conflict for good", []func(http.ResponseWriter, *http.Request){status(409, `{"error":"locked"}`)}, 3, fault.HostRefused, "status 409, it says: locked", false},
		{"a refusal", []func(http.ResponseWriter, *http.Request){status(400, `{"error":"no k3y/of+the=account"}`)}, 1, fault.HostRefused, "status 400, it says: no [secret]", false},
	} {
		s, i := newScript(t), newInstallation(t)
		s.turns("POST /update", c.answers...)
		i.script(t, s, nativeHead(singleDocument), "")
		err := i.addValue(t, scripted("a"), "one")
		if c.code == "" && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.code != "" {
			wantFault(t, c.what, err, c.code, c.seen)
		}
		if errors.Is(err, store.ErrDoubt) != c.doubt {
			t.Errorf("%s: doubt in %v", c.what, err)
		}
		if got := len(s.requests()); got != c.sent {
			t.Errorf("%s: sent %d times", c.what, got)
		}
	}
}

// An API that knows the name by its label needs the label of the target itself: another account's name is refused.
func TestSingleStyleOfAnotherName(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	document := strings.Replace(nativeHead(singleDocument), "subdomain: =label", "subdomain: =account.name", 1)
	document = strings.Replace(document, "secret: true}}", "secret: true}, name: {title: Name}}", 1)
	i.script(t, s, document, "account: {key: "+scriptKey+", name: other}\n")
	err := i.addValue(t, scripted("a"), "one")
	wantFault(t, "another name", err, fault.BadDocument, "does not name a")
	s.want(t)
}
