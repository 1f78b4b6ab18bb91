package provider

import (
	"testing"
	"time"

	"deputy/store"
)

// The administrator's word counts most, then what a test showed, then the document.
func TestTraitsOfNativeDocuments(t *testing.T) {
	t.Parallel()
	free := store.Traits{Removable: true, TurnWait: -1}
	one := store.Traits{Capacity: 1, Replacing: true, Removable: true, TurnWait: -1}
	with := func(base store.Traits, f func(*store.Traits)) store.Traits { f(&base); return base }
	for _, c := range []struct {
		what, limits, tested, tail string
		want                       store.Traits
	}{
		{"nothing said", "", "", "", free},
		{"two values", "limits: {values: 2}\n", "", "", with(free, func(tr *store.Traits) { tr.Capacity = 2 })},
		{"one value", "limits: {values: 1}\n", "", "", one},
		{"one value, and a test that saw two", "limits: {values: 1}\n", "additive", "", free},
		{"a test that saw one", "", "replacing", "", one},
		{"a test that saw one, and an administrator who knows better", "", "replacing", "values: additive\n", free},
		{"a test that saw two, and an administrator who knows better", "", "additive", "values: replacing\n", one},
		{"it takes a quarter", "limits: {publication: 15m}\n", "", "wait: {floor: 3s, turn: 4s}\n", store.Traits{Removable: true, Floor: 3 * time.Second, TurnWait: 4 * time.Second, Publication: 15 * time.Minute}},
	} {
		s, i := newScript(t), newInstallation(t)
		document := nativeHead(c.limits + setDocument)
		i.script(t, s, document, c.tail)
		if _, err := i.Traits(scripted("a")); err != nil {
			t.Fatal(err)
		}
		if c.tested != "" { // after the account was opened: a verdict counts at once
			err := i.Store.Do(t.Context(), func(tx *store.Tx) error {
				return tx.PutVerdict(store.Verdict{Digest: store.Digest([]byte(document)), Verdict: c.tested, Provider: "host"})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := i.Traits(scripted("a"))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.what, got, err, c.want)
		}
		s.want(t)
	}
}
