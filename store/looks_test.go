package store

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"deputy/name"
)

// A name's delegation is one row for each state; what is seen again moves the newest row's times; fifty are kept.
func TestLooks(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{Dir: t.TempDir()})
	host, other := name.MustParseOwner("demohub.martdj.nl"), name.MustParseOwner("www.example.nl")
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	err := s.Do(t.Context(), func(tx *Tx) error {
		if _, err := tx.LastLook(host); !errors.Is(err, ErrNotFound) {
			t.Errorf("before the first look: %v", err)
		}
		if _, err := tx.PutLook(Look{Name: host}); err == nil {
			t.Error("a look without verdict and times was kept")
		}
		if _, err := tx.PutLook(Look{Name: other, Last: at, Next: at, Verdict: "ok"}); err != nil {
			return err
		}
		for n := range 60 {
			look := Look{Name: host, Last: at.Add(time.Duration(n) * time.Hour), Next: at, Verdict: "fault", Code: "loop", Seen: strconv.Itoa(n), Do: "do", Who: "you", Chain: "a\nb"}
			if _, err := tx.PutLook(look); err != nil {
				return err
			}
		}
		last, err := tx.LastLook(host)
		if err != nil || last.Seen != "59" || last.Since != last.Last || last.Do != "do" || last.Who != "you" || last.Chain != "a\nb" {
			t.Errorf("last: %+v, %v", last, err)
		}
		last.Last, last.Next, last.Do = at.Add(100*time.Hour), at.Add(124*time.Hour), "do it otherwise"
		if _, err := tx.PutLook(last); err != nil {
			return err
		}
		all, err := tx.Looks(host)
		if err != nil || len(all) != 50 || all[49] != last || all[0].Seen != "10" {
			t.Errorf("%d looks, the last %+v, %v", len(all), all[len(all)-1], err)
		}
		newest, err := tx.LastLooks()
		if err != nil || len(newest) != 2 || newest[0] != last || newest[1].Name != other {
			t.Errorf("newest of each: %+v, %v", newest, err)
		}
		if err := tx.ForgetLooks(host); err != nil {
			return err
		}
		_, err = tx.LastLook(host)
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("after it was forgotten: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
