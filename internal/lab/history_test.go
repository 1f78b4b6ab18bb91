package lab

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func TestHistoryKeepsOrder(t *testing.T) {
	t.Parallel()
	h := newHistory()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				seq := h.add(Entry{Kind: "http"})
				h.answered(seq, 200, "done")
			}
		})
	}
	all.Wait()
	entries := h.All()
	if len(entries) != 400 || h.Mark() != 400 {
		t.Fatalf("%d entries, mark %d, want 400", len(entries), h.Mark())
	}
	for i, e := range entries {
		if e.Seq != i+1 || e.Status != 200 || e.Answer != "done" || i > 0 && e.Time.Before(entries[i-1].Time) {
			t.Fatalf("entry %d is %+v", i, e)
		}
	}
	if since := h.Since(398); len(since) != 2 || since[0].Seq != 399 {
		t.Errorf("since 398: %+v", since)
	}
}

func TestHistoryGivesCopies(t *testing.T) {
	t.Parallel()
	h := newHistory()
	seq := h.add(Entry{Kind: "acme", What: "POST /x"})
	before := h.All()
	h.answered(seq, 201, strings.Repeat("x", answerLimit+1))
	if before[0].Status != 0 {
		t.Error("an entry once given changed")
	}
	if got := h.All()[0]; len(got.Answer) != answerLimit || got.Status != 201 {
		t.Errorf("status %d, answer of %d octets", got.Status, len(got.Answer))
	}
}

func TestHistoryAwait(t *testing.T) {
	t.Parallel()
	h := newHistory()
	h.add(Entry{What: "wanted"})
	mark := h.Mark()
	found := make(chan Entry, 1)
	go func() {
		e, err := h.Await(t.Context(), mark, func(e Entry) bool { return e.What == "wanted" && e.Status == 200 })
		if err == nil {
			found <- e
		}
		close(found)
	}()
	h.add(Entry{What: "other", Status: 200})
	seq := h.add(Entry{What: "wanted"})
	h.answered(seq, 200, "")
	if e, ok := <-found; !ok || e.Seq != seq {
		t.Errorf("got %+v, want entry %d", e, seq)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Await(ctx, 0, func(Entry) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait in vain ends with %v", err)
	}
	if _, err := h.Await(ctx, 1000, func(Entry) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("a mark in the future gives %v", err)
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	jws := func(p string) string {
		return `{"protected":"e30","payload":"` + base64.RawURLEncoding.EncodeToString([]byte(p)) + `","signature":"x"}`
	}
	for _, test := range []struct{ body, want string }{
		{jws(`{"csr":"?>"}`), `{"csr":"?>"}`},
		{jws(""), ""},
		{`{"payload":"not base64!"}`, ""},
		{`{"payload":7}`, ""},
		{"not JSON", ""},
		{"", ""},
	} {
		r := httptest.NewRequest("POST", "/order-plz", strings.NewReader(test.body))
		if got := string(Payload(r)); got != test.want {
			t.Errorf("payload of %s: %q, want %q", test.body, got, test.want)
		}
		if again, err := io.ReadAll(r.Body); err != nil || string(again) != test.body {
			t.Errorf("the body is %q afterwards, %v", again, err)
		}
	}
}

// FuzzPayload: a payload comes out as it went in; anything else gives nothing and never panics.
func FuzzPayload(f *testing.F) {
	f.Add([]byte(`{"a":1}`), []byte(`{"payload":"e30"}`))
	f.Add([]byte{}, []byte("{"))
	f.Fuzz(func(t *testing.T, value, body []byte) {
		jws, err := json.Marshal(map[string]string{"payload": base64.RawURLEncoding.EncodeToString(value)})
		if err != nil {
			t.Fatal(err)
		}
		if got := payload(jws); string(got) != string(value) {
			t.Errorf("%q comes out as %q", value, got)
		}
		if !json.Valid(body) && payload(body) != nil {
			t.Errorf("%q gives a payload", body)
		}
	})
}
