package ca

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

func TestAccountIsMadeWithOneRequest(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	f.meta = `{"termsOfService":"https://ca.example/terms"}`
	c, _ := f.client(t)
	a := newKeyed(t, f)
	a.Email, a.Terms = "dns-team@martdj.nl", "https://ca.example/terms"
	got, err := c.Account(t.Context(), a)
	if err != nil || got.URL != f.URL+"/account/1" {
		t.Fatalf("%+v, %v", got, err)
	}
	var sent struct {
		Contact              []string
		TermsOfServiceAgreed bool
		OnlyReturnExisting   bool
	}
	if err := json.Unmarshal([]byte(f.payloads["newAccount"][0]), &sent); err != nil {
		t.Fatal(err)
	}
	if len(sent.Contact) != 1 || sent.Contact[0] != "mailto:dns-team@martdj.nl" || !sent.TermsOfServiceAgreed || sent.OnlyReturnExisting {
		t.Errorf("%+v", sent)
	}
	if _, err := c.Account(t.Context(), got); err != nil {
		t.Error(err)
	}
	if f.sequence() != "newAccount" {
		t.Errorf("asked for %s", f.sequence())
	}
}

func TestAccountAgainAfterACrash(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	a := newKeyed(t, f)
	var urls []string
	for range 2 { // the second process knows only the key
		c, _ := f.client(t)
		got, err := c.Account(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, got.URL)
	}
	if urls[0] != urls[1] || len(f.accounts) != 1 || f.sequence() != "newAccount newAccount" {
		t.Errorf("%v, %d accounts, %s", urls, len(f.accounts), f.sequence())
	}
}

// first makes the first request of a resource special.
func first(resource string, r reply) func(string, int, string) reply {
	return func(got string, nth int, _ string) reply {
		if got == resource && nth == 1 {
			return r
		}
		return reply{}
	}
}

func TestAccountWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		reply    reply
		sequence string
	}{
		"made":             {reply{lose: true}, "newAccount newAccount"},
		"not made":         {reply{drop: true}, "newAccount newAccount newAccount"},
		"made, and 500":    {reply{status: 500, commit: true, body: "oops"}, "newAccount newAccount"},
		"made, cut off":    {reply{status: 201, commit: true, header: map[string]string{"Content-Length": "100"}, body: "{"}, "newAccount newAccount"},
		"busy, for a time": {reply{status: 503, header: map[string]string{"Retry-After": "1"}}, "newAccount newAccount"},
	} {
		f := newFake(t, first("newAccount", test.reply))
		c, _ := f.client(t)
		got, err := c.Account(t.Context(), newKeyed(t, f))
		if err != nil || got.URL != f.URL+"/account/1" || len(f.accounts) != 1 || f.sequence() != test.sequence {
			t.Errorf("%s: %v; %d accounts; asked for %s", what, err, len(f.accounts), f.sequence())
		}
		looks := 0
		for _, payload := range f.payloads["newAccount"][1:] {
			if strings.Contains(payload, "onlyReturnExisting") {
				looks++
			}
		}
		if want := map[bool]int{true: 0, false: 1}[test.reply.status == 503]; looks != want {
			t.Errorf("%s: looked the account up %d times", what, looks)
		}
	}
}

func TestAccountThatIsLostForGood(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(resource string, _ int, payload string) reply {
		return reply{drop: resource == "newAccount" && !strings.Contains(payload, "onlyReturnExisting")}
	})
	c, _ := f.client(t)
	_, err := c.Account(t.Context(), newKeyed(t, f))
	wantFault(t, err, fault.CAFailed)
	if !errors.As(err, new(*Lost)) || f.counts()["newAccount"] != 2*newAccountTries {
		t.Errorf("%v after %s", err, f.sequence())
	}
}

