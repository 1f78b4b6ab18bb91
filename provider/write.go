package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"deputy/dnsconfig"
	"deputy/egress"
	"deputy/fault"
)

// plan gives the writes that lead from have to what is wanted; none where nothing is to be done.
func (a *account) plan(in dnsconfig.Inputs, have state, add, remove []string) []operation {
	in.Forms, in.Found, in.ID = have.forms, have.found, have.set
	var gone, missing []string
	for _, v := range remove {
		if slices.Contains(have.values, v) && !slices.Contains(add, v) {
			gone = appendNew(gone, v)
		}
	}
	for _, v := range add {
		if !slices.Contains(have.values, v) {
			missing = appendNew(missing, v)
		}
	}
	switch {
	case len(gone)+len(missing) == 0:
		return nil
	case a.native.Has(dnsconfig.List):
		return recordWrites(in, have, gone, missing)
	}
	return a.setWrites(in, have, gone, missing)
}

// recordWrites creates and deletes single records.
func recordWrites(in dnsconfig.Inputs, have state, gone, missing []string) []operation {
	var all []operation
	for _, v := range missing {
		in.Value = v
		all = append(all, operation{dnsconfig.Create, in})
	}
	for _, record := range have.records {
		if slices.Contains(gone, record.Value) {
			in.Value, in.ID, in.Record = record.Value, record.ID, record.Raw
			all = append(all, operation{dnsconfig.Delete, in})
		}
	}
	return all
}

// setWrites changes the set: by what the host itself adds and removes, where it can, else as a whole.
func (a *account) setWrites(in dnsconfig.Inputs, have state, gone, missing []string) []operation {
	adds := len(missing) == 0 || a.native.Has(dnsconfig.AddSome)
	removes := len(gone) == 0 || a.native.Has(dnsconfig.Remove)
	if adds && removes {
		var all []operation
		if len(missing) > 0 {
			in.Values = missing
			all = append(all, operation{dnsconfig.AddSome, in})
		}
		if len(gone) > 0 {
			in.Values = gone
			all = append(all, operation{dnsconfig.Remove, in})
		}
		return all
	}
	kept := slices.DeleteFunc(slices.Clone(have.values), func(v string) bool { return slices.Contains(gone, v) })
	op := dnsconfig.Replace
	in.Values = append(kept, missing...)
	switch {
	case len(in.Values) == 0 && a.native.Has(dnsconfig.Delete):
		op = dnsconfig.Delete
	case have.absent && a.native.Has(dnsconfig.Create):
		op = dnsconfig.Create
	}
	return []operation{{op, in}}
}

// rehearsed refuses all writes where one can't be made or does not belong to its target, before any is sent.
func (a *account) rehearsed(ctx context.Context, all []operation) error {
	for _, o := range all {
		if _, err := a.inSession(ctx, &o); err != nil {
			return err
		}
		if _, err := a.request(o); err != nil {
			return err
		}
	}
	return nil
}

// write sends the writes in order. It stops at the first that is not accepted: shaky where reading decides, else an
// error.
func (c *changing) write(ctx context.Context, all []operation) (*shaky, error) {
	if err := c.rehearsed(ctx, all); err != nil {
		return nil, err
	}
	for _, o := range all {
		doubt, err := c.writeOne(ctx, o)
		if doubt != nil || err != nil {
			return doubt, err
		}
	}
	return nil, nil
}

// writeOne sends one write, and waits for its end where the host makes it after the answer.
func (c *changing) writeOne(ctx context.Context, o operation) (*shaky, error) {
	got, err := c.speak(ctx, o, c.ask)
	var lost *egress.Unanswered
	switch {
	case errors.As(err, &lost):
		return &shaky{fault: c.unanswered(got.request, lost, true), lost: true}, nil
	case err != nil:
		return nil, err
	}
	switch got.Outcome {
	case dnsconfig.Accepted:
	case dnsconfig.Absent:
		if o.op == dnsconfig.Write {
			return nil, c.refusal(got) // there is no reading that would tell that nothing was written
		}
		return nil, nil // what was to go is gone; else reading back tells
	case dnsconfig.Exists:
		if c.single() {
			return nil, nil // there is no reading that could tell more
		}
		return &shaky{fault: c.refusal(got)}, nil
	case dnsconfig.Failed, dnsconfig.Conflict:
		return &shaky{fault: c.refusal(got), undone: got.Outcome == dnsconfig.Conflict}, nil
	default:
		return nil, c.refusal(got)
	}
	result, err := c.digest(got)
	if err != nil {
		return nil, err
	}
	if c.pretended != nil {
		c.pretended.wrote(o)
	}
	return c.finish(ctx, o.in, result.Job)
}

