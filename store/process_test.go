package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/secret"
)

// TestMain is deputy's store in another process when the environment says so: the tests below start it that way.
func TestMain(m *testing.M) {
	work, ok := map[string]func(*Store) error{"hammer": hammer, "hold": hold, "write": write}[os.Getenv("STORE_TEST_WORK")]
	if !ok {
		os.Exit(m.Run())
	}
	if err := inProcess(work); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func inProcess(work func(*Store) error) error {
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		return err
	}
	lease, err := time.ParseDuration(os.Getenv("STORE_TEST_LEASE"))
	if err != nil {
		return err
	}
	s, err := Open(context.Background(), Options{Dir: os.Getenv("STORE_TEST_DIR"), Keys: keys, Lease: lease})
	if err != nil {
		return err
	}
	return errors.Join(work(s), s.Close())
}

// command is this test binary again, doing work on the state in dir.
func command(t *testing.T, dir, work string, lease time.Duration) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "STORE_TEST_WORK="+work, "STORE_TEST_DIR="+dir, "STORE_TEST_LEASE="+lease.String())
	cmd.Stderr = &testLog{t: t}
	return cmd
}

// testLog makes what a process complains of an error of the test.
type testLog struct{ t *testing.T }

func (l *testLog) Write(p []byte) (int, error) {
	l.t.Errorf("a process says: %s", p)
	return len(p), nil
}

const hammerRounds = 25

// hammer takes one claim again and again, and does under it, in two transactions with a gap between them, what only
// one may do at a time: it reads a counter, and writes it back with one more. Beside that it records events and reads.
func hammer(s *Store) error {
	ctx := context.Background()
	for range hammerRounds {
		c, err := s.Wait(ctx, "hammer", nil)
		if err != nil {
			return err
		}
		kept, stop := c.Keep(ctx)
		var counter Account
		err = c.Do(kept, func(t *Tx) (err error) {
			counter, err = t.Account("counter")
			return err
		})
		if err != nil {
			return err
		}
		if _, err := s.Record(kept, Event{Kind: "in", Text: strconv.FormatInt(c.Fence, 10)}); err != nil {
			return err
		}
		if err := s.View(kept, func(t *Tx) error { _, err := t.Events("", 10); return err }); err != nil {
			return err
		}
		n, err := strconv.Atoi(counter.Key.Reveal())
		if err != nil {
			return err
		}
		counter.Key = secret.New(strconv.Itoa(n + 1))
		err = c.Do(kept, func(t *Tx) error {
			_, err1 := t.PutAccount(counter)
			_, err2 := t.Record(Event{Kind: "out", Text: strconv.FormatInt(c.Fence, 10)})
			return errors.Join(err1, err2)
		})
		stop()
		if err := errors.Join(err, c.Release(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// Real processes on one file: one holder at a time, no update lost, fences that only grow, and no error of any kind.
func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	const processes = 4
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir})
	do(t, s, func(tx *Tx) error {
		_, err := tx.PutAccount(Account{Name: "counter", Key: secret.New("0")})
		return err
	})
	var all sync.WaitGroup
	for range processes {
		cmd := command(t, dir, "hammer", time.Minute)
		all.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	view(t, s, func(tx *Tx) error {
		counter, err := tx.Account("counter")
		same(t, "counter", counter.Key.Reveal(), err, strconv.Itoa(processes*hammerRounds))
		events, err := tx.Events("", 0)
		same(t, "events", len(events), err, 2*processes*hammerRounds)
		for i, e := range events {
			kind := map[bool]string{true: "in", false: "out"}[i%2 == 0]
			if fence := strconv.Itoa(i/2 + 1); e.Kind != kind || e.Text != fence {
				t.Fatalf("event %d is %s of fence %s, want %s of %s: two held the claim at once", i, e.Kind, e.Text, kind, fence)
			}
		}
		return nil
	})
}

// hold takes a claim, journals a value under it, says so, and never lets go.
func hold(s *Store) error {
	ctx := context.Background()
	c, err := s.Take(ctx, "held")
	if err != nil {
		return err
	}
	kept, stop := c.Keep(ctx)
	defer stop()
	err = c.Do(kept, func(t *Tx) error {
		p := newSample().publication
		p.ID, p.Holder, p.Fence, p.Until = 0, c.Key, c.Fence, time.Time{}
		_, err := t.PutPublication(p)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Println("holding", c.Fence)
	<-kept.Done()
	return context.Cause(kept)
}

// write takes a claim, says so, is held up until it may go on, and then works under the claim as if nothing had happened.
func write(s *Store) error {
	ctx := context.Background()
	c, err := s.Take(ctx, "held")
	if err != nil {
		return err
	}
	fmt.Println("holding", c.Fence)
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	err = c.Do(ctx, func(t *Tx) error { return t.PutCertificate(Certificate{Name: "stale"}) })
	kept, stop := c.Keep(ctx)
	defer stop()
	<-kept.Done()
	fmt.Println(errors.Is(err, ErrClaimLost), errors.Is(context.Cause(kept), ErrClaimLost))
	return nil
}

// A holder that was held up while its lease ended finds out when it goes on, and writes nothing.
func TestHolderHeldUp(t *testing.T) {
	t.Parallel()
	const lease = time.Second
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir, Lease: lease})
	cmd := command(t, dir, "write", lease)
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || lines.Text() != "holding 1" {
		t.Fatalf("the process says %q, %v", lines.Text(), lines.Err())
	}
	c, err := s.Wait(t.Context(), "held", nil)
	if err != nil || c.Fence != 2 {
		t.Fatalf("got %+v, %v", c, err)
	}
	if _, err := io.WriteString(stdin, "go on\n"); err != nil {
		t.Fatal(err)
	}
	if !lines.Scan() || lines.Text() != "true true" {
		t.Errorf("refused and lost: %q, %v", lines.Text(), lines.Err())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	view(t, s, func(tx *Tx) error {
		if _, err := tx.Certificate("stale"); !errors.Is(err, ErrNotFound) {
			t.Errorf("the stale holder wrote: %v", err)
		}
		return nil
	})
}

// A holder that is killed loses its claim when its lease is over, and its publications become orphans; not before.
func TestKilledHolder(t *testing.T) {
	t.Parallel()
	const lease = 4 * time.Second // long enough for a beat on a slow machine
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir, Lease: lease})
	do(t, s, func(tx *Tx) error { _, err := tx.AddProvider(Provider{Name: "desec-martdj"}); return err })
	cmd := command(t, dir, "hold", lease)
	stdout, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "holding 1" {
		t.Fatalf("the process says %q, %v", line, err)
	}
	var held *HeldError
	if _, err := s.Take(t.Context(), "held"); !errors.As(err, &held) || !strings.Contains(held.Holder, fmt.Sprintf("pid %d", cmd.Process.Pid)) {
		t.Fatalf("got %v, want that process %d holds it", err, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed, and says so
	c, err := s.Wait(t.Context(), "held", nil)
	if err != nil || c.Fence != 2 {
		t.Fatalf("got %+v, %v", c, err)
	}
	do(t, s, func(tx *Tx) error {
		now, err := tx.Now()
		if err == nil && now.Before(held.Until) {
			t.Errorf("taken at %v, before the lease ended at %v", now, held.Until)
		}
		orphans, err2 := tx.Orphans()
		same(t, "orphans", len(orphans), errors.Join(err, err2), 1)
		return nil
	})
}
