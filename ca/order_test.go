package ca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"deputy/fault"
)

func TestOrderWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for what, r := range map[string]reply{
		"broken off":         {lose: true},
		"500, and committed": {status: 500, commit: true, body: "oops"},
		"502 from a proxy":   {status: 502, commit: true, body: "<html>bad gateway</html>"},
		"503 without a time": {status: 503, commit: true},
		"cut short":          {status: 201, commit: true, header: map[string]string{"Content-Length": "5000"}, body: `{"status"`},
		"garbage":            {status: 201, commit: true, body: "]["},
		"without a Location": {status: 201, commit: true, header: map[string]string{"Location": ""}, body: `{"status":"pending","identifiers":[{"type":"dns","value":"a.example"}]}`},
		"huge":               {status: 201, commit: true, body: `{"x":"` + strings.Repeat("x", maxAnswer) + `"}`},
	} {
		f := newFake(t, first("newOrder", r))
		c, _ := f.client(t)
		a, w := made(t, f), Wanted{Names: names(t, "a.example", "*.a.example")}
		_, err := c.NewOrder(t.Context(), a, w)
		var lost *Lost
		if !errors.As(err, &lost) || lost.What != "newOrder" {
			t.Errorf("%s: %v, want a *Lost", what, err)
			continue
		}
		wantFault(t, err, fault.CAFailed)
		if f.sequence() != "newOrder" {
			t.Errorf("%s: asked for %s", what, f.sequence())
		}
		o, ok, err := c.FindOrder(t.Context(), a, w)
		if err != nil || !ok || o.URL != f.URL+"/order/1" || len(o.Authorizations) != 2 || o.Status != "pending" {
			t.Errorf("%s: %+v, %v, %v", what, o, ok, err)
		}
		if f.sequence() != "newOrder account orders order" || len(f.orders) != 1 {
			t.Errorf("%s: %s; %d orders", what, f.sequence(), len(f.orders))
		}
	}
}

func TestOrderThatWasNotTakenIsAskedForAgain(t *testing.T) {
	t.Parallel()
	past := "Tue, 24 Nov 2026 10:00:00 GMT"
	for what, test := range map[string]struct {
		resource string
		reply    reply
		wait     time.Duration
	}{
		"no nonce":               {"newNonce", reply{status: 500}, time.Second},
		"nonce broken off":       {"newNonce", reply{status: 503, header: map[string]string{"Retry-After": "3"}}, 3 * time.Second},
		"busy, in seconds":       {"newOrder", reply{status: 503, header: map[string]string{"Retry-After": "9"}}, 9 * time.Second},
		"busy, as a date":        {"newOrder", reply{status: 503, header: map[string]string{"Date": past, "Retry-After": "Tue, 24 Nov 2026 10:00:42 GMT"}}, 42 * time.Second},
		"busy until the past":    {"newOrder", reply{status: 503, header: map[string]string{"Date": past, "Retry-After": "Mon, 23 Nov 2026 10:00:00 GMT"}}, 0},
		"too many, for a moment": {"newOrder", reply{status: 429, header: map[string]string{"Retry-After": "5"}, body: problem("rateLimited", "slow down")}, 5 * time.Second},
	} {
		f := newFake(t, first(test.resource, test.reply))
		c, w := f.client(t)
		o, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example")})
		if err != nil || len(f.orders) != 1 || o.URL == "" {
			t.Errorf("%s: %v; %d orders", what, err, len(f.orders))
		}
		if len(w.all) != 1 || w.all[0] != test.wait {
			t.Errorf("%s: waited %v, want %v", what, w.all, test.wait)
		}
	}
}

func TestLimitsSayUntilWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for what, test := range map[string]struct {
		status int
		header map[string]string
		until  time.Time
	}{
		"seconds":      {429, map[string]string{"Retry-After": "7200"}, now.Add(2 * time.Hour)},
		"a date":       {429, map[string]string{"Date": now.Format(http.TimeFormat), "Retry-After": now.Add(34 * time.Hour).Format(http.TimeFormat)}, now.Add(34 * time.Hour)},
		"busy":         {503, map[string]string{"Retry-After": "7200"}, now.Add(2 * time.Hour)},
		"nothing":      {429, nil, time.Time{}},
		"nonsense":     {429, map[string]string{"Retry-After": "soon"}, time.Time{}},
		"less than no": {429, map[string]string{"Retry-After": "-5"}, time.Time{}},
	} {
		f := newFake(t, first("newOrder", reply{status: test.status, header: test.header, body: problem("rateLimited", "too many certificates (5) already issued")}))
		c, w := f.client(t)
		c.now = func() time.Time { return now }
		_, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example")})
		got := wantFault(t, err, fault.CALimited)
		var limited *Limited
		if errors.As(err, &limited) != !test.until.IsZero() || limited != nil && !limited.Until.Equal(test.until) {
			t.Errorf("%s: %v, want %v", what, limited, test.until)
		}
		if limited != nil && !strings.Contains(got.Do, test.until.Format(time.RFC3339)) {
			t.Errorf("%s: %s", what, got.Do)
		}
		if !strings.Contains(got.Seen, "too many certificates (5)") || len(w.all) != 0 || f.counts()["newOrder"] != 1 {
			t.Errorf("%s: %s; waited %v; %s", what, got.Seen, w.all, f.sequence())
		}
	}
}

