package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"deputy/ca"
	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// work is one run of the story: what it holds and where it got to.
type work struct {
	issuer      *Issuer
	claim       *store.Claim
	kept        context.Context // ends when the claim is lost
	stop        func()
	beside      sync.WaitGroup // withdrawals that go on while the CA signs
	need        Need
	replaces    bool
	certificate store.Certificate
	attempt     store.Attempt
	account     store.Account
	client      *ca.Client
	chains      map[name.Name]delegation.Chain // by host
}

// begin claims the certificate, so that two processes never work on one, and finds its open attempt or begins one.
// The certificate's key is stored with the attempt, before anything is asked of the CA.
func (i *Issuer) begin(ctx context.Context, r Request) (*work, error) {
	w := &work{issuer: i, certificate: r.Certificate, replaces: r.Replaces}
	claim, err := i.Store.Wait(ctx, "certificate/"+r.Certificate.Name, func(h *store.HeldError) {
		i.tell(ctx, "certificate.wait", r.Certificate.Name, "", "waiting for "+h.Holder+", which works on "+r.Certificate.Name)
	})
	if err != nil {
		return w, err
	}
	w.claim = claim
	w.keep(ctx)
	err = claim.Do(w.kept, func(t *store.Tx) error { return w.load(t, r) })
	if err != nil || w.need == Nothing {
		w.stop()
		return w, errors.Join(err, claim.Release(context.WithoutCancel(ctx)))
	}
	if w.need == Whole {
		i.tell(ctx, "attempt.begun", w.certificate.Name, "", "the key of the certificate is stored")
	}
	return w, nil
}

// keep beats the claim's heart until stop, also while an interrupted run still withdraws its values; the work's own
// context ends with ctx, and when the claim is lost.
func (w *work) keep(ctx context.Context) {
	beating, stop := w.claim.Keep(context.WithoutCancel(ctx))
	kept, cancel := context.WithCancelCause(ctx)
	lost := context.AfterFunc(beating, func() { cancel(context.Cause(beating)) })
	w.kept, w.stop = kept, func() {
		lost()
		stop()
		cancel(context.Canceled)
	}
}

// load reads the rows of the certificate and its attempt, and writes those that are new. Where there is a certificate
// already, its row goes on saying what it is, not what is wished for: names, key type, account and profile change with
// the certificate that has them. The hook is not a part of it, and changes at once.
func (w *work) load(t *store.Tx, r Request) error {
	row, err := t.Certificate(r.Certificate.Name)
	switch {
	case errors.Is(err, store.ErrNotFound) && r.Known:
		return nil
	case errors.Is(err, store.ErrNotFound):
		row = store.Certificate{Name: r.Certificate.Name}
	case err != nil:
		return err
	}
	w.need = Whole
	if r.Need != nil {
		w.need = r.Need(row)
	}
	wish := wishOf(r, row)
	row.DeployHook = wish.DeployHook
	if row.Version == 0 {
		row = wish
	}
	if err := t.PutCertificate(row); err != nil || w.need != Whole {
		w.certificate = row
		return err
	}
	w.certificate = wish
	return w.loadAttempt(t)
}

// wishOf is row as the request wants it. A renewal wants it as it is now that it is claimed, whatever it was when the
// renewal was thought of; only a hook that was given is new.
func wishOf(r Request, row store.Certificate) store.Certificate {
	want, wish := r.Certificate, row
	if r.Known {
		if want.DeployHook != "" {
			wish.DeployHook = want.DeployHook
		}
		return wish
	}
	wish.Names, wish.KeyType, wish.Account, wish.Profile, wish.DeployHook = want.Names, want.KeyType, want.Account, want.Profile, want.DeployHook
	return wish
}

