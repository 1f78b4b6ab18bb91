package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"deputy/internal/lab"
	"deputy/issuance"
	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

// TestRequests counts what a certificate of n names costs at the CA, its account being there and pebble's nonce
// rejection and authorization reuse off: n authorizations, n challenges, newOrder, finalize, certificate, and the
// order's polls: 2n+5 where two polls suffice. The directory and the first nonce are asked for without an account.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
			w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
			args := []string{"issue"}
			for k := range n {
				host := fmt.Sprintf("host%d", k)
				w.delegate(host, host+".martdj.dedyn.io")
				args = append(args, host+".martdj.nl")
			}
			mark := w.lab.History().Mark()
			w.ok(args...)
			count := map[string]int{}
			total := 0
			for _, e := range w.lab.History().Find(func(e lab.Entry) bool { return e.Seq > mark && e.Kind == "acme" }) {
				count[e.Resource]++
				if strings.HasPrefix(e.What, "POST ") {
					total++
				}
			}
			polls := count["order"]
			t.Logf("n=%d: %d requests, %d of them polls: %v", n, total, polls, count)
			if polls < 2 || total != 2*n+3+polls {
				t.Errorf("%d requests with %d polls, want 2n+3+polls = %d: %v", total, polls, 2*n+3+polls, count)
			}
			if count["authorization"] != n || count["challenge"] != n || count["newOrder"] != 1 || count["finalize"] != 1 || count["certificate"] != 1 {
				t.Errorf("counts: %v", count)
			}
		})
	}
}

// shownAtOnce says that every server shows whatever is asked for: the await, forced off.
type shownAtOnce struct {
	*resolver.Client
	keeper *store.Store
}

func (s shownAtOnce) QueryAt(ctx context.Context, at resolver.Server, n name.Name, t resolver.Type) (resolver.Answer, error) {
	answer := resolver.Answer{Question: n, Type: t, Exists: true, Server: at}
	err := s.keeper.View(ctx, func(tx *store.Tx) error {
		published, err := tx.PublicationsAt(n)
		for _, p := range published {
			answer.Records = append(answer.Records, resolver.Record{Owner: n, Type: t, Text: p.Value})
		}
		return err
	})
	return answer, err
}

// TestWaitMatters: with the await forced off, pebble looks where the late secondary answers, and refuses.
func TestWaitMatters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: 90e9})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.lab.DNS("ns1.desec.lab").BehaveAt("validation.martdj.dedyn.io.", "silent") // the CA's resolver is left with the late one
	w.inside(func(i *installation) {
		i.keeper.DNS = shownAtOnce{i.resolver, i.store}
		ctx := context.Background()
		host, err := name.Parse("demohub.martdj.nl")
		must(t, err)
		want := store.Certificate{Name: host.FileName(), Names: []name.Name{host}, KeyType: "ec256", Account: "default"}
		_, err = i.issuer.Issue(ctx, issuance.Request{Certificate: want})
		if err == nil || len(w.acme(0, "challenge")) == 0 {
			t.Errorf("the CA was told %d times, and the end was %v; want its refusal", len(w.acme(0, "challenge")), err)
		}
	})
}
