package desec

import (
	"fmt"
	"strings"
)

// Edit changes a zone past the API, as its owner does at the web page: f changes DNS and gives the RRsets it touched as
// they are afterwards, empty ones gone. No request is handled meanwhile. The sets are neither checked nor throttled nor
// published; from then on the API shows them. Where the host has no such zone f is not called.
func (h *Host) Edit(zone string, f func() []RRset) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, ok := h.domains[strings.TrimSuffix(zone, ".")]
	if !ok {
		return fmt.Errorf("the host has no zone %s", zone)
	}
	now := h.clock()
	for _, set := range f() {
		subname := strings.TrimSuffix(strings.TrimSuffix(set.Name, d.fqdn("")), ".")
		d.put(change{d.find(subname, set.Type), subname, set.Type, set.TTL, shown(set)}, now)
	}
	d.touched, d.published = now, now
	return nil
}

// shown are a set's records as the API shows them; what it would refuse is shown as it is.
func shown(set RRset) []string {
	var records []string
	for _, content := range set.Records {
		if canonical, err := canonicalContent(set.Type, content); err == nil {
			content = canonical
		}
		records = append(records, content)
	}
	return records
}
