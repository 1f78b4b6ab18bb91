package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deputy/fault"
	"deputy/store"
)

// Proof is what two values at one name showed of a DNS Provider's document.
type Proof struct {
	Target     store.Target
	Values     [2]string
	Additive   bool   // the second value left the first alone, and so did the removal of the first the second
	Told       bool   // that Additive says something: the test got far enough
	Why        string // what showed it, a phrase
	Removable  bool   // the document can remove values; what it can't stays where it is
	Gone       bool   // no server shows either any more
	Servers    int    // how many authoritative addresses agreed, of those that answered
	Unanswered bool   // some did not answer, and were left out after the grace
}

// Prove puts two values at a name where nothing is, one after the other, and looks at every authoritative server at what
// becomes of the first; then it removes them one after the other in the same way. Each is journalled first, as everything
// is, so that a process that dies leaves nothing that Recover does not find. What was put is withdrawn on every exit. The
// caller keeps holder's heart beating, as for Put.
//
// A document that can only hold one value is what this finds out, so the turns that Put would take are not kept; that no
// value of anybody else is there is seen before; what an earlier test left there is withdrawn first. Faults: ForeignValue where one is, and those of Put, Await and Withdraw.
func (k *Keeper) Prove(ctx context.Context, holder *store.Claim, t store.Target, values [2]string) (Proof, error) {
	traits, err := k.Host.Traits(t)
	if err != nil {
		return Proof{}, fmt.Errorf("ask what %s can do at %s: %w", t.Provider, t.Owner, err)
	}
	together := *k
	together.Host = oblivious{k.Host}
	p := &proving{Keeper: &together, holder: holder, Proof: Proof{Target: t, Values: values, Removable: traits.Removable}}
	if _, err := k.recoverAt(ctx, &site{owner: t.Owner}); err != nil {
		return p.Proof, fmt.Errorf("withdraw what is left at %s: %w", t.Owner, err)
	}
	if err := p.refuseUsed(ctx); err != nil {
		return p.Proof, err
	}
	if err := p.add(ctx); err != nil {
		return p.Proof, errors.Join(err, p.clean(ctx))
	}
	if p.Additive && p.Removable {
		err = p.removeFirst(ctx)
	}
	if err != nil {
		p.Told = false // that values come side by side does not show that they go one by one
	}
	cleanErr := p.clean(ctx)
	if err != nil && p.Gone {
		return p.Proof, p.unproven(err)
	}
	return p.Proof, errors.Join(err, cleanErr)
}

// unproven is the fault for a test that came to no end and left nothing: cause says of more to do than there is.
func (p *proving) unproven(cause error) *fault.Fault {
	return &fault.Fault{
		Code:  fault.HostFailed,
		Tried: fmt.Sprintf("see at %s whether the removal of one value leaves the other, through %s", p.Target.Owner, p.Target.Provider),
		Seen:  seen(cause) + "; both values are gone in the meantime",
		Do:    "run the test again: what it shows without an end is not kept",
		Who:   fault.Admin,
		Err:   cause,
	}
}

// oblivious is a host whose values are written side by side, whatever becomes of them: that is the question.
type oblivious struct{ Host }

// Traits are those of the host, without what would keep two values apart or make the test slow.
func (o oblivious) Traits(t store.Target) (store.Traits, error) {
	traits, err := o.Host.Traits(t)
	traits.Capacity, traits.Replacing, traits.Floor, traits.TurnWait = 0, false, 0, 0
	return traits, err
}

// proving is a test at work.
type proving struct {
	*Keeper
	Proof
	holder *store.Claim
	held   [2]*Held
}

// presence is which of the two values stand at the name.
type presence string

const (
	mixed      presence = "" // servers differ
	neither    presence = "neither value"
	onlyFirst  presence = "the first value alone"
	onlySecond presence = "the second value alone"
	both       presence = "both values"
)

func (p *proving) presence(shown []string) presence {
	switch first, second := slices.Contains(shown, p.Values[0]), slices.Contains(shown, p.Values[1]); {
	case first && second:
		return both
	case first:
		return onlyFirst
	case second:
		return onlySecond
	}
	return neither
}

// refuseUsed is the fault for a name where something stands already: a document that replaces would take it away.
func (p *proving) refuseUsed(ctx context.Context) error {
	var rows []store.Publication
	err := p.Store.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = tx.PublicationsAt(p.Target.Owner)
		return err
	})
	if err != nil {
		return err
	}
	request, cancel := context.WithTimeout(ctx, p.span())
	defer cancel()
	v, err := p.look(request, p.Target)
	if err != nil {
		return err
	}
	if len(rows)+len(v.values) == 0 {
		return nil
	}
	value := texts(rows)
	if len(v.values) > 0 {
		value = v.values
	}
	return &fault.Fault{
		Code:  fault.ForeignValue,
		Tried: fmt.Sprintf("test %s at %s", p.Target.Provider, p.Target.Owner),
		Seen:  fmt.Sprintf("the value %.60q is there already, and would be lost if the DNS Configuration replaces values", value[0]),
		Do:    "test at a name where nothing is, or without naming one: then deputy makes one up",
		Who:   fault.Admin,
	}
}

