package ca

import (
	"context"
	"sync"

	"github.com/mholt/acmez/v3/acme"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// failure is a name that the CA could not be satisfied about.
type failure struct {
	name    name.Name
	problem acme.Problem
}

// failure tells why the authorization came to nothing: its first challenge that has an error.
func (z authorization) failure() failure {
	for _, ch := range z.Challenges {
		if ch.Error != nil {
			return failure{z.name, *ch.Error}
		}
	}
	return failure{z.name, acme.Problem{Detail: "the authorization is " + z.Status}}
}

// invalid explains an order that came to nothing: by its authorizations that failed, else by its own error.
func (c *Client) invalid(ctx context.Context, a store.Account, o Order) error {
	const most = 100
	urls := o.Authorizations[:min(len(o.Authorizations), most)]
	var mu sync.Mutex
	var failed []failure
	err := each(ctx, len(urls), func(ctx context.Context, i int) error {
		authz, err := c.authorization(ctx, a, urls[i])
		if err != nil || authz.Status == acme.StatusValid || authz.Status == acme.StatusPending {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		failed = append(failed, authz.failure())
		return nil
	})
	if len(failed) > 0 {
		return c.validationFault(failed)
	}
	f := &fault.Fault{
		Code: fault.CAValidation, Tried: "get the certificate", Seen: "the CA has given the order up, and says no more",
		Do: "try again, with a new order; if it stays so, ask the CA", Who: fault.CA, Err: err,
	}
	if o.problem != nil {
		f.Seen = "the CA has given the order up: " + problemWords(*o.problem)
		remedy := c.advise(&refusal{problem: *o.problem})
		f.Who, f.Do = remedy.who, remedy.do
	}
	return f
}

// validationFault names each identifier with what the CA said.
func (c *Client) validationFault(failed []failure) *fault.Fault {
	f := &fault.Fault{Code: fault.CAValidation, Tried: "have the names proved", Who: fault.Admin}
	if len(failed) == 1 {
		f.Tried = "have " + failed[0].name.String() + " proved"
	}
	const shown = 10
	for n, each := range failed {
		if n == shown {
			f.Seen += "; and others"
			break
		}
		if n > 0 {
			f.Seen += "; "
		}
		f.Seen += each.name.String() + ": the CA says " + problemWords(each.problem)
	}
	f.Do = "run deputy check " + failed[0].name.String() + ", mend what it finds, and try again"
	if kindOf(failed[0].problem) == "caa" {
		f.Who, f.Do = fault.DNSOwner, c.caaAdvice(failed[0].name)
	}
	return f
}
