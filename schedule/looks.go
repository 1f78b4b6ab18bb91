package schedule

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// looks are the rows that a Watch reads and changes.
type looks interface {
	view(context.Context) (view, error)
	// claim takes a host for one look; a *store.HeldError when somebody else looks at it, unless wait says to wait.
	claim(ctx context.Context, host name.Name, wait bool) (claimed, error)
	// forget takes away the looks at names that no certificate holds, and says how many names those were.
	forget(context.Context) (int, error)
}

// claimed is a host that nobody else looks at meanwhile.
type claimed interface {
	history(context.Context) ([]store.Look, error) // oldest first
	put(context.Context, store.Look) error         // store.ErrClaimLost
	release(context.Context) error
	lease() time.Duration
}

// view is what a round begins with, all of one moment.
type view struct {
	holders map[name.Name][]store.Certificate // by host, those first that expire first
	newest  []store.Look                      // of every name that was looked at
	key     []byte                            // the installation's
}

// holders are the hosts of all certificates, each with the certificates that hold it.
func holders(all []store.Certificate) map[name.Name][]store.Certificate {
	by := map[name.Name][]store.Certificate{}
	slices.SortStableFunc(all, func(a, b store.Certificate) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), strings.Compare(a.Name, b.Name))
	})
	for _, c := range all {
		c.Chain, c.Key = nil, secret.Value{} // a look needs no key, and ten thousand chains are much
		for _, host := range name.Hosts(c.Names) {
			by[host] = append(by[host], c)
		}
	}
	return by
}

// forms are the host and the wildcard below it, as far as certificates hold them.
func (v view) forms(host name.Name) []name.Name {
	var forms []name.Name
	for _, c := range v.holders[host] {
		for _, n := range c.Names {
			if n.Host() == host && !slices.Contains(forms, n) {
				forms = append(forms, n)
			}
		}
	}
	slices.SortFunc(forms, func(a, b name.Name) int { return cmp.Compare(a.Labels(), b.Labels()) })
	return forms
}

// abandoned are the names that were looked at and that no certificate holds now.
func (v view) abandoned() []name.Name {
	var left []name.Name
	for _, l := range v.newest {
		if len(v.holders[l.Name]) == 0 {
			left = append(left, l.Name)
		}
	}
	return left
}

// nearRenewal says whether a certificate that holds host is due soon, or already.
func (v view) nearRenewal(host name.Name, now time.Time) bool {
	return slices.ContainsFunc(v.holders[host], func(c store.Certificate) bool {
		_, _, due := Due(c, now)
		return !now.Before(due.Add(-nearRenewal))
	})
}

// kept are the looks of a store.
type kept struct{ *store.Store }

var _ looks = kept{}

func (k kept) view(ctx context.Context) (v view, err error) {
	if v.key, err = k.InstallationKey(ctx); err != nil {
		return v, err
	}
	err = k.View(ctx, func(t *store.Tx) error {
		v.holders, v.newest, err = readWatched(t)
		return err
	})
	return v, err
}

func readWatched(t *store.Tx) (map[name.Name][]store.Certificate, []store.Look, error) {
	all, err := t.Certificates()
	if err != nil {
		return nil, nil, err
	}
	newest, err := t.LastLooks()
	return holders(all), newest, err
}

func (k kept) claim(ctx context.Context, host name.Name, wait bool) (claimed, error) {
	key := "look/" + host.String()
	take := k.Take
	if wait {
		take = func(ctx context.Context, key string) (*store.Claim, error) { return k.Wait(ctx, key, nil) }
	}
	c, err := take(ctx, key)
	if err != nil {
		return nil, err
	}
	return keptClaim{c, k.Store, host}, nil
}

// forget finds the names in the transaction that forgets them: a certificate may have come back meanwhile.
func (k kept) forget(ctx context.Context) (n int, err error) {
	err = k.Do(ctx, func(t *store.Tx) error {
		var v view
		if v.holders, v.newest, err = readWatched(t); err != nil {
			return err
		}
		for _, host := range v.abandoned() {
			if err := t.ForgetLooks(host); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// keptClaim is the claim of one look in a store.
type keptClaim struct {
	*store.Claim
	rows *store.Store
	host name.Name
}

func (c keptClaim) history(ctx context.Context) (past []store.Look, err error) {
	err = c.rows.View(ctx, func(t *store.Tx) error {
		past, err = t.Looks(c.host)
		return err
	})
	return past, err
}

func (c keptClaim) put(ctx context.Context, l store.Look) error {
	return c.Do(ctx, func(t *store.Tx) error {
		_, err := t.PutLook(l)
		return err
	})
}

func (c keptClaim) release(ctx context.Context) error { return c.Release(ctx) }

func (c keptClaim) lease() time.Duration { return c.rows.Lease() }
