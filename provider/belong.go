package provider

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"deputy/dnsconfig"
	"deputy/name"
)

// belongs refuses a request of a native document that does not belong to the target (rule 2 of the design): a write names
// the target and its zone, or an id that an answer gave. Its URL needs no look: what is put into it is escaped. That the
// zone's id is one that the host has answered, and a record's too, the readings have seen to.
func (a *account) belongs(r dnsconfig.Request, in dnsconfig.Inputs) error {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil // egress refuses it
	}
	var seen string
	switch {
	case !writes(r):
		seen = readsOnly(r)
	case r.Op == dnsconfig.Commit:
		seen = a.strays(said(u, r.Body), in)
	default:
		p := place{owner: in.Name, zone: in.Zone, zones: []string{in.ZoneID}, single: a.single()}
		if !a.native.Has(dnsconfig.List) {
			p.set = in.ID
		} else if r.Op == dnsconfig.Delete {
			p.records = []string{in.ID}
		}
		seen = p.missing(said(u, r.Body), r.Op)
	}
	if seen == "" {
		return nil
	}
	return a.stray(r, in.Name, seen)
}

// readsOnly refuses the methods that nobody reads with. That a POST only reads can't be told: many APIs know no other method.
func readsOnly(r dnsconfig.Request) string {
	session := r.Op == dnsconfig.Login || r.Op == dnsconfig.Logout
	if session || r.Method == "GET" || r.Method == "POST" {
		return ""
	}
	return fmt.Sprintf("%s only reads, and its method %s is for changes", r.Op, r.Method)
}

// setID is the id by which the host knows the set at the target, where the document keeps one of the reading: a text or number,
// or the member id of what it keeps; "" where the answer does not say it, or it is the zone's.
func setID(in dnsconfig.Inputs, answer dnsconfig.Response, found any) string {
	id := idOf(found)
	if id == in.ZoneID || id == in.Zone.String() || !wordsOf(answer).hold(id) {
		return ""
	}
	return id
}

func idOf(found any) string {
	if members, ok := found.(map[string]any); ok {
		found = members["id"]
	}
	switch x := found.(type) {
	case string:
		return x
	case int:
		return strconv.Itoa(x)
	}
	return ""
}

// strays says why a commit is not for the zone of the target: it names another. One that names none is for the whole account.
func (a *account) strays(says sayings, in dnsconfig.Inputs) string {
	if says.name(in.Zone.String()) || says.value(in.ZoneID) {
		return ""
	}
	for _, zone := range a.Zones {
		if zone != in.Zone && says.name(zone.String()) {
			return fmt.Sprintf("it names the zone %s, and the change was in %s", zone, in.Zone)
		}
	}
	for _, word := range says.query {
		if domain, ok := domainLike(word); ok && !domain.In(in.Zone) {
			return fmt.Sprintf("it names %s, and the change was in the zone %s", domain, in.Zone)
		}
	}
	return ""
}

// domainLike says that a word reads as a domain: two labels or more, the last of letters.
func domainLike(word string) (name.Name, bool) {
	word = strings.TrimSuffix(word, ".")
	last := word[strings.LastIndex(word, ".")+1:]
	if last == word || len(last) < 2 || strings.ContainsFunc(last, func(c rune) bool { return c < 'a' || c > 'z' }) {
		return name.Name{}, false
	}
	domain, err := name.ParseOwner(word)
	return domain, err == nil
}

// wordSet is what an answer says, in words.
type wordSet map[string]bool

func wordsOf(answer dnsconfig.Response) wordSet {
	set := wordSet{}
	for _, word := range words(strings.ToLower(unescaped(answer.Body))) {
		set[word] = true
	}
	return set
}

// hold says that all words of an id stand in the answer, so that the document did not make it up.
func (w wordSet) hold(id string) bool {
	return !slices.ContainsFunc(words(strings.ToLower(id)), func(word string) bool { return !w[word] })
}