func TestBindingThatALostTryUsedUp(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	f.on = func(resource string, nth int, payload string) reply {
		if resource != "newAccount" || strings.Contains(payload, "onlyReturnExisting") {
			return reply{}
		}
		if nth == 1 {
			return reply{lose: true}
		}
		return reply{status: 400, body: problem("externalAccountRequired", "this key id was used already")}
	}
	a := newKeyed(t, f)
	a.EABKeyID, a.EABKey = "kid-1", secret.New("bm90LWEtc2VjcmV0LWJ1dC0zMi1vY3RldHMtbG9uZyEhISE=")
	c, _ := f.client(t)
	if got, err := c.Account(t.Context(), a); err != nil || got.URL == "" { // found after the loss
		t.Fatalf("%+v, %v", got, err)
	}
	c, _ = f.client(t) // a process that crashed before it stored the URL: newAccount is refused, and the look-up tells
	got, err := c.Account(t.Context(), a)
	if err != nil || got.URL != f.URL+"/account/1" || len(f.accounts) != 1 {
		t.Errorf("%+v, %v, %d accounts", got, err, len(f.accounts))
	}
	if !strings.Contains(f.payloads["newAccount"][0], "externalAccountBinding") || strings.Contains(f.payloads["newAccount"][1], "externalAccountBinding") {
		t.Errorf("%q", f.payloads["newAccount"])
	}
}

func TestAccountFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what, meta string
		change     func(*store.Account)
		reply      reply
		code       fault.Code
		says       string
		requests   int
	}{
		{"terms not agreed to", `{"termsOfService":"https://ca.example/terms"}`, nil, reply{}, fault.CATerms, "https://ca.example/terms", 0},
		{"older terms agreed to", `{"termsOfService":"https://ca.example/terms/2"}`, func(a *store.Account) { a.Terms = "https://ca.example/terms/1" }, reply{}, fault.CATerms, "terms/2", 0},
		{"binding needed", `{"externalAccountRequired":true}`, nil, reply{}, fault.CAAccount, "--eab-kid", 0},
		{"binding unreadable", `{}`, func(a *store.Account) { a.EABKeyID, a.EABKey = "k", secret.New("hunter2 %%") }, reply{}, fault.CAAccount, "base64url", 0},
		{"deactivated", `{}`, nil, reply{status: 200, header: map[string]string{"Location": "https://ca.example/1"}, body: `{"status":"deactivated"}`}, fault.CAAccount, "deactivated", 1},
		{"deactivated, as pebble says it", `{}`, nil, reply{status: 403, body: problem("unauthorized", "deactivated")}, fault.CAAccount, "deactivated", 1},
		{"no Location", `{}`, nil, reply{status: 201, body: `{"status":"valid"}`}, fault.CAAccount, "Location", 1},
		{"Location over http", `{}`, nil, reply{status: 201, header: map[string]string{"Location": "http://ca.example/1"}, body: `{}`}, fault.CAAccount, "http://ca.example/1", 1},
		{"address refused", `{}`, nil, reply{status: 400, body: problem("invalidContact", "no MX")}, fault.CAAccount, "no MX", 1},
		{"terms changed in between", `{}`, nil, reply{status: 403, header: map[string]string{"Link": `<https://ca.example/terms/3>;rel="terms-of-service"`}, body: problem("userActionRequired", "agree")}, fault.CATerms, "https://ca.example/terms/3", 1},
		{"too many", `{}`, nil, reply{status: 429, header: map[string]string{"Retry-After": "7200"}, body: problem("rateLimited", "too many accounts")}, fault.CALimited, "too many accounts", 1},
	} {
		f := newFake(t, first("newAccount", test.reply))
		f.meta = test.meta
		c, _ := f.client(t)
		a := newKeyed(t, f)
		if test.change != nil {
			test.change(&a)
		}
		_, err := c.Account(t.Context(), a)
		got := wantFault(t, err, test.code)
		if !strings.Contains(got.Error(), test.says) || strings.Contains(got.Error(), "hunter2") || f.counts()["newAccount"] != test.requests {
			t.Errorf("%s: %v after %s", test.what, got, f.sequence())
		}
	}
}

func TestAccountWithoutURLCanDoNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	_, err := c.NewOrder(t.Context(), newKeyed(t, f), Wanted{Names: names(t, "a.example")})
	wantFault(t, err, fault.CAAccount)
	if f.sequence() != "" {
		t.Errorf("asked for %s", f.sequence())
	}
}
