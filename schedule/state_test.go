package schedule

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

func TestState(t *testing.T) {
	t.Parallel()
	host := name.MustParseOwner("a.example")
	cert := func(edit func(*store.Certificate)) store.Certificate {
		c := lasting("a.example", 90*day)
		c.Names = []name.Name{host, name.MustParseOwner("*.a.example")}
		c.Created, c.Chain, c.Key = noon().Add(-day), []byte("chain"), secret.New("key")
		if edit != nil {
			edit(&c)
		}
		return c
	}
	look := func(verdict string, at time.Duration) store.Look {
		return store.Look{Name: host, Verdict: verdict, Since: noon().Add(at), Last: noon().Add(at)}
	}
	failed := func(c *store.Certificate) { c.Failures = 1 }
	other := []store.Look{look(good, 10*day)}
	for _, tt := range []struct {
		name  string
		cert  store.Certificate
		looks []store.Look
		watch bool // other names are looked at
		at    time.Duration
		want  Health
	}{
		{"all well", cert(nil), []store.Look{look(good, 9*day)}, true, 10 * day, Well},
		{"nobody watches", cert(nil), nil, false, 10 * day, Well},
		{"never looked at, though others are", cert(nil), nil, true, 10 * day, Unsure},
		{"made today and not looked at yet", cert(nil), nil, true, 0, Well},
		{"the watch has stopped", cert(nil), []store.Look{look(good, 7*day)}, true, 10 * day, Unsure},
		{"one look could not tell", cert(nil), []store.Look{look(good, 9*day), look(unknown, 10*day)}, true, 10 * day, Well},
		{"three looks could not tell", cert(nil), []store.Look{look(unknown, 10*day), look(unknown, 10*day), look(unknown, 10*day)}, true, 10 * day, Unsure},
		{"broken", cert(nil), []store.Look{look(good, 9*day), look(broken, 10*day)}, true, 10 * day, Broken},
		{"due and not late", cert(nil), []store.Look{look(good, 61*day)}, true, 61 * day, Well},
		{"due for three days and not tried", cert(nil), []store.Look{look(good, 63*day)}, true, 63 * day, Failing},
		{"broken, and then two looks could not tell", cert(nil), []store.Look{look(broken, 9*day), look(unknown, 10*day), look(unknown, 10*day)}, true, 10 * day, Broken},
		{"broken, and then three looks could not tell", cert(nil), []store.Look{look(broken, 9*day), look(unknown, 10*day), look(unknown, 10*day), look(unknown, 10*day)}, true, 10 * day, Unsure},
		{"mended, and then one look could not tell", cert(nil), []store.Look{look(broken, 8*day), look(good, 9*day), look(unknown, 10*day)}, true, 10 * day, Well},
		{"failed with time left", cert(failed), []store.Look{look(good, 10*day)}, true, 10 * day, Well},
		{"failed with a third left", cert(failed), []store.Look{look(good, 60*day)}, true, 60 * day, Well},
		{"failed with less than a third left", cert(failed), []store.Look{look(good, 61*day)}, true, 61 * day, Failing},
		{"failed since it is broken", cert(failed), []store.Look{look(broken, 61*day)}, true, 61 * day, Broken},
		{"failed, and can't be told", cert(failed), []store.Look{look(unknown, 61*day), look(unknown, 61*day), look(unknown, 61*day)}, true, 61 * day, Failing},
		{"expired and broken", cert(failed), []store.Look{look(broken, 90*day)}, true, 90 * day, Failing},
		{"never issued, and failed", cert(func(c *store.Certificate) { c.Version, c.Failures = 0, 1 }), []store.Look{look(good, 10*day)}, true, 10 * day, Failing},
		{"expired", cert(nil), []store.Look{look(good, 90*day)}, true, 90 * day, Failing},
		{"not issued yet", cert(func(c *store.Certificate) { c.Version = 0 }), []store.Look{look(good, 10*day)}, true, 10 * day, Well},
	} {
		r := Rows{Certificates: []store.Certificate{tt.cert}, Looks: map[name.Name][]store.Look{}}
		if tt.looks != nil {
			r.Looks[host] = tt.looks
		}
		if tt.watch {
			r.Looks[name.MustParseOwner("other.example")] = other
		}
		s := r.State(noon().Add(tt.at))
		if s.Health != tt.want || s.Certificates[0].Health != tt.want {
			t.Errorf("%s: %d, want %d: %+v", tt.name, s.Health, tt.want, s.Certificates[0])
		}
		if c := s.Certificates[0]; len(c.Names) != 1 || c.Names[0].Looked != (tt.looks != nil) || c.Certificate.Chain != nil || !c.Certificate.Key.IsZero() {
			t.Errorf("%s: %+v", tt.name, c)
		}
		if tt.name == "broken" && !s.Certificates[0].Names[0].LastGood.Equal(noon().Add(9*day)) {
			t.Errorf("%s: last good at %s", tt.name, s.Certificates[0].Names[0].LastGood)
		}
	}
}

