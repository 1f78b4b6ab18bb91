package lab

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mholt/acmez/v3/acme"
)

// set sends a value to the set-txt host, on a connection of its own so that the client repeats nothing.
func set(t *testing.T, l *Lab, value string) (*http.Response, string, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post(l.SetTXT().URL(), "application/json", strings.NewReader(`{"host":"v.pebble.lab","value":"`+value+`"}`))
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestInterventions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		does    Intervention
		handled bool
		status  int // 0: no answer
		body    string
	}{
		{"nothing", Intervention{}, true, 200, ""},
		{"drop", Intervention{Drop: true}, false, 0, ""},
		{"lose", Intervention{Lose: true}, true, 0, ""},
		{"instead", Intervention{Status: 429, Body: "slow down", Header: http.Header{"retry-after": {"7"}}}, false, 429, "slow down"},
		{"commit and instead", Intervention{Status: 500, Commit: true, Body: "<html>"}, true, 500, "<html>"},
		{"commit, and lose the other answer", Intervention{Status: 500, Commit: true, Lose: true}, true, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := startLab(t, Options{})
			var mu sync.Mutex // a request without an answer orders nothing between server and test
			var order []string
			zone := l.Zone("pebble.lab")
			note := func(when string) func() {
				return func() {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, when, strings.Join(zone.Texts("v"), ","))
				}
			}
			test.does.Before, test.does.After = note("before"), note("after")
			l.SetTXT().Intercept(func(r *http.Request) Intervention {
				if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), "value") {
					t.Errorf("the interceptor reads %q, %v", body, err)
				}
				return test.does
			})
			resp, body, err := set(t, l, "x")
			if (err != nil) != (test.status == 0) || err == nil && (resp.StatusCode != test.status || body != test.body) {
				t.Errorf("answer %v %q, %v", resp, body, err)
			}
			if err == nil && test.does.Header != nil && resp.Header.Get("Retry-After") != "7" {
				t.Errorf("header %v", resp.Header)
			}
			if got := len(zone.Texts("v")) == 1; got != test.handled {
				t.Errorf("handled: %v, want %v", got, test.handled)
			}
			value := map[bool]string{true: "x"}[test.handled]
			want := []string{"before", "", "after", value}
			if test.does.Drop {
				want = want[:2]
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(order, want) {
				t.Errorf("order %q, want %q", order, want)
			}
			requests := l.History().Find(func(e Entry) bool { return e.Kind == "http" })
			if len(requests) != 1 || requests[0].Status != test.status || requests[0].Server != "set-txt" || requests[0].What != "POST /set-txt" {
				t.Errorf("history %+v", requests)
			}
			l.SetTXT().Intercept(nil)
			if resp, _, err := set(t, l, "y"); err != nil || resp.StatusCode != 200 || len(order) != len(want) {
				t.Errorf("without interception: %v, %v", resp, err)
			}
		})
	}
}

func TestInterventionAtTheCA(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	c := newCustomer(t, l)
	var seen []string
	l.CA().Intercept(func(r *http.Request) Intervention {
		if r.URL.Path != "/order-plz" {
			return Intervention{}
		}
		seen = append(seen, string(Payload(r)))
		if len(seen) > 1 {
			return Intervention{}
		}
		return Intervention{
			Status: http.StatusTooManyRequests,
			Header: http.Header{"Content-Type": {"application/problem+json"}, "Retry-After": {"60"}},
			Body:   `{"type":"urn:ietf:params:acme:error:rateLimited","detail":"enough"}`,
		}
	})
	order := acme.Order{Identifiers: []acme.Identifier{{Type: "dns", Value: "demohub.martdj.nl"}}}
	_, err := c.NewOrder(t.Context(), c.account, order)
	var problem acme.Problem
	if !errors.As(err, &problem) || problem.Type != "urn:ietf:params:acme:error:rateLimited" {
		t.Fatalf("the first newOrder gives %v", err)
	}
	if _, err := c.NewOrder(t.Context(), c.account, order); err != nil {
		t.Errorf("the second newOrder: %v", err)
	}
	for _, payload := range seen {
		var p struct{ Identifiers []acme.Identifier }
		if err := json.Unmarshal([]byte(payload), &p); err != nil || len(p.Identifiers) != 1 || p.Identifiers[0].Value != "demohub.martdj.nl" {
			t.Errorf("payload %q, %v", payload, err)
		}
	}
	var told []int
	for _, e := range l.History().Find(func(e Entry) bool { return e.Resource == "newOrder" }) {
		told = append(told, e.Status)
	}
	if !slices.Equal(told, []int{429, 201}) {
		t.Errorf("newOrder was answered %v, want 429 and 201", told)
	}
}

func TestBodyTooLong(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	resp, err := http.Post(l.SetTXT().URL(), "application/json", strings.NewReader(strings.Repeat("x", bodyLimit+1)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", resp.StatusCode)
	}
}
