package provider

import (
	"context"
	"errors"
	"time"

	"deputy/dnsconfig"
	"deputy/egress"
	"deputy/fault"
)

// operation is one request of a native document to be made.
type operation struct {
	op dnsconfig.Op
	in dnsconfig.Inputs
}

// reply is the answer to a request of a native document, judged.
type reply struct {
	operation
	request dnsconfig.Request
	answer  dnsconfig.Response
	dnsconfig.Judgement
}

// speak sends the request of one operation, in a session where the document has a login. A session that turns out to be over
// is begun anew once.
func (a *account) speak(ctx context.Context, o operation, ask asker) (reply, error) {
	for again := false; ; again = true {
		s, err := a.inSession(ctx, &o)
		if err != nil {
			return reply{operation: o}, err
		}
		got := reply{operation: o}
		got.request, got.answer, err = ask(ctx, a.questionOf(o))
		if err != nil {
			return got, err
		}
		got.Judgement = a.native.Judge(o.op, o.in, got.answer)
		if got.Outcome == dnsconfig.Throttled {
			got.Outcome = dnsconfig.Failed // 503 without a word on when: it may have been done
		}
		if got.Outcome != dnsconfig.Expired || s == nil {
			return got, nil
		}
		a.sessions.expired(s)
		if again {
			return got, nil
		}
	}
}

// inSession gives an operation the session that it needs.
func (a *account) inSession(ctx context.Context, o *operation) (*session, error) {
	if o.op == dnsconfig.Login {
		return nil, nil
	}
	s, err := a.session(ctx, o.in)
	if s != nil {
		o.in.Session = s.values
	}
	return s, err
}

// questionOf is an operation as ask sends it.
func (a *account) questionOf(o operation) question {
	q := question{owner: o.in.Name.String(), place: sent{zone: o.in.Zone.String(), name: o.in.Name.String()}}
	switch o.op {
	case dnsconfig.Login:
		q.place = sent{}
		q.heed = func(answer dnsconfig.Response) { a.learn(o.in, answer) }
	case dnsconfig.Zones:
		q.place = sent{}
	}
	q.make = func() (dnsconfig.Request, error) { return a.request(o) }
	q.held = func(answer dnsconfig.Response, n int) (time.Duration, bool) {
		j := a.native.Judge(o.op, o.in, answer)
		return a.patience.judged(j, answer, n)
	}
	return q
}

// request makes the request of an operation, and refuses it where it does not belong to its target.
func (a *account) request(o operation) (dnsconfig.Request, error) {
	r, err := a.native.Request(o.op, o.in)
	if err != nil {
		return dnsconfig.Request{Op: o.op}, a.clean(err)
	}
	return r, a.belongs(r, o.in)
}

// fetch makes an operation that only reads, again where the host fails.
func (a *account) fetch(ctx context.Context, op dnsconfig.Op, in dnsconfig.Inputs) (reply, dnsconfig.Result, error) {
	for n := 1; ; n++ {
		got, err := a.speak(ctx, operation{op, in}, a.ask)
		var lost *egress.Unanswered
		var f *fault.Fault
		switch {
		case errors.As(err, &lost):
			f = a.unanswered(got.request, lost, false)
		case err != nil:
			return got, dnsconfig.Result{}, err
		case got.Outcome == dnsconfig.Accepted || got.Outcome == dnsconfig.Absent:
			result, err := a.digest(got)
			return got, result, err
		default:
			f = a.refusal(got)
		}
		passes := f.Code == fault.HostFailed || got.Outcome == dnsconfig.Conflict
		if !passes || n >= a.patience.rounds || pause(ctx, a.patience.backoff(n)) != nil {
			return got, dnsconfig.Result{}, f
		}
	}
}

// digest reads an answer that was accepted.
func (a *account) digest(got reply) (dnsconfig.Result, error) {
	result, err := a.native.Read(got.op, got.in, got.answer)
	a.traceRead(got.op, result)
	var bad *dnsconfig.AnswerError
	switch {
	case !errors.As(err, &bad):
		return result, err
	case bad.Refused:
		return result, a.refusal(got)
	}
	return result, a.nonsense(got.request, got.answer, bad.Reason)
}