// finish waits for the end of a change that the host makes after its answer.
func (c *changing) finish(ctx context.Context, in dnsconfig.Inputs, job string) (*shaky, error) {
	if job == "" || !c.native.Has(dnsconfig.Poll) {
		return nil, nil
	}
	in.Job = job
	for n := 1; ; n++ {
		got, result, err := c.fetch(ctx, dnsconfig.Poll, in)
		f, isFault := fault.From(err)
		switch {
		case isFault:
			return &shaky{fault: asDoubt(f), lost: true}, nil
		case err != nil:
			return nil, doubtful(err)
		case result.Failed:
			return nil, c.jobFailed(got)
		case result.Done || result.Absent:
			return nil, nil
		}
		if n >= c.patience.polls || pause(ctx, c.patience.between(c.native.PollEvery())) != nil {
			return &shaky{fault: c.unfinished(got), lost: true}, nil
		}
	}
}

func (a *account) jobFailed(got reply) error {
	f := a.refusal(got)
	f.Code, f.Who = fault.HostRefused, fault.DNSHost
	f.Seen = "the host took the change and could not make it: " + f.Seen
	f.Do = "see what the host says; if it goes on, ask the DNS host"
	return f
}

func (a *account) unfinished(got reply) *fault.Fault {
	return asDoubt(&fault.Fault{
		Code:  fault.HostFailed,
		Tried: a.tried(got.request),
		Seen:  "the host took the change and has not finished it in time: " + a.seen(presentable(got.request, got.answer), ""),
		Do:    "try again later; if it goes on, ask the DNS host",
		Who:   fault.DNSHost,
	})
}

// commit makes the host publish what was written, where that takes a request of its own. Its failure leaves the change made
// and not published.
func (c *changing) commit(ctx context.Context, in dnsconfig.Inputs) error {
	if !c.native.Has(dnsconfig.Commit) {
		return nil
	}
	o := operation{dnsconfig.Commit, in}
	for n := 1; ; n++ {
		last, err := c.writeOne(ctx, o)
		if err != nil {
			return doubtful(err)
		}
		if last == nil {
			return nil
		}
		if n >= c.patience.rounds || pause(ctx, c.patience.backoff(n)) != nil {
			return doubtful(last.fault)
		}
	}
}

// put is a change of the single style, which reads nothing: each value is written, or cleared. What is not accepted can't be
// looked up, so that an answer which does not tell is doubt.
func (c *changing) put(ctx context.Context, in dnsconfig.Inputs, add, remove []string) error {
	var all []operation
	for _, v := range appendNew(nil, add...) {
		in.Value = v
		all = append(all, operation{dnsconfig.Write, in})
	}
	for _, v := range appendNew(nil, remove...) {
		if slices.Contains(add, v) {
			continue
		}
		if !c.native.Has(dnsconfig.Clear) {
			return c.notRemovable(in, v)
		}
		in.Value = v
		all = append(all, operation{dnsconfig.Clear, in})
	}
	for n := 1; ; n++ {
		last, err := c.write(ctx, all)
		switch {
		case err != nil:
			c.forget(in.Name)
			return err
		case last == nil:
			return c.commit(ctx, in)
		case !last.undone:
			return doubtful(last.fault)
		case n >= c.patience.rounds || pause(ctx, c.patience.backoff(n)) != nil:
			return last.fault
		}
	}
}

func (a *account) notRemovable(in dnsconfig.Inputs, value string) error {
	return &fault.Fault{
		Code:  fault.NotWritten,
		Tried: fmt.Sprintf("remove %s at %s with the DNS Provider %s", value, in.Name, a.Name),
		Seen:  "the host's API has no request to remove a value",
		Do:    "leave it: it is overwritten by a later one",
		Who:   fault.Nobody,
	}
}

// asDoubt is a fault after which the change may have been made.
func asDoubt(f *fault.Fault) *fault.Fault {
	marked, _ := fault.From(doubtful(f))
	return marked
}
