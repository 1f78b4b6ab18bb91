package ca

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/store"
)

// told opens an order at f, reads its challenges and tells the CA, and forgets what was asked so far.
func told(t *testing.T, f *fakeCA, c *Client, a store.Account, texts ...string) (Order, []Challenge) {
	t.Helper()
	o := ordered(t, f, c, texts...)
	challenges, err := c.Challenges(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	f.log = nil
	return o, challenges
}

// statuses are the answers to order polls in turn, the last for ever.
func (f *fakeCA) statuses(header map[string]string, all ...string) func(string, int, string) reply {
	return func(resource string, nth int, _ string) reply {
		if resource != "order" {
			return reply{}
		}
		status := all[min(nth, len(all))-1]
		return reply{status: 200, header: header, body: fmt.Sprintf(`{"status":%q,"finalize":"%[2]s/finalize/1","certificate":"%[2]s/certificate/1","authorizations":["%[2]s/authorization/1/a.example"]}`, status, f.URL)}
	}
}

func TestPollsArePacedAndAuthorizationsReadAfterThree(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	f.on = f.statuses(nil, "pending", "pending", "pending", "pending", "pending", "pending", "pending", "pending", "pending", "pending", "pending", "ready")
	c, w := f.client(t)
	a := made(t, f)
	o, challenges := told(t, f, c, a, "a.example")
	got, err := c.AwaitReady(t.Context(), a, o, challenges)
	if err != nil || got.Status != "ready" {
		t.Fatal(got, err)
	}
	want := []time.Duration{250, 375, 562, 843, 1265, 1898, 2847, 4271, 5000, 5000, 5000, 5000}
	for i := range w.all {
		w.all[i] = w.all[i].Truncate(time.Millisecond) / time.Millisecond
	}
	if !slices.Equal(w.all, want) {
		t.Errorf("waited %v, want %v ms", w.all, want)
	}
	const round = "order order order authorization "
	if f.sequence() != round+round+round+"order order order" {
		t.Errorf("asked for %s", f.sequence())
	}
}

func TestAReadyOrderIsNotPolled(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, w := f.client(t)
	for _, status := range []string{"ready", "processing", "valid"} {
		if o, err := c.AwaitReady(t.Context(), made(t, f), Order{Status: status}, nil); err != nil || o.Status != status {
			t.Error(o, err)
		}
	}
	if o, err := c.AwaitIssued(t.Context(), made(t, f), Order{Status: "valid", Certificate: "https://ca.example/c"}); err != nil || o.Status != "valid" {
		t.Error(o, err)
	}
	if f.sequence() != "" || len(w.all) != 0 {
		t.Errorf("asked for %s, waited %v", f.sequence(), w.all)
	}
}

func TestRetryAfterOfPolls(t *testing.T) {
	t.Parallel()
	const date = "Tue, 24 Nov 2026 10:00:00 GMT"
	for what, test := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"seconds":       {map[string]string{"Retry-After": "600"}, 10 * time.Minute},
		"a date":        {map[string]string{"Date": date, "Retry-After": "Tue, 24 Nov 2026 10:10:00 GMT"}, 10 * time.Minute},
		"at once":       {map[string]string{"Retry-After": "0"}, 375 * time.Millisecond},
		"a past date":   {map[string]string{"Date": date, "Retry-After": "Tue, 24 Nov 2025 10:10:00 GMT"}, 375 * time.Millisecond},
		"a whole day":   {map[string]string{"Retry-After": "86400"}, time.Hour},
		"ten years":     {map[string]string{"Date": date, "Retry-After": "Tue, 24 Nov 2036 10:10:00 GMT"}, time.Hour},
		"negative":      {map[string]string{"Retry-After": "-1"}, 375 * time.Millisecond},
		"too large":     {map[string]string{"Retry-After": "99999999999999999999"}, 375 * time.Millisecond},
		"not a number":  {map[string]string{"Retry-After": "soon"}, 375 * time.Millisecond},
		"with a space":  {map[string]string{"Retry-After": " 7 "}, 7 * time.Second},
		"not there":     {nil, 375 * time.Millisecond},
		"a float":       {map[string]string{"Retry-After": "1.5"}, 375 * time.Millisecond},
		"an empty text": {map[string]string{"Retry-After": ""}, 375 * time.Millisecond},
	} {
		f := newFake(t, nil)
		f.on = f.statuses(test.header, "processing", "valid")
		c, w := f.client(t)
		o, err := c.AwaitIssued(t.Context(), made(t, f), Order{URL: f.URL + "/order/1", Status: "processing"})
		if err != nil || o.Status != "valid" || f.sequence() != "order order" {
			t.Errorf("%s: %+v, %v, %s", what, o, err, f.sequence())
		}
		if len(w.all) != 2 || w.all[0] != firstPoll || w.all[1] != test.want {
			t.Errorf("%s: waited %v, want %s", what, w.all, test.want)
		}
	}
}