func TestBadNonces(t *testing.T) {
	t.Parallel()
	const bad = 11 // one more than the library tries
	f := newFake(t, func(resource string, nth int, _ string) reply {
		if resource == "newOrder" && nth <= bad {
			return reply{status: 400, body: problem("badNonce", "no")}
		}
		return reply{}
	})
	c, _ := f.client(t)
	if _, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example")}); err != nil {
		t.Fatal(err)
	}
	if f.counts()["newOrder"] != bad+1 || len(f.orders) != 1 {
		t.Errorf("%s; %d orders", f.sequence(), len(f.orders))
	}
}

func TestFindOrder(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	a := made(t, f)
	for _, order := range [][]string{{"a.example"}, {"a.example", "b.example"}, {"b.example", "a.example"}, {"c.example"}} {
		if _, err := c.NewOrder(t.Context(), a, Wanted{Names: names(t, order...)}); err != nil {
			t.Fatal(err)
		}
	}
	f.orders[0].finalized, f.orders[0].polled = true, true // valid, so not open
	for _, test := range []struct {
		names []string
		url   string
	}{
		{[]string{"a.example", "b.example"}, "/order/3"}, // the last of those that fit, in any order of names
		{[]string{"c.example"}, "/order/4"},
		{[]string{"a.example"}, ""},
		{[]string{"a.example", "c.example"}, ""},
		{[]string{"*.c.example"}, ""},
	} {
		o, ok, err := c.FindOrder(t.Context(), a, Wanted{Names: names(t, test.names...)})
		if err != nil || ok != (test.url != "") || ok && o.URL != f.URL+test.url {
			t.Errorf("%v: %s, %v, %v", test.names, o.URL, ok, err)
		}
	}
	f.list = false
	if _, ok, err := c.FindOrder(t.Context(), a, Wanted{Names: names(t, "c.example")}); ok || err != nil {
		t.Errorf("a CA without a list: %v, %v", ok, err)
	}
	f.list = true
	f.on = func(resource string, _ int, _ string) reply {
		if resource == "orders" {
			return reply{status: 404}
		}
		return reply{}
	}
	if _, ok, err := c.FindOrder(t.Context(), a, Wanted{Names: names(t, "c.example")}); ok || err != nil {
		t.Errorf("a list that is not there: %v, %v", ok, err)
	}
	f.on = func(resource string, _ int, _ string) reply { return reply{drop: resource == "orders"} }
	if _, ok, err := c.FindOrder(t.Context(), a, Wanted{Names: names(t, "c.example")}); ok || err == nil {
		t.Errorf("a list that could not be read is not an empty one: %v, %v", ok, err)
	}
}

func TestFindOrderGoesThroughPagesWithinBounds(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	f.on = func(resource string, nth int, _ string) reply {
		if resource != "orders" {
			return reply{}
		}
		var urls []string
		for n := range 20 {
			urls = append(urls, fmt.Sprintf("%s/order/%d", f.URL, 1000*nth+n))
		}
		body, _ := json.Marshal(map[string]any{"orders": urls})
		return reply{status: 200, header: map[string]string{"Link": fmt.Sprintf(`<%s/orders/%d>;rel="next"`, f.URL, nth+1)}, body: string(body)}
	}
	f.orders = nil
	gone := f.on
	f.on = func(resource string, nth int, payload string) reply {
		if resource == "order" {
			return reply{status: 404}
		}
		return gone(resource, nth, payload)
	}
	c, _ := f.client(t)
	_, ok, err := c.FindOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example")})
	if ok || err != nil || f.counts()["orders"] != maxPages || f.counts()["order"] != maxListed {
		t.Errorf("%v, %v, %v", ok, err, f.counts())
	}
}