// On a real store: two watches at once, a change that is told once, the state, and a name that is forgotten.
func TestWatchOnStore(t *testing.T) {
	t.Parallel()
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	host := name.MustParseOwner("a.example")
	c := store.Certificate{
		Name: "a.example", Names: []name.Name{host}, KeyType: "ec256", Account: "default",
		Version: 1, Deployed: true, Chain: []byte("chain"), Key: secret.New("key"), Serial: "1",
		NotBefore: time.Now(), NotAfter: time.Now().Add(90 * day),
	}
	if err := rows.Do(t.Context(), func(t *store.Tx) error { return t.PutCertificate(c) }); err != nil {
		t.Fatal(err)
	}
	state := chained(good, "", "a → b")
	looks := 0
	w := &Watch{Store: rows, Look: func(context.Context, name.Name) (store.Look, error) { looks++; return state, nil },
		Tell: func(ctx context.Context, e store.Event) {
			if _, err := rows.Record(ctx, e); err != nil {
				t.Error(err)
			}
		}}
	run := func(all bool, looked int) {
		t.Helper()
		w.All = all
		if r, err := w.Run(t.Context()); err != nil || r.Looked != looked {
			t.Errorf("%+v, %v; want %d looks", r, err, looked)
		}
	}
	run(false, 1)
	run(false, 0) // not due
	state = chained(broken, "no-delegation", "")
	run(true, 1)
	run(true, 1)
	s, err := ReadState(t.Context(), rows)
	if err != nil || s.Health != Broken || s.Certificates[0].Names[0].LastGood.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
	claim, err := rows.Take(t.Context(), "look/a.example")
	if err != nil {
		t.Fatal(err)
	}
	other := &Watch{Store: rows, Look: w.Look}
	err = rows.Do(t.Context(), func(t *store.Tx) error {
		last, err := t.LastLook(host)
		last.Next = last.Last // due now
		if err == nil {
			_, err = t.PutLook(last)
		}
		return err
	})
	if r, e := other.Run(t.Context()); err != nil || e != nil || r.Left != 1 || r.Looked != 0 {
		t.Errorf("while another watch looks: %+v, %v, %v", r, e, err)
	}
	if err := claim.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = rows.Do(t.Context(), func(tx *store.Tx) error {
		events, err := tx.Events("a.example", 0)
		if err == nil && (len(events) != 1 || events[0].Kind != DelegationBroken || !strings.Contains(events[0].Text, "it was well at ")) {
			t.Errorf("events: %+v", events)
		}
		if err != nil {
			return err
		}
		return tx.ForgetCertificate("a.example")
	})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := w.Run(t.Context()); err != nil || r.Forgot != 1 || looks != 3 {
		t.Errorf("%+v, %v, %d looks", r, err, looks)
	}
	if s, err := ReadState(t.Context(), rows); err != nil || s.Health != Well || len(s.Certificates) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// Of two certificates, one broken and one in danger, the broken one counts; an expired one counts before it.
func TestStateOfSeveral(t *testing.T) {
	t.Parallel()
	host := name.MustParseOwner("a.example")
	cert := func(life time.Duration, failures int, names ...name.Name) store.Certificate {
		c := lasting("c", life)
		c.Names, c.Failures = names, failures
		return c
	}
	rows := Rows{Looks: map[name.Name][]store.Look{host: {{Name: host, Verdict: broken, Last: noon().Add(50 * day)}}}}
	for _, tt := range []struct {
		certs []store.Certificate
		want  Health
	}{
		{[]store.Certificate{cert(60*day, 1), cert(90*day, 0, host)}, Broken},
		{[]store.Certificate{cert(90*day, 0, host), cert(60*day, 1)}, Broken},
		{[]store.Certificate{cert(90*day, 0, host), cert(40*day, 0)}, Failing},
		{[]store.Certificate{cert(60*day, 1), cert(90*day, 0)}, Failing},
	} {
		rows.Certificates = tt.certs
		if got := rows.State(noon().Add(50 * day)).Health; got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.certs, got, tt.want)
		}
	}
}
