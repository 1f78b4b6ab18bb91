package dnsconfig

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Bounds of what a document may say of a host's limits.
const (
	maxTTL         = 1<<31 - 1 // RFC 2181 §8
	maxPublication = 48 * time.Hour
	maxPer         = 24 * time.Hour
	maxPoll        = 10 * time.Minute
)

func (p *parsing) limits() error {
	s, err := keyedAt(p.root.given["limits"], "writes_per_second", "requests", "minimum_ttl", "ttls", "values", "publication")
	if err != nil {
		return err
	}
	l := &p.native.limits
	var errs [6]error
	l.WritesPerSecond, errs[0] = s.rate("writes_per_second")
	l.MinimumTTL, errs[1] = s.whole("minimum_ttl", 0, maxTTL)
	l.Values, errs[2] = s.whole("values", 1, 1000)
	l.Publication, errs[3] = s.duration("publication", maxPublication)
	l.TTLs, errs[4] = ttls(s)
	l.Requests, errs[5] = windows(s)
	return firstOf(errs[:]...)
}

func ttls(s keyed) ([]int, error) {
	elements, err := s.elements("ttls")
	if err != nil {
		return nil, err
	}
	var all []int
	for _, n := range elements {
		ttl, err := wholeAt(n, 1, maxTTL)
		if err != nil {
			return nil, err
		}
		all = append(all, ttl)
	}
	if elements != nil && len(all) == 0 {
		return nil, &leafError{s.given["ttls"], errors.New("ttls is empty; leave it out where the host takes any")}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func windows(s keyed) ([]Window, error) {
	elements, err := s.elements("requests")
	if err != nil {
		return nil, err
	}
	var all []Window
	for _, n := range elements {
		w, err := window(n)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

func window(n ast.Node) (Window, error) {
	s, err := keyedAt(n, "count", "per", "by", "writes")
	if err != nil {
		return Window{}, err
	}
	var w Window
	var errs [4]error
	w.Count, errs[0] = s.whole("count", 1, 1_000_000)
	w.Per, errs[1] = s.duration("per", maxPer)
	w.By, errs[2] = s.text("by")
	w.Writes, errs[3] = s.truth("writes")
	if err := firstOf(errs[:]...); err != nil {
		return w, err
	}
	if w.Count == 0 || w.Per == 0 {
		return w, &leafError{n, errors.New("count and per have to be there, as in {count: 1200, per: 5m}")}
	}
	known := []string{"account", "zone", "name"}
	if w.By == "" {
		w.By = known[0]
	}
	if !slices.Contains(known, w.By) {
		return w, &leafError{s.given["by"], fmt.Errorf("by is %q; it can be %s", cut(w.By, 40), words(known, "or"))}
	}
	return w, nil
}

// ttl is the TTL of values in a zone with this minimum, in seconds: the least that the host takes.
func (l Limits) ttl(zone int) int {
	wanted := max(defaultTTL, l.MinimumTTL, zone)
	for _, t := range l.TTLs {
		if t >= wanted {
			return t
		}
	}
	if len(l.TTLs) > 0 {
		return l.TTLs[len(l.TTLs)-1]
	}
	return wanted
}
