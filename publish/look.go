package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

// view is what could be seen at a target.
type view struct {
	values   []string
	exact    bool   // the host's own word; else that of authoritative servers, which may lag
	complete bool   // not exact, but every authoritative server answered
	ttl      uint32 // seconds, the longest seen at authoritative servers; 0 when exact
}

// look reads the values at t: through the host's API where it can be read, else from all authoritative servers that
// answer, else from two public resolvers.
func (k *Keeper) look(ctx context.Context, t store.Target) (view, error) {
	values, err := k.Host.Values(ctx, t)
	if err == nil {
		return view{values: values, exact: true}, nil
	}
	if !errors.Is(err, store.ErrUnreadable) {
		return view{}, fmt.Errorf("read the values at %s through %s: %w", t.Owner, t.Provider, err)
	}
	v, err := k.lookAtServers(ctx, t.Owner)
	if err != nil {
		return v, &fault.Fault{
			Code:  fault.NoAnswer,
			Tried: fmt.Sprintf("see which values stand at %s, since %s can't read them", t.Owner, t.Provider),
			Seen:  fmt.Sprintf("no authoritative server and no public resolver answers: %v", err),
			Do:    "allow DNS queries (port 53, UDP and TCP) or HTTPS to public resolvers from here, and try again",
			Who:   fault.Admin,
			Err:   err,
		}
	}
	return v, nil
}

// lookAtServers reads the values at owner from whoever answers for it.
func (k *Keeper) lookAtServers(ctx context.Context, owner name.Name) (view, error) {
	answers, complete, err := k.ask(ctx, owner)
	if err != nil {
		return view{}, err
	}
	v := view{complete: complete}
	for _, a := range answers {
		for _, r := range a.Of(owner, resolver.TXT) {
			v.ttl = max(v.ttl, r.TTL)
			if !slices.Contains(v.values, r.Text) {
				v.values = append(v.values, r.Text)
			}
		}
	}
	return v, nil
}

// ask gets every answer for TXT at owner that can be had from here; an error when there is none. It is complete when
// all servers of the zone answered.
func (k *Keeper) ask(ctx context.Context, owner name.Name) (answers []resolver.Answer, complete bool, err error) {
	authority, err := k.DNS.Authorities(ctx, owner)
	if err == nil {
		answers, failed := k.askAll(ctx, authority.Servers, owner)
		if len(answers) > 0 {
			return answers, len(failed) == 0 && len(authority.Unknown) == 0, nil
		}
		err = errors.Join(failed...)
	}
	answers, viewErr := k.DNS.Views(ctx, owner, resolver.TXT)
	if viewErr == nil && len(answers) > 0 {
		return answers, false, nil
	}
	return nil, false, errors.Join(errors.New("nobody answers"), err, viewErr)
}

// askAll asks all servers side by side.
func (k *Keeper) askAll(ctx context.Context, servers []resolver.Server, owner name.Name) (answers []resolver.Answer, failed []error) {
	var all sync.WaitGroup
	var mu sync.Mutex // over answers and failed
	for _, server := range servers {
		all.Go(func() {
			a, err := k.DNS.QueryAt(ctx, server, owner, resolver.TXT)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, err)
				return
			}
			answers = append(answers, a)
		})
	}
	all.Wait()
	return answers, failed
}

// refuseForeign is the fault ForeignValue when a write through t would take values away that deputy did not put
// there, and the DNS Provider does not allow that.
func (k *Keeper) refuseForeign(ctx context.Context, s *site, t store.Target) error {
	traits, err := k.Host.Traits(t)
	if err != nil {
		return fmt.Errorf("ask what %s can do at %s: %w", t.Provider, t.Owner, err)
	}
	if !traits.Replacing || traits.ReplaceForeign {
		return nil
	}
	request, cancel := context.WithTimeout(ctx, k.span())
	defer cancel()
	v, err := k.look(request, t)
	if err != nil {
		return err
	}
	for _, value := range v.values {
		if !slices.Contains(s.known, value) {
			return foreignValue(t, value)
		}
	}
	return nil
}

func foreignValue(t store.Target, value string) *fault.Fault {
	if len(value) > 60 {
		value = value[:60] + "…"
	}
	return &fault.Fault{
		Code:  fault.ForeignValue,
		Tried: fmt.Sprintf("change the TXT values at %s through %s", t.Owner, t.Provider),
		Seen:  fmt.Sprintf("the value %q is there, which deputy did not put there, and the DNS Configuration of %s can only replace all values at once", value, t.Provider),
		Do:    fmt.Sprintf("remove that value, or allow its loss with `replace_foreign: true` in the DNS Provider %s", t.Provider),
		Who:   fault.Admin,
	}
}

// textsOf are the TXT values at owner in an answer.
func textsOf(a resolver.Answer, owner name.Name) []string {
	var values []string
	for _, r := range a.Of(owner, resolver.TXT) {
		values = append(values, r.Text)
	}
	return values
}