// loadAttempt goes on with the open attempt if it was for the same thing, else closes it and begins another.
func (w *work) loadAttempt(t *store.Tx) error {
	open, err := t.OpenAttempt(w.certificate.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err == nil {
		if open.Profile == w.certificate.Profile && open.Account == w.certificate.Account && slices.Equal(open.Names, w.certificate.Names) && keyIs(open.Key, w.certificate.KeyType) {
			w.attempt = open
			return nil
		}
		open.State, open.Error = store.AttemptAbandoned, "the certificate was asked for differently"
		if _, err := t.PutAttempt(open); err != nil {
			return err
		}
	}
	key, err := ca.NewKey(w.certificate.KeyType)
	if err != nil {
		return err
	}
	sealed, err := ca.MarshalKey(key)
	if err != nil {
		return err
	}
	w.attempt, err = t.PutAttempt(store.Attempt{
		Certificate: w.certificate.Name, Account: w.certificate.Account, Names: w.certificate.Names,
		Profile: w.certificate.Profile, Key: sealed, State: store.AttemptOpen,
	})
	return err
}

// again replaces an attempt whose order can't be used any more by a new one with the same key: it never went into a
// certificate, and a key made once is a key fewer to lose.
func (w *work) again(ctx context.Context, why string) error {
	return w.claim.Do(ctx, func(t *store.Tx) error {
		old := w.attempt
		old.State, old.Error = store.AttemptAbandoned, why
		if _, err := t.PutAttempt(old); err != nil {
			return err
		}
		next, err := t.PutAttempt(store.Attempt{
			Certificate: old.Certificate, Account: old.Account, Names: old.Names, Profile: old.Profile, Key: old.Key, State: store.AttemptOpen,
		})
		w.attempt = next
		return err
	})
}

// save writes the attempt under the fence.
func (w *work) save(ctx context.Context) error {
	return w.claim.Do(ctx, func(t *store.Tx) error {
		saved, err := t.PutAttempt(w.attempt)
		w.attempt = saved
		return err
	})
}

// end waits for the withdrawals that go on, and gives the certificate up. It runs on every exit.
func (w *work) end(ctx context.Context) {
	w.beside.Wait()
	w.stop()
	if err := w.claim.Release(context.WithoutCancel(ctx)); err != nil {
		w.issuer.tell(ctx, "certificate.unreleased", w.certificate.Name, "", "the claim ends by itself: "+err.Error())
	}
}

// tidyTime is how long a run looks after what runs that are gone have left: long enough for a host that answers, and
// not so long that a certificate which is there keeps anybody waiting.
const tidyTime = 30 * time.Second

// Tidy withdraws what runs that are gone have left anywhere, where it was written. It has a time of its own, so that an
// interrupted run still tidies. What could not be withdrawn is told, and comes back as an error; it stays in the journal.
func (i *Issuer) Tidy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	n, err := i.Keeper.Recover(ctx)
	if n > 0 {
		i.tell(ctx, "publish.recovered", "", "", fmt.Sprintf("withdrew %d values that earlier runs had left", n))
	}
	return err
}

// tidy is Tidy at the end of an issue: what is left is no reason to call a certificate that came a failure.
func (i *Issuer) tidy(ctx context.Context) {
	if err := i.Tidy(ctx); err != nil {
		i.tell(ctx, "publish.left", "", "", "a value of an earlier run is still there, and deputy renew tries again: "+err.Error())
	}
}

// abandon closes the attempt when its order can't come to anything any more, so that the next run opens another.
func (i *Issuer) abandon(ctx context.Context, w *work, cause error) error {
	f, ok := fault.From(cause)
	if !ok || (f.Code != fault.CAValidation && f.Code != fault.BadCertificate) {
		return cause
	}
	w.attempt.State, w.attempt.Error = store.AttemptAbandoned, f.Seen
	return errors.Join(cause, w.save(context.WithoutCancel(ctx)))
}

// tell records an event in whatever way the edge wants.
func (i *Issuer) tell(ctx context.Context, kind, certificate, about, text string) {
	if i.Tell == nil {
		return
	}
	i.Tell(ctx, store.Event{Kind: kind, Certificate: certificate, Name: about, Text: text})
}
