package issuance

import (
	"context"
	"errors"

	"deputy/ca"
	"deputy/fault"
	"deputy/name"
	"deputy/publish"
	"deputy/store"
)

// account reads the ACME account, and lets the CA make it the first time. Its key is in the store already.
func (i *Issuer) account(ctx context.Context, w *work) error {
	err := i.Store.View(ctx, func(t *store.Tx) (err error) {
		w.account, err = t.Account(w.certificate.Account)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return &fault.Fault{
			Code: fault.NotSetUp, Tried: "find the ACME account " + w.certificate.Account, Seen: "there is none of that name",
			Do: "deputy account add, or deputy init", Who: fault.Admin,
		}
	}
	if err != nil {
		return err
	}
	if w.client, err = i.CA(w.account); err != nil || w.account.URL != "" {
		return err
	}
	i.tell(ctx, "account.asking", w.certificate.Name, w.account.Directory, "asking the CA for an account")
	if w.account, err = w.client.Account(ctx, w.account); err != nil {
		return err
	}
	err = w.claim.Do(ctx, func(t *store.Tx) error {
		_, err := t.PutAccount(w.account)
		return err
	})
	i.tell(ctx, "account.made", w.certificate.Name, w.account.URL, "account at the CA: "+w.account.URL)
	return err
}

// open finds the attempt's order again, or opens one. The order's URL is stored before anything else is done with it:
// most CAs keep no list to find it in (boulder's acme-divergences).
func (i *Issuer) open(ctx context.Context, w *work) (ca.Order, error) {
	if w.attempt.OrderURL != "" {
		order, err := w.client.Order(ctx, w.account, w.attempt.OrderURL)
		if err == nil && order.Status != "invalid" {
			i.tell(ctx, "order.found", w.certificate.Name, order.URL, "going on with the order of an earlier run, which is "+order.Status)
			return order, nil
		}
		if err != nil && !errors.Is(err, ca.ErrGone) {
			return ca.Order{}, err
		}
		if err := w.again(ctx, "the CA has no use for the order any more"); err != nil {
			return ca.Order{}, err
		}
	}
	return i.ask(ctx, w)
}

// ask opens an order. After a lost answer, now or in an earlier run, the CA's list is looked at first (RFC 8555
// §7.1.2.1), and newOrder is sent again only when the order is not in it.
func (i *Issuer) ask(ctx context.Context, w *work) (ca.Order, error) {
	wanted := ca.Wanted{Names: w.certificate.Names, Profile: w.certificate.Profile, Replaces: w.predecessor()}
	if w.attempt.Asked {
		if order, ok, err := w.client.FindOrder(ctx, w.account, wanted); err != nil || ok {
			return i.opened(ctx, w, order, err)
		}
	}
	w.attempt.Asked, w.attempt.Replaces = true, wanted.Replaces
	if err := w.save(ctx); err != nil {
		return ca.Order{}, err
	}
	i.tell(ctx, "order.asking", w.certificate.Name, "", "asking the CA for an order")
	order, err := w.client.NewOrder(ctx, w.account, wanted)
	for again := range 2 {
		var lost *ca.Lost
		if !errors.As(err, &lost) {
			break
		}
		i.tell(ctx, "order.lost", w.certificate.Name, "", "the CA's answer was lost; looking whether the order is there")
		found, ok, looked := w.client.FindOrder(ctx, w.account, wanted)
		if looked != nil || ok {
			return i.opened(ctx, w, found, looked)
		}
		if again > 0 {
			wanted.Replaces = "" // a CA that fails over the hint gets none: it is a renewal all the same
		}
		order, err = w.client.NewOrder(ctx, w.account, wanted)
	}
	return i.opened(ctx, w, order, err)
}

func (i *Issuer) opened(ctx context.Context, w *work, order ca.Order, err error) (ca.Order, error) {
	if err != nil {
		return order, err
	}
	w.attempt.OrderURL = order.URL
	if err := w.save(ctx); err != nil {
		return order, err
	}
	i.tell(ctx, "order.opened", w.certificate.Name, order.URL, "order opened: "+order.URL)
	return order, nil
}

// predecessor is the ARI identifier of the current certificate, when this is its renewal.
func (w *work) predecessor() string {
	if !w.replaces || w.certificate.Version == 0 {
		return ""
	}
	leaf, err := leafOf(w.certificate.Chain)
	if err != nil {
		return "" // a renewal without the hint is a renewal all the same
	}
	return ca.RenewalID(leaf)
}

// prove answers the order's challenges, batch by batch as the targets can hold the values.
func (i *Issuer) prove(ctx context.Context, w *work, order ca.Order, routes map[name.Name]store.Target) (ca.Order, error) {
	if order.Status != "pending" {
		return order, nil
	}
	challenges, err := w.client.Challenges(ctx, w.account, order)
	if err != nil {
		return order, err
	}
	asked := make(map[publish.Value]ca.Challenge, len(challenges))
	var values []publish.Value
	for _, c := range challenges {
		target, ok := routes[c.Name.Host()]
		if !ok {
			return order, noRoute(c.Name)
		}
		v := publish.Value{Target: target, Text: c.Value, Certificate: w.certificate.Name}
		values, asked[v] = append(values, v), c
	}
	batches, err := i.Keeper.Batches(values)
	if err != nil {
		return order, err
	}
	if len(batches) == 0 {
		return w.client.AwaitReady(ctx, w.account, order, nil)
	}
	for n, values := range batches {
		b := batch{values: values, last: n == len(batches)-1}
		for _, v := range values {
			b.told = append(b.told, asked[v])
		}
		if order, err = i.turn(ctx, w, order, b); err != nil {
			return order, err
		}
	}
	return order, nil
}

// batch is what is published and told at once.
type batch struct {
	values []publish.Value
	told   []ca.Challenge
	last   bool          // of the order
	held   *publish.Held // once they are put
}

// turn publishes one batch, waits until it shows everywhere, tells the CA and waits for its judgement. The values are
// withdrawn on every exit: at once, but for those of the last batch that the CA has accepted, which go while it signs.
func (i *Issuer) turn(ctx context.Context, w *work, order ca.Order, b batch) (ca.Order, error) {
	var err error
	if b.held, err = i.Keeper.Put(ctx, w.claim, b.values); err != nil {
		return order, err
	}
	order, err = i.judged(ctx, w, order, b)
	if err != nil || !b.last {
		i.withdraw(ctx, w, b.held)
		return order, err
	}
	w.beside.Go(func() { i.withdraw(ctx, w, b.held) }) // end waits for it
	return order, nil
}

// judged waits until the values show, tells the CA, and waits until it has looked.
func (i *Issuer) judged(ctx context.Context, w *work, order ca.Order, b batch) (ca.Order, error) {
	if err := i.Keeper.Await(ctx, b.held); err != nil {
		return order, err
	}
	i.tell(ctx, "ca.telling", w.certificate.Name, "", "telling the CA that the values are there")
	if err := w.client.Respond(ctx, w.account, b.told); err != nil {
		return order, err
	}
	i.tell(ctx, "ca.told", w.certificate.Name, "", "waiting for the CA to look")
	if !b.last {
		return order, w.client.AwaitValid(ctx, w.account, b.told)
	}
	order, err := w.client.AwaitReady(ctx, w.account, order, b.told)
	if err == nil {
		i.tell(ctx, "ca.satisfied", w.certificate.Name, "", "the CA has accepted the proof")
	}
	return order, err
}

// withdraw takes the values away. One that can't be is in the journal, and no reason to lose the certificate.
func (i *Issuer) withdraw(ctx context.Context, w *work, held *publish.Held) {
	if err := i.Keeper.Withdraw(ctx, held); err != nil {
		i.tell(ctx, "publish.left", w.certificate.Name, "", err.Error())
	}
}
