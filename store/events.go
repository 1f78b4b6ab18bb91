package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// The newest 10,000 events are kept. Older ones are deleted every 500 events, so that a record costs one insertion.
const (
	keptEvents  = 10_000
	sweepEvents = 500
)

const eventColumns = `id, time, kind, certificate, name, text, data`

// Record stores an event and gives it its ID and, where it has none, its time.
func (s *Store) Record(ctx context.Context, e Event) (Event, error) {
	err := s.Do(ctx, func(t *Tx) error {
		var err error
		e, err = t.Record(e)
		return err
	})
	return e, err
}

// Record is Store.Record within a transaction.
func (t *Tx) Record(e Event) (Event, error) {
	at, err := t.created(e.Time)
	if err != nil {
		return e, err
	}
	e.Time = at
	data, err := json.Marshal(e.Data)
	if err != nil {
		return e, fmt.Errorf("write the data of event %s: %w", e.Kind, err)
	}
	tried := "record event " + e.Kind
	err = t.row(tried, `INSERT INTO events (time, kind, certificate, name, text, data) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		millis(at), e.Kind, e.Certificate, e.Name, e.Text, string(data)).Scan(&e.ID)
	if err != nil || e.ID%sweepEvents != 0 {
		return e, err
	}
	_, err = t.exec("delete old events", `DELETE FROM events WHERE id <= $1`, e.ID-keptEvents)
	return e, err
}

// Events gives the newest events of a certificate, or of all when certificate is "", oldest first; at most limit, or
// all that are kept when limit is 0.
func (t *Tx) Events(certificate string, limit int) ([]Event, error) {
	if limit <= 0 {
		limit = keptEvents + sweepEvents
	}
	events, err := list(t, "read the events", readEvent, `SELECT `+eventColumns+` FROM events
		WHERE certificate = $1 OR $1 = '' ORDER BY id DESC LIMIT $2`, certificate, limit)
	slices.Reverse(events)
	return events, err
}

func readEvent(_ *Tx, r scanner) (Event, error) {
	var e Event
	var at int64
	var data string
	if err := r.Scan(&e.ID, &at, &e.Kind, &e.Certificate, &e.Name, &e.Text, &data); err != nil {
		return Event{}, err
	}
	e.Time = moment(at)
	if err := json.Unmarshal([]byte(data), &e.Data); err != nil {
		return Event{}, fmt.Errorf("read the data of event %d: %w", e.ID, err)
	}
	return e, nil
}
