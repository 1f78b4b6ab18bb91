package desec

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// change is one RRset as a request wants it. Empty records: gone.
type change struct {
	old     *rrset // nil: new
	subname string
	rrtype  string
	ttl     int
	records []string
}

// published says that DNS shows a difference: writing what is there already only touches it.
func (w change) published() bool {
	if w.old == nil {
		return len(w.records) > 0
	}
	return w.old.ttl != w.ttl || !slices.Equal(slices.Sorted(slices.Values(w.old.records)), slices.Sorted(slices.Values(w.records)))
}

// write makes all changes, or none, and gives the RRsets that are there afterwards: the new ones first, as deSEC does.
func (c *call) write(changes []change) ([]*rrset, error) {
	for _, w := range changes {
		if wrong := w.nonconforming(); len(wrong) > 0 {
			return nil, refuse(http.StatusBadRequest, wrong)
		}
	}
	if err := c.apply(changes); err != nil {
		return nil, err
	}
	var created, updated []*rrset
	for _, w := range changes {
		s := c.domain.find(w.subname, w.rrtype)
		switch {
		case s == nil:
		case w.old == nil:
			created = append(created, s)
		default:
			updated = append(updated, s)
		}
	}
	return append(created, updated...), c.announce(changes)
}

// nonconforming lists what DNS does not allow: the second stage of
// https://desec.readthedocs.io/en/latest/dns/rrsets.html#input-validation, whose errors name no element.
func (w change) nonconforming() []string {
	var wrong []string
	if (w.rrtype == "CNAME" || w.rrtype == "DNAME") && len(w.records) > 1 {
		wrong = append(wrong, fmt.Sprintf("%s RRset cannot have multiple records.", w.rrtype))
	}
	if (w.rrtype == "CNAME" || w.rrtype == "DS") && w.subname == "" && len(w.records) > 0 {
		wrong = append(wrong, fmt.Sprintf("%s RRset cannot have empty subname.", w.rrtype))
	}
	return wrong
}

// apply commits, unless PowerDNS is down: deSEC tells it within its own transaction, which then rolls back.
func (c *call) apply(changes []change) error {
	if c.host.powerDNSDown && slices.ContainsFunc(changes, change.published) {
		return &refusal{page(http.StatusInternalServerError, "Server Error (500)", "")}
	}
	for _, w := range changes {
		c.domain.put(w, c.now)
		c.domain.touched = c.now
		if w.published() {
			c.domain.published = c.now
		}
	}
	return nil
}

// put replaces the RRset of a change; deletions come before anything else by way of validation, which lets no two
// changes of one request meet at one name and type.
func (d *domain) put(w change, now time.Time) {
	s := &rrset{w.subname, w.rrtype, w.ttl, w.records, now, now}
	if w.old == nil {
		if len(w.records) > 0 {
			d.rrsets = append(d.rrsets, s)
		}
		return
	}
	i := slices.Index(d.rrsets, w.old)
	if len(w.records) == 0 {
		d.rrsets = slices.Delete(d.rrsets, i, i+1)
		return
	}
	s.created = w.old.created
	d.rrsets[i] = s
}

// announce tells the name servers what is committed. When they fail, deSEC answers 500 and keeps the change.
func (c *call) announce(changes []change) error {
	var failed error
	for _, w := range changes {
		if !w.published() {
			continue
		}
		set := RRset{Name: c.domain.fqdn(w.subname), Type: w.rrtype, TTL: w.ttl, Records: slices.Clone(w.records)}
		if err := c.host.publish(c.domain.name, set); err != nil {
			failed = refuse(http.StatusInternalServerError, detail("Internal Server Error. We're on it!"))
		}
	}
	return failed
}
