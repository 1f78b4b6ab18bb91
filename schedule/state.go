package schedule

import (
	"context"
	"time"

	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// Health is how well an installation, or one certificate, is.
type Health int

// The kinds of health. An expired certificate is the worst; a broken delegation counts before a renewal that fails, since it
// says what to mend.
const (
	Well    Health = iota
	Unsure         // a delegation can't be told for long, or was not looked at for long
	Broken         // a delegation is broken: somebody must change DNS
	Failing        // a certificate has expired, is about to since its renewal fails, or nobody renews it
)

// staleLook is how old the newest look may be: two daily ones were missed then. A certificate younger than that may have
// names that were never looked at.
const staleLook = 2 * day

// lateRenewal is how long a certificate may be due before somebody should wonder whether deputy renew runs at all; of
// short lives it is a third of the reserve.
const lateRenewal = 2 * day

// State is what there is to say about an installation's certificates and their delegations.
type State struct {
	At           time.Time
	Certificates []CertificateState // by name
	Health       Health             // the worst of all
}

// CertificateState is the state of one certificate.
type CertificateState struct {
	Certificate store.Certificate // without chain and key; LastError, Failures and RetryAt are of its renewal
	Due         time.Time
	Why         string // it is due then
	Expired     bool
	Failing     bool // its renewal failed at the last try
	Endangered  bool // besides, less than a third of its life is left, or it was never issued
	Late        bool // it is due for long, and nobody has tried
	Names       []NameState
	Health      Health
}

// NameState is the state of the delegation of one host.
type NameState struct {
	Host     name.Name
	Look     store.Look // the newest; zero where it was never looked at
	Looked   bool
	Stale    bool      // the newest look is over two days old, or there is none where there should be one
	Told     bool      // Look could not tell, nor could those before it: deputy's alarm has been raised
	LastGood time.Time // the newest look that is kept at which all was well; zero where there is none
	Health   Health
}

// Rows are what a State is made of.
type Rows struct {
	Certificates []store.Certificate
	Looks        map[name.Name][]store.Look // the looks at a host that are kept, oldest first; the newest alone will do where it is ok
}

// ReadState reads the state of an installation, all of one moment.
func ReadState(ctx context.Context, s *store.Store) (State, error) {
	rows := Rows{Looks: map[name.Name][]store.Look{}}
	err := s.View(ctx, func(t *store.Tx) (err error) {
		if rows.Certificates, err = t.Certificates(); err != nil {
			return err
		}
		newest, err := t.LastLooks()
		if err != nil {
			return err
		}
		for _, l := range newest {
			rows.Looks[l.Name] = []store.Look{l}
			if l.Verdict == good {
				continue
			}
			if rows.Looks[l.Name], err = t.Looks(l.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return State{}, err
	}
	return rows.State(time.Now()), nil
}

// State judges the rows at now. Where no name was ever looked at, nobody runs a watch, and that is nobody's fault; where
// one runs, a name that it leaves out for days is.
func (r Rows) State(now time.Time) State {
	s := State{At: now}
	for _, c := range r.Certificates {
		one := r.certificate(c, now)
		s.Certificates = append(s.Certificates, one)
	}
	s.Health = healthOf(s.Certificates)
	return s
}

func (r Rows) certificate(c store.Certificate, now time.Time) CertificateState {
	s := CertificateState{Certificate: c, Failing: c.Failures > 0}
	s.Certificate.Chain, s.Certificate.Key = nil, secret.Value{}
	due, why, next := Due(c, now)
	s.Due, s.Why = next, why
	if c.Version > 0 {
		s.Expired = !now.Before(c.NotAfter)
		s.Late = due && now.Sub(next) > min(lateRenewal, c.NotAfter.Sub(next)/3)
	}
	s.Endangered = s.Failing && (c.Version == 0 || c.NotAfter.Sub(now) < c.NotAfter.Sub(c.NotBefore)/3)
	for _, host := range name.Hosts(c.Names) {
		s.Names = append(s.Names, r.host(host, c.Created, now))
	}
	s.Health = healthOf([]CertificateState{s})
	return s
}

// healthOf is what counts of all that is wrong.
func healthOf(all []CertificateState) Health {
	var names, renewals Health
	for _, c := range all {
		if c.Expired {
			return Failing
		}
		if c.Endangered || c.Late {
			renewals = Failing
		}
		for _, n := range c.Names {
			names = max(names, n.Health)
		}
	}
	if names == Broken {
		return Broken
	}
	return max(names, renewals)
}

func (r Rows) host(host name.Name, created, now time.Time) NameState {
	past := r.Looks[host]
	n := NameState{Host: host, Look: newest(past), Looked: len(past) > 0}
	n.LastGood = change{past: past}.lastGood()
	n.Told = unknowns(past) >= toldUnknown
	n.Stale = n.Looked && now.Sub(n.Look.Last) > staleLook || !n.Looked && len(r.Looks) > 0 && now.Sub(created) > staleLook
	counts := n.Look
	if !n.Told && n.Look.Verdict == unknown {
		counts = known(past) // a look or two that could not tell mend nothing
	}
	switch {
	case counts.Verdict == broken:
		n.Health = Broken
	case n.Told, n.Stale:
		n.Health = Unsure
	}
	return n
}
