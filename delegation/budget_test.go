package delegation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"deputy/delegation"
	"deputy/name"
	"deputy/resolver"
)

// slow is a resolver that answers every question just in time for that question, with one more CNAME.
type slow struct{ answer time.Duration }

func (s slow) wait(ctx context.Context) error {
	select {
	case <-time.After(s.answer):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slow) Query(ctx context.Context, n name.Name, t resolver.Type) (resolver.Answer, error) {
	if err := s.wait(ctx); err != nil {
		return resolver.Answer{}, err
	}
	next, err := n.Child("x")
	return resolver.Answer{Question: n, Type: t, Exists: true, Records: []resolver.Record{{Owner: n, Type: resolver.CNAME, Target: next}}}, err
}

func (s slow) Poll(ctx context.Context, n name.Name, t resolver.Type, first func(resolver.Answer)) (resolver.Poll, error) {
	a, err := s.Query(ctx, n, t)
	if err == nil {
		first(a)
	}
	return resolver.Poll{Question: n, Type: t, Answer: a}, err
}

func (s slow) Security(ctx context.Context, _ name.Name, _ resolver.Type) (resolver.Security, error) {
	return resolver.Security{State: resolver.Unchecked}, s.wait(ctx)
}

// However slow the servers are, a name is told in nine seconds, or that it could not be told, in every view.
func TestANameTakesNoLongerThanItsBudget(t *testing.T) {
	t.Parallel()
	for _, look := range []func(context.Context, delegation.Resolver, name.Name) (delegation.Chain, error){delegation.Follow, delegation.Glance} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			c, err := look(t.Context(), slow{1900 * time.Millisecond}, owner("demohub.martdj.nl"))
			if took := time.Since(began); err != nil || c.Failure == nil || !c.Failure.Silent() || took > 9*time.Second {
				t.Errorf("%s: %+v, %v", took, c.Failure, err)
			}
		})
	}
}
