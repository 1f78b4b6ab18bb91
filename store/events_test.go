package store

import (
	"fmt"
	"testing"
	"time"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	s := openTest(t, Options{Clock: func() time.Time { return now }})
	var all []Event
	for i := range 6 {
		e := Event{Kind: "order.opened", Certificate: fmt.Sprint("c", i%2), Name: "n", Text: fmt.Sprint("event ", i), Data: map[string]string{"i": fmt.Sprint(i)}}
		got, err := s.Record(t.Context(), e)
		e.ID, e.Time = int64(i+1), now
		same(t, "recorded", got, err, e)
		all = append(all, e)
	}
	view(t, s, func(tx *Tx) error {
		got, err := tx.Events("", 0)
		same(t, "all", got, err, all)
		got, err = tx.Events("", 2)
		same(t, "newest two", got, err, all[4:])
		got, err = tx.Events("c1", 2)
		same(t, "newest two of c1", got, err, []Event{all[3], all[5]})
		return nil
	})
}

func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, func(tx *Tx) error {
		for range keptEvents + 2*sweepEvents - 1 {
			if _, err := tx.Record(Event{Kind: "k"}); err != nil {
				return err
			}
		}
		all, err := tx.Events("", 0)
		same(t, "kept", []int64{int64(len(all)), all[0].ID}, err, []int64{keptEvents + sweepEvents - 1, sweepEvents + 1})
		return nil
	})
}