func TestReplaces(t *testing.T) {
	t.Parallel()
	for kind, times := range map[string]int{"alreadyReplaced": 2, "malformed": 2, "unauthorized": 2, "rejectedIdentifier": 1, "rateLimited": 1} {
		f := newFake(t, first("newOrder", reply{status: 409, body: problem(kind, "no")}))
		f.ari = true
		c, _ := f.client(t)
		_, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example"), Replaces: "aki.serial"})
		if (err == nil) != (times == 2) || f.counts()["newOrder"] != times {
			t.Errorf("%s: %v after %s", kind, err, f.sequence())
		}
		for n, payload := range f.payloads["newOrder"] {
			if strings.Contains(payload, "aki.serial") != (n == 0) {
				t.Errorf("%s: request %d says %s", kind, n+1, payload)
			}
		}
	}
	f := newFake(t, nil) // without renewalInfo in its directory
	c, _ := f.client(t)
	if _, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example"), Replaces: "aki.serial"}); err != nil || strings.Contains(f.payloads["newOrder"][0], "replaces") {
		t.Errorf("%v, %s", err, f.payloads["newOrder"])
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	f.meta = `{"profiles":{"classic":"","shortlived":""}}`
	c, _ := f.client(t)
	_, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example"), Profile: "forever"})
	if got := wantFault(t, err, fault.CARefused); !strings.Contains(got.Do, "classic, shortlived") || f.sequence() != "" {
		t.Errorf("%v after %s", got, f.sequence())
	}
	if _, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example"), Profile: "shortlived"}); err != nil || !strings.Contains(f.payloads["newOrder"][0], `"profile":"shortlived"`) {
		t.Errorf("%v, %s", err, f.payloads["newOrder"])
	}
}

func TestOrdersThatAreNotWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	order := func(status, identifiers string) string {
		return `{"status":"` + status + `","identifiers":[` + identifiers + `],"authorizations":[],"finalize":"https://ca.example/f"}`
	}
	dns := func(value string) string { return `{"type":"dns","value":"` + value + `"}` }
	for what, body := range map[string]string{
		"another name":   order("pending", dns("b.example")),
		"one more":       order("pending", dns("a.example")+","+dns("b.example")),
		"none":           order("pending", ""),
		"an address":     order("pending", `{"type":"ip","value":"192.0.2.1"}`),
		"no name":        order("pending", dns("../../etc")),
		"unknown status": order("asleep", dns("a.example")),
	} {
		f := newFake(t, nil)
		f.on = first("newOrder", reply{status: 201, header: map[string]string{"Location": f.URL + "/order/1"}, body: body})
		c, _ := f.client(t)
		_, err := c.NewOrder(t.Context(), made(t, f), Wanted{Names: names(t, "a.example")})
		if _, ok := fault.From(err); !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOrderThatIsGone(t *testing.T) {
	t.Parallel()
	for status, gone := range map[int]bool{404: true, 410: true, 401: false, 403: false, 500: false} {
		f := newFake(t, func(resource string, _ int, _ string) reply {
			if resource == "order" {
				return reply{status: status, body: problem("malformed", "no such order")}
			}
			return reply{}
		})
		c, _ := f.client(t)
		_, err := c.Order(t.Context(), made(t, f), f.URL+"/order/1")
		if errors.Is(err, ErrGone) != gone {
			t.Errorf("%d: %v", status, err)
		}
		if _, ok := fault.From(err); !ok {
			t.Errorf("%d: %v is no fault", status, err)
		}
	}
}

func TestNothingIsSentOverHTTP(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	_, err := c.Order(t.Context(), made(t, f), strings.Replace(f.URL, "https://", "http://", 1)+"/order/1")
	if err == nil || f.counts()["order"] != 0 {
		t.Errorf("%v after %s", err, f.sequence())
	}
	if _, ok := fault.From(err); !ok {
		t.Errorf("%v is no fault", err)
	}
}

func TestCancelledOrder(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := newFake(t, func(resource string, _ int, _ string) reply {
		if resource == "newOrder" {
			cancel() // while the request is with the CA
		}
		return reply{}
	})
	c, _ := f.client(t)
	_, err := c.NewOrder(ctx, made(t, f), Wanted{Names: names(t, "a.example")})
	if err != nil && (!errors.Is(err, context.Canceled) || !errors.As(err, new(*Lost))) {
		t.Errorf("%v: the order may be there, and nobody's fault is it", err)
	}
	if f.counts()["newOrder"] != 1 {
		t.Errorf("asked for %s", f.sequence())
	}
}
