package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deputy/fault"
	"deputy/store"
)

// askLimit is how long one question for renewal information may take. It is an optional one, so it must not hold up
// what is due.
const askLimit = 30 * time.Second

// longestError is how much of an error is kept beside a certificate, octets.
const longestError = 2000

// Renewer renews what is due. Several may run at once, in this process or others: Renew claims the certificate, and asks
// Due once more when it has it, since another run may have renewed it while it waited.
type Renewer struct {
	Store *store.Store
	Ask   func(context.Context, store.Certificate) (info store.RenewalInfo, ok bool, err error) // ARI; nil for none
	Renew func(context.Context, store.Certificate) error
	Tell  store.Sink // nil: nobody listens

	rows certificates // nil: those of Store
}

// Run goes over all certificates once, the first to expire first: it asks for renewal information where it is time to,
// renews the due ones, and finishes those that were issued and not deployed. One that fails does not stop the others; it
// is recorded with a time before which it is not tried again. It returns how many were renewed or deployed while it saw to
// them, by itself or by a run that it waited for, and the failures joined. When ctx ends it stops, and what was interrupted
// by that is no failure of the certificate.
func (r *Renewer) Run(ctx context.Context) (renewed int, err error) {
	all, err := r.certificates().list(ctx)
	if err != nil {
		return 0, err
	}
	slices.SortStableFunc(all, func(a, b store.Certificate) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), strings.Compare(a.Name, b.Name))
	})
	var failures []error
	for _, c := range all {
		if ctx.Err() != nil {
			failures = append(failures, fmt.Errorf("%s and what expires after it were not looked at: %w", c.Name, ctx.Err()))
			break
		}
		done, err := r.see(ctx, c.Name)
		if done {
			renewed++
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("renew %s: %w", c.Name, err))
		}
	}
	return renewed, errors.Join(failures...)
}

// see sees to one certificate. Its row is read now, not when the run began: renewing the ones before may have taken
// minutes, in which another run, or a person, got here.
func (r *Renewer) see(ctx context.Context, name string) (renewed bool, err error) {
	c, err := r.certificates().read(ctx, name)
	if err == nil {
		c, err = r.ask(ctx, c)
	}
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // forgotten meanwhile
	}
	if err != nil {
		return false, err
	}
	now := time.Now()
	due, why, _ := Due(c, now)
	if !due && c.Deployed {
		return false, nil
	}
	if now.Before(c.RetryAt) {
		return false, r.held(ctx, c, now)
	}
	if !due {
		why = "its files or its deploy hook are not done"
	}
	r.tell(ctx, "renewal.due", c.Name, why)
	if err := r.Renew(ctx, c); err != nil {
		return false, r.failed(ctx, c.Name, err)
	}
	return r.succeeded(ctx, c)
}

// held tells that c waits for its next try. That is no failure of this run, unless the certificate has expired
// meanwhile: then nobody should read that all is well.
func (r *Renewer) held(ctx context.Context, c store.Certificate, now time.Time) error {
	again := c.RetryAt.UTC().Format(time.RFC3339)
	r.tell(ctx, "renewal.held", c.Name, fmt.Sprintf("%s failed %d times and is tried again after %s: %s", c.Name, c.Failures, again, c.LastError))
	if c.Version == 0 || now.Before(c.NotAfter) {
		return nil
	}
	return &fault.Fault{
		Code: fault.NotRenewed, Tried: "renew " + c.Name, Who: fault.Admin,
		Seen: fmt.Sprintf("it expired at %s, the last try failed (%s), and the next is after %s", c.NotAfter.UTC().Format(time.RFC3339), c.LastError, again),
		Do:   "deputy renew " + c.Name + " tries at once and says what is wrong",
	}
}

// ask asks for renewal information where it is time to, and keeps what was said. No answer is no failure: the
// certificate is renewed by its lifetime then.
func (r *Renewer) ask(ctx context.Context, c store.Certificate) (store.Certificate, error) {
	now := time.Now()
	due, _, _ := Due(c, now)
	if r.Ask == nil || due || now.Before(c.ARI.CheckAfter) {
		return c, nil
	}
	limited, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	told, ok, err := r.Ask(limited, c)
	if ctx.Err() != nil {
		return c, ctx.Err()
	}
	usable := ok && err == nil
	if err != nil {
		r.tell(ctx, "renewal.unknown", c.Name, "the CA did not say when to renew: "+oneLine(err))
	}
	err = r.certificates().change(ctx, c.Name, func(row *store.Certificate) bool {
		if row.Version != c.Version {
			c = *row // renewed meanwhile: what was said is about another certificate
			return false
		}
		row.ARI = suggest(row.ARI, told, usable, now)
		c = *row
		return true
	})
	return c, err
}

// succeeded forgets the failures before, and says whether the certificate is another one now, or deployed now.
func (r *Renewer) succeeded(ctx context.Context, was store.Certificate) (renewed bool, err error) {
	err = r.certificates().change(ctx, was.Name, func(row *store.Certificate) bool {
		renewed = row.Version > was.Version || row.Deployed && !was.Deployed
		if row.Failures == 0 {
			return false
		}
		row.Failures, row.LastError, row.RetryAt = 0, "", time.Time{}
		return true
	})
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return renewed, err
}

// failed records a failure and when to try again; it returns the failure.
func (r *Renewer) failed(ctx context.Context, name string, failure error) error {
	if ctx.Err() != nil {
		return failure
	}
	var again time.Time
	err := r.certificates().change(ctx, name, func(row *store.Certificate) bool {
		row.Failures++
		again = time.Now().Add(backoff(row.Failures))
		var limited interface{ NotBefore() time.Time }
		if errors.As(failure, &limited) && limited.NotBefore().After(again) {
			again = limited.NotBefore() // the CA has said when it will listen again
		}
		row.LastError, row.RetryAt = oneLine(failure), again
		return true
	})
	if err == nil {
		r.tell(ctx, "renewal.failed", name, fmt.Sprintf("%s; it is tried again after %s", oneLine(failure), again.UTC().Format(time.RFC3339)))
	}
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return errors.Join(failure, err)
}

func (r *Renewer) certificates() certificates {
	if r.rows == nil {
		return stored{r.Store}
	}
	return r.rows
}

func (r *Renewer) tell(ctx context.Context, kind, certificate, text string) {
	if r.Tell != nil {
		r.Tell(ctx, store.Event{Kind: kind, Certificate: certificate, Text: text})
	}
}

// oneLine is an error as one line of bounded length.
func oneLine(err error) string {
	line := strings.Join(strings.FieldsFunc(err.Error(), func(c rune) bool { return c == '\n' || c == '\r' }), "; ")
	if len(line) > longestError {
		line = strings.ToValidUTF8(line[:longestError], "") + "…"
	}
	return line
}