// add puts one value after the other, and sees what becomes of the first.
func (p *proving) add(ctx context.Context) error {
	for n := range p.Values {
		held, err := p.Put(ctx, p.holder, []Value{{Target: p.Target, Text: p.Values[n]}})
		if err != nil {
			return err
		}
		p.held[n] = held
		if err := p.Await(ctx, held); err != nil {
			return err
		}
		p.say(ctx, fmt.Sprintf("value %d of 2 is at every server", n+1))
	}
	found, err := p.until(ctx, both, onlySecond)
	if err != nil {
		return err
	}
	p.Told, p.Additive = true, found == both
	p.Why = "every server shows both values"
	if !p.Additive {
		p.Why = "the first value was gone when the second came"
	}
	p.say(ctx, p.Why)
	return nil
}

// removeFirst removes the first value, and sees whether the second is still there.
func (p *proving) removeFirst(ctx context.Context) error {
	if err := p.Withdraw(ctx, p.held[0]); err != nil {
		return err
	}
	p.held[0] = nil
	found, err := p.until(ctx, onlySecond, neither)
	if err != nil {
		return err
	}
	p.Additive, p.Why = found == onlySecond, "each value came and went alone"
	if !p.Additive {
		p.Why = "the second value was gone when the first was removed"
	}
	p.say(ctx, p.Why)
	return nil
}

// clean withdraws what is left, and sees it gone everywhere, unless ctx has ended.
func (p *proving) clean(ctx context.Context) error {
	err := errors.Join(p.Withdraw(ctx, p.held[0]), p.Withdraw(ctx, p.held[1]))
	if err != nil || !p.Removable || ctx.Err() != nil {
		return err
	}
	if _, err := p.until(ctx, neither, mixed); err != nil {
		return err
	}
	p.Gone = true
	p.say(ctx, "no server shows either value any more")
	return nil
}

// until asks all servers until those that answer agree on wanted, or for a while on otherwise, and gives the one that came.
func (p *proving) until(ctx context.Context, wanted, otherwise presence) (presence, error) {
	began, since := time.Now(), time.Time{}
	for {
		now, whole, err := p.everywhere(ctx)
		enough := err == nil && (whole || time.Since(began) >= p.grace())
		switch {
		case enough && now == wanted:
			return now, nil
		case enough && now == otherwise && now != mixed && since.IsZero():
			since = time.Now()
		case enough && now == otherwise && now != mixed && time.Since(since) >= p.grace()/10:
			return now, nil
		case now != otherwise:
			since = time.Time{}
		}
		if time.Since(began) > p.limit() {
			return mixed, p.disagreement(wanted, now, err)
		}
		if err := wait(ctx, pace(time.Since(began))); err != nil {
			return mixed, err
		}
	}
}

// everywhere is what all servers that answer show alike, mixed where they differ; whole says that all answered.
func (p *proving) everywhere(ctx context.Context) (all presence, whole bool, err error) {
	request, cancel := context.WithTimeout(ctx, p.span())
	defer cancel()
	seen, whole, err := p.ask(request, p.Target.Owner)
	if err != nil {
		return mixed, false, err
	}
	p.Servers, p.Unanswered = len(seen), !whole
	for n, a := range seen {
		one := p.presence(textsOf(a, p.Target.Owner))
		if n > 0 && one != all {
			return mixed, whole, nil
		}
		all = one
	}
	return all, whole, nil
}

// disagreement is the fault for servers that never came to show what the host had confirmed.
func (p *proving) disagreement(wanted, now presence, err error) *fault.Fault {
	seen := "the servers differ"
	switch {
	case err != nil:
		seen = err.Error()
	case now != mixed:
		seen = "they show " + string(now)
	}
	return &fault.Fault{
		Code:  fault.NotPropagated,
		Tried: fmt.Sprintf("see %s at every server of %s", wanted, p.Target.Owner),
		Seen:  fmt.Sprintf("after %s %s", p.limit().Round(time.Second), seen),
		Do:    fmt.Sprintf("look at the DNS host at what is at %s (%s), and remove it there if it is left", p.Target.Owner, strings.Join(p.Values[:], " and ")),
		Who:   fault.Admin,
		Err:   err,
	}
}

func (p *proving) say(ctx context.Context, text string) {
	if p.Tell != nil {
		p.Tell(ctx, store.Event{Kind: "publish.proved", Name: p.Target.Owner.String(), Text: text, Data: map[string]string{"provider": p.Target.Provider}})
	}
}
