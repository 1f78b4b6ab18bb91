package main

import (
	"context"
	"crypto/x509"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deputy/internal/lab"
	"deputy/issuance"
	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

// issueInside issues for demohub.martdj.nl through i; watch sees what the keeper tells.
func (i *installation) issueInside(watch store.Sink) error {
	tell := i.keeper.Tell
	i.keeper.Tell = func(ctx context.Context, e store.Event) {
		tell(ctx, e)
		watch(ctx, e)
	}
	host, err := name.Parse("demohub.martdj.nl")
	if err != nil {
		return err
	}
	want := store.Certificate{Name: host.FileName(), Names: []name.Name{host}, KeyType: "ec256", Account: "default"}
	_, err = i.issuer.Issue(context.Background(), issuance.Request{Certificate: want})
	return err
}

// toldAfterShown fails unless the CA was told once, and after the server was seen to show the value that was written.
func (w *world) toldAfterShown(server string) {
	w.t.Helper()
	told, written := w.acme(0, "challenge"), w.writes(0)
	if len(told) != 1 || len(written) == 0 {
		w.t.Fatalf("the CA was told %d times, after %d writes", len(told), len(written))
	}
	_, value, _ := strings.Cut(written[0].Body, `\"`)
	value, _, _ = strings.Cut(value, `\"`)
	shown := w.lab.History().Find(func(e lab.Entry) bool {
		return e.Kind == "dns" && e.Server == server && strings.HasPrefix(e.What, "TXT validation.") && strings.Contains(e.Answer, value)
	})
	if value == "" || len(shown) == 0 || shown[0].Seq > told[0].Seq {
		w.t.Errorf("the CA was told at %d, before %s was seen to show %q", told[0].Seq, server, value)
	}
}

// TestAuthorityNotFound: the address of a secondary can't be looked up for a while; the CA is told only when it was
// found, asked, and shows the value.
func TestAuthorityNotFound(t *testing.T) {
	t.Parallel()
	const late = "ns2.desec.lab"
	w := newWorld(t, lab.Options{SecondaryLag: 4 * time.Second, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	lookUps := func(how string) {
		for _, host := range []string{"ns1.desec.lab", late} {
			w.lab.DNS(host).BehaveAt(late, how)
		}
	}
	lookUps("servfail")
	var missed atomic.Bool
	r := w.watched(func(_ context.Context, e store.Event) {
		if strings.Contains(e.Text, "not yet: "+late+" (its IPv4 address can't be looked up") {
			missed.Store(true)
			lookUps("")
		}
	}, "issue", "demohub.martdj.nl")
	if r.code != exitDone || !missed.Load() {
		t.Fatalf("exit %d, missed: %v\n%s%s", r.code, missed.Load(), r.stdout, r.stderr)
	}
	w.toldAfterShown(late)
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	w.nothingLeft("martdj.dedyn.io", "validation")
}

// TestAuthorityBack: a late secondary is silent until it was left out, and then answers. The last look asks it, so the
// CA is told only when it shows the value.
func TestAuthorityBack(t *testing.T) {
	t.Parallel()
	const late = "ns2.desec.lab"
	w := newWorld(t, lab.Options{SecondaryLag: 12 * time.Second, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.lab.DNS(late).Behave("silent")
	w.inside(func(i *installation) {
		i.keeper.Grace = time.Second
		left := false
		must(t, i.issueInside(func(_ context.Context, e store.Event) {
			left = left || e.Kind == "publish.silent" && strings.HasPrefix(e.Text, "left out: "+late) && strings.HasSuffix(e.Text, "left out as a whole")
			if e.Kind == "publish.seen" {
				w.lab.DNS(late).Behave("")
			}
		}))
		if !left {
			t.Errorf("%s was not named as left out", late)
		}
	})
	w.toldAfterShown(late)
	w.nothingLeft("martdj.dedyn.io", "validation")
}

// TestAuthoritiesBlocked: where port 53 is blocked the zone's servers are found through a resolver and can't be asked;
// two public resolvers show the value before the CA is told, and the output says that this is weaker.
func TestAuthoritiesBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: 2 * time.Second, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	root, err := os.ReadFile(w.lab.CAFile())
	must(t, err)
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(root)
	nothingListens := netip.AddrPortFrom(netip.MustParseAddrPort(w.lab.Root()).Addr(), 1)
	w.inside(func(i *installation) {
		dns, err := resolver.New(resolver.Config{
			Recursive: w.lab.Resolver(), Root: []netip.AddrPort{nothingListens}, Public: w.lab.DoH(), Roots: trust})
		must(t, err)
		i.keeper.DNS, i.keeper.Grace, i.issuer.Resolver = dns, time.Second, dns
		var kinds []string
		must(t, i.issueInside(func(_ context.Context, e store.Event) { kinds = append(kinds, e.Kind) }))
		if said := strings.Join(kinds, " "); !strings.Contains(said, "publish.silent publish.weaker") {
			t.Errorf("events %s: want that servers are left out, and that this is weaker", said)
		}
	})
	told := w.acme(0, "challenge")
	if len(told) != 1 {
		t.Fatalf("the CA was told %d times", len(told))
	}
	for _, host := range []string{"resolver", "resolver-2"} {
		shown := w.lab.History().Find(func(e lab.Entry) bool {
			return e.Server == host && e.Network == "https" && strings.HasPrefix(e.What, "TXT validation.") && strings.Contains(e.Answer, "TXT\t")
		})
		if len(shown) == 0 || shown[0].Seq > told[0].Seq {
			t.Errorf("the CA was told before the public resolver %s was asked, or without", host)
		}
	}
	w.nothingLeft("martdj.dedyn.io", "validation")
}
