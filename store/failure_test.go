package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"deputy/fault"
)

// busy is the error SQLite gives while another has the write lock.
func busy(t *testing.T, s *Store) error {
	t.Helper()
	held, err := s.writer.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	other, err := s.pool(1, "immediate", "busy_timeout(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = other.Begin()
	if !isBusy(err) {
		t.Fatalf("got %v, want SQLite's busy error", err)
	}
	return err
}

func TestBusyIsTriedAgain(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		locked, tries := busy(t, s), 0
		err := s.persist(t.Context(), "test", func() error {
			if tries++; tries < 5 {
				return locked
			}
			return nil
		})
		if err != nil || tries != 5 {
			t.Errorf("got %v after %d tries", err, tries)
		}
	})
}

func TestBusyForTooLong(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		locked, start := busy(t, s), time.Now()
		err := s.persist(t.Context(), "test", func() error { return locked })
		wantFault(t, err, fault.StateFailed, "another process held the database", s.path)
		if time.Since(start) < patience {
			t.Errorf("gave up after %v", time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.persist(ctx, "test", func() error { return locked }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a deadline: %v", err)
		}
	})
}

func TestOtherErrorsAreNotTriedAgain(t *testing.T) {
	t.Parallel()
	s, tries, why := openTest(t, Options{}), 0, errors.New("why")
	err := s.persist(t.Context(), "do this", func() error { tries++; return why })
	if !errors.Is(err, why) || tries != 1 || err.Error() != "do this: why" {
		t.Errorf("got %v after %d tries", err, tries)
	}
}