func TestWaitingHasAnEnd(t *testing.T) {
	t.Parallel()
	for _, header := range []map[string]string{nil, {"Retry-After": "600"}, {"Retry-After": "0"}} {
		f := newFake(t, nil)
		f.on = f.statuses(header, "processing")
		c, w := f.client(t)
		_, err := c.AwaitIssued(t.Context(), made(t, f), Order{URL: f.URL + "/order/1", Status: "processing"})
		wantFault(t, err, fault.CAFailed)
		if sum := w.sum(); sum < issuingTime || sum > issuingTime+maxPatience {
			t.Errorf("%v: waited %s", header, sum)
		}
	}
	f := newFake(t, nil)
	f.on = f.statuses(nil, "pending")
	c, w := f.client(t)
	a := made(t, f)
	o, challenges := told(t, f, c, a, "a.example")
	_, err := c.AwaitReady(t.Context(), a, o, challenges)
	wantFault(t, err, fault.CAFailed)
	if sum := w.sum(); sum < pendingTime || sum > pendingTime+maxPoll {
		t.Errorf("waited %s", sum)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	f.on = f.statuses(map[string]string{"Retry-After": "3600"}, "processing")
	c, _ := f.client(t)
	c.wait = pause // the real one
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := c.AwaitIssued(ctx, made(t, f), Order{URL: f.URL + "/order/1", Status: "processing"})
	wantFault(t, err, fault.CAFailed)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, err := c.AwaitIssued(gone, made(t, f), Order{URL: f.URL + "/order/1", Status: "processing"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFailingPollsAreRepeatedWithinBounds(t *testing.T) {
	t.Parallel()
	for what, bad := range map[string]reply{
		"500": {status: 500}, "503": {status: 503}, "504 with HTML": {status: 504, body: "<html>"}, "broken off": {drop: true}, "lost": {lose: true},
	} {
		f := newFake(t, func(resource string, nth int, _ string) reply {
			if resource == "order" && nth < maxTries {
				return bad
			}
			return reply{}
		})
		c, w := f.client(t)
		a := made(t, f)
		ordered(t, f, c, "a.example")
		f.orders[0].finalized, f.orders[0].polled = true, true
		o, err := c.AwaitIssued(t.Context(), a, Order{URL: f.URL + "/order/1", Status: "processing"})
		if err != nil || o.Status != "valid" || f.counts()["order"] != maxTries {
			t.Errorf("%s: %v, %v, %s", what, o.Status, err, f.sequence())
		}
		if !slices.Equal(w.all, []time.Duration{firstPoll, time.Second, 2 * time.Second, 4 * time.Second}) {
			t.Errorf("%s: waited %v", what, w.all)
		}
		f.on = func(resource string, _ int, _ string) reply {
			if resource == "order" {
				return bad
			}
			return reply{}
		}
		_, err = c.AwaitIssued(t.Context(), a, Order{URL: f.URL + "/order/1", Status: "processing"})
		wantFault(t, err, fault.CAFailed)
		if errors.As(err, new(*Lost)) {
			t.Errorf("%s: a poll is nothing to lose: %v", what, err)
		}
	}
}

func TestThrottledPollsWaitAsTold(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(resource string, nth int, _ string) reply {
		if resource == "order" && nth == 1 {
			return reply{status: 429, header: map[string]string{"Retry-After": "1800"}, body: problem("rateLimited", "slow down")}
		}
		return reply{}
	})
	c, w := f.client(t)
	ordered(t, f, c, "a.example")
	f.orders[0].finalized, f.orders[0].polled = true, true
	o, err := c.AwaitIssued(t.Context(), made(t, f), Order{URL: f.URL + "/order/1", Status: "processing"})
	if err != nil || o.Status != "valid" || !slices.Contains(w.all, 30*time.Minute) {
		t.Errorf("%v, %v, waited %v", o.Status, err, w.all)
	}
}

// stepCA answers as step-ca does: a proof that failed leaves the challenge pending, with an error, until it is posted
// again; posts says how many posts it takes.
func stepCA(f *fakeCA, posts int) func(string, int, string) reply {
	return func(resource string, _ int, _ string) reply {
		enough := len(f.payloads["challenge"]) >= posts
		switch {
		case resource == "authorization" && !enough:
			return reply{status: 200, body: authz("a.example", "pending", `{"type":"dns-01","status":"pending","url":"`+f.URL+
				`/challenge/1/a.example","token":"t","error":{"type":"urn:ietf:params:acme:error:dns","detail":"no TXT record found"}}`)}
		case resource == "challenge" && !enough:
			return reply{status: 200, body: `{"type":"dns-01","status":"pending","url":"` + f.URL + `/challenge/1/a.example","token":"t"}`}
		}
		return reply{}
	}
}

func TestPendingWithAnErrorIsPostedAgain(t *testing.T) {
	t.Parallel()
	for _, turns := range []bool{false, true} {
		f := newFake(t, nil)
		c, _ := f.client(t)
		a := made(t, f)
		o, challenges := told(t, f, c, a, "a.example")
		f.on = stepCA(f, 3)
		if err := c.Respond(t.Context(), a, challenges); err != nil {
			t.Fatal(err)
		}
		err := c.AwaitValid(t.Context(), a, challenges)
		if !turns {
			f.orders[0].told = map[string]bool{}
			f.payloads["challenge"] = f.payloads["challenge"][:1]
			o, err = c.AwaitReady(t.Context(), a, o, challenges)
			if o.Status != "ready" {
				t.Errorf("%+v", o)
			}
		}
		if err != nil || len(f.payloads["challenge"]) != 3 {
			t.Errorf("turns %v: %v after %d posts", turns, err, len(f.payloads["challenge"]))
		}
	}
}

func TestPendingWithAnErrorForEver(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	a := made(t, f)
	o, challenges := told(t, f, c, a, "a.example")
	f.on = stepCA(f, 1000)
	if err := c.Respond(t.Context(), a, challenges); err != nil {
		t.Fatal(err)
	}
	_, err := c.AwaitReady(t.Context(), a, o, challenges)
	got := wantFault(t, err, fault.CAValidation)
	if !strings.Contains(got.Seen, "a.example") || !strings.Contains(got.Seen, "no TXT record found") {
		t.Error(got)
	}
	if n := f.counts()["challenge"]; n != 1+maxReminders {
		t.Errorf("%d posts", n)
	}
}

func TestInvalidOrderNamesEachIdentifier(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	a := made(t, f)
	o, challenges := told(t, f, c, a, "a.example", "b.example", "c.example")
	f.on = func(resource string, nth int, _ string) reply {
		switch resource {
		case "order":
			return reply{status: 200, body: fmt.Sprintf(`{"status":"invalid","authorizations":["%[1]s/authorization/1","%[1]s/authorization/2","%[1]s/authorization/3"]}`, f.URL)}
		case "authorization":
			return reply{status: 200, body: []string{
				authz("a.example", "invalid", `{"type":"dns-01","status":"invalid","error":{"type":"urn:ietf:params:acme:error:unauthorized","detail":"Incorrect TXT record \"old\" found"}}`),
				authz("b.example", "valid", `{"type":"dns-01","status":"valid"}`),
				authz("c.example", "invalid", `{"type":"dns-01","status":"invalid","error":{"type":"urn:ietf:params:acme:error:dns","detail":"SERVFAIL looking up TXT"}}`),
			}[(nth-1)%3]}
		}
		return reply{}
	}
	_ = challenges
	f.seen["authorization"] = 0
	_, err := c.AwaitReady(t.Context(), a, o, challenges)
	got := wantFault(t, err, fault.CAValidation)
	for _, text := range []string{"a.example", `Incorrect TXT record "old" found`, "unauthorized", "c.example", "SERVFAIL looking up TXT"} {
		if !strings.Contains(got.Seen, text) {
			t.Errorf("%q is not in %s", text, got.Seen)
		}
	}
	if strings.Contains(got.Seen, "b.example") {
		t.Error(got.Seen)
	}
}

func TestInvalidOrderByItsOwnError(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct{ body, says, who string }{
		"CAA at the end": {`{"status":"invalid","error":{"type":"urn:ietf:params:acme:error:caa","detail":"CAA record for a.example prevents issuance"}}`, "prevents issuance", string(fault.DNSOwner)},
		"no reason":      {`{"status":"invalid"}`, "says no more", string(fault.CA)},
		"many":           {`{"status":"invalid","error":{"type":"urn:ietf:params:acme:error:rejectedIdentifier","subproblems":[{"type":"x","detail":"blocked","identifier":{"type":"dns","value":"a.example"}}]}}`, "a.example: “blocked”", string(fault.Admin)},
	} {
		f := newFake(t, func(resource string, _ int, _ string) reply {
			if resource == "order" {
				return reply{status: 200, body: test.body}
			}
			return reply{}
		})
		f.meta = `{"caaIdentities":["ca.example"]}`
		c, _ := f.client(t)
		_, err := c.AwaitIssued(t.Context(), made(t, f), Order{URL: f.URL + "/order/1", Status: "processing"})
		got := wantFault(t, err, fault.CAValidation)
		if !strings.Contains(got.Seen, test.says) || string(got.Who) != test.who {
			t.Errorf("%s: %v", what, got)
		}
		if what == "CAA at the end" && !strings.Contains(got.Do, `CAA 0 issue "ca.example"`) {
			t.Error(got.Do)
		}
	}
}

func TestAwaitValidFollowsEachAuthorization(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	a := made(t, f)
	_, challenges := told(t, f, c, a, "a.example", "b.example")
	f.orders[0].told["a.example"] = true
	f.on = func(resource string, nth int, _ string) reply {
		if resource == "authorization" && nth == 2+4 { // two were read for the challenges
			f.orders[0].told["b.example"] = true
		}
		return reply{}
	}
	if err := c.AwaitValid(t.Context(), a, challenges); err != nil {
		t.Fatal(err)
	}
	if f.sequence() != "authorization authorization authorization authorization" { // a and b, then b alone, twice
		t.Errorf("asked for %s", f.sequence())
	}
	f.on = func(resource string, _ int, _ string) reply {
		if resource == "authorization" {
			return reply{status: 200, body: authz("b.example", "invalid", `{"type":"dns-01","error":{"detail":"wrong"}}`)}
		}
		return reply{}
	}
	wantFault(t, c.AwaitValid(t.Context(), a, challenges[1:]), fault.CAValidation)
	if err := c.AwaitValid(t.Context(), a, nil); err != nil {
		t.Error(err)
	}
}

func TestOddOrdersWhileIssuing(t *testing.T) {
	t.Parallel()
	for what, body := range map[string]string{
		"pending again":         `{"status":"pending"}`,
		"ready for ever":        `{"status":"ready"}`,
		"no certificate":        `{"status":"valid"}`,
		"certificate over http": `{"status":"valid","certificate":"http://ca.example/c"}`,
		"garbage":               `{"status":`,
		"a list":                `[]`,
	} {
		f := newFake(t, func(resource string, _ int, _ string) reply {
			if resource == "order" {
				return reply{status: 200, body: body}
			}
			return reply{}
		})
		c, _ := f.client(t)
		_, err := c.AwaitIssued(t.Context(), made(t, f), Order{URL: f.URL + "/order/1", Status: "processing"})
		if wantFault(t, err, fault.CAFailed); f.counts()["order"] > maxReady+1 {
			t.Errorf("%s: asked for %s", what, f.sequence())
		}
	}
}
