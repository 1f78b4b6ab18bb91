package lab

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"deputy/internal/lab/desec"

	"github.com/miekg/dns"
)

// DeSEC is the deSEC-like host: https-less API at URL, two zones under Token ("martdj.dedyn.io", minimum TTL 60;
// "slow.dedyn.io", minimum TTL 3600), and one more account with a zone of its own. What it publishes is served by
// ns1.desec.lab at once and by ns2.desec.lab later, see Secondary. Zone.Add and Remove in these zones are what the owner
// does at the web page: the API shows it afterwards, and no rate limit counts it.
type DeSEC struct {
	host                 *desec.Host
	door                 *door
	web                  *web
	secondary            *Nameserver
	token, narrow, other string
}

// URL is where the API is: http://127.0.0.1:PORT/api/v1
func (d *DeSEC) URL() string { return d.web.url + "/api/v1" }

// Token owns "martdj.dedyn.io" and "slow.dedyn.io".
func (d *DeSEC) Token() string { return d.token }

// TXTToken is of the same account as Token, and its policies let it write TXT records in "martdj.dedyn.io" only.
func (d *DeSEC) TXTToken() string { return d.narrow }

// OtherToken owns "other.dedyn.io" only.
func (d *DeSEC) OtherToken() string { return d.other }

// Host is the API behind the door, for its switches.
func (d *DeSEC) Host() *desec.Host { return d.host }

// Secondary is ns2.desec.lab, whose SetLag says how late it shows a change.
func (d *DeSEC) Secondary() *Nameserver { return d.secondary }

// Intercept decides on each request before it is handled; nil takes the interception away.
func (d *DeSEC) Intercept(f func(*http.Request) Intervention) { d.door.set(f) }

func newDeSEC(l *Lab, o Options) (*DeSEC, error) {
	d := &DeSEC{token: rand.Text(), narrow: rand.Text(), other: rand.Text(), secondary: l.DNS(deSECSecondary)}
	domain, rrtype := "martdj.dedyn.io", "TXT"
	d.host = desec.New(desec.Config{
		Accounts: []desec.Account{
			{
				Tokens: []desec.Token{
					{Secret: d.token},
					{Secret: d.narrow, Policies: []desec.Policy{{}, {Domain: &domain, Type: &rrtype, Write: true}}},
				},
				Zones: []desec.Zone{{Name: "martdj.dedyn.io", MinimumTTL: 60}, {Name: "slow.dedyn.io", MinimumTTL: 3600}},
			},
			{
				Tokens: []desec.Token{{Secret: d.other}},
				Zones:  []desec.Zone{{Name: "other.dedyn.io", MinimumTTL: 60}},
			},
		},
		NoThrottle: o.NoThrottle,
		Publish:    l.publish,
	})
	for _, zone := range []string{"martdj.dedyn.io", "slow.dedyn.io", "other.dedyn.io"} {
		z := l.Zone(zone)
		z.mirror = func(edit func() []spot) { d.mirror(z, edit) }
	}
	d.door = &door{history: l.history, inside: d.host, entry: hostEntry("desec")}
	var err error
	d.web, err = serveHTTP(d.door, nil)
	return d, err
}

// publish puts an RRset of the deSEC-like host into its zone.
func (l *Lab) publish(zone string, set desec.RRset) error {
	z, err := l.findZone(zone)
	if err != nil {
		return err
	}
	t, ok := dns.StringToType[set.Type]
	if !ok {
		return fmt.Errorf("%q is no record type", set.Type)
	}
	lines := make([]string, len(set.Records))
	for i, record := range set.Records {
		lines[i] = fmt.Sprintf("%s %d IN %s %s", set.Name, set.TTL, set.Type, record)
	}
	records, err := z.parse(strings.Join(lines, "\n"))
	if err != nil {
		return err
	}
	z.set("desec", dns.CanonicalName(set.Name), t, records)
	return nil
}

// mirror runs an owner's edit of z and tells the API what it touched. A zone that was deleted by the API is DNS alone.
func (d *DeSEC) mirror(z *Zone, edit func() []spot) {
	err := d.host.Edit(z.origin, func() []desec.RRset { return z.sets(edit()) })
	if err != nil {
		edit()
	}
}

// sets are the RRsets at spots as they are now, in the host's form.
func (z *Zone) sets(spots []spot) []desec.RRset {
	v := z.newest()
	var all []desec.RRset
	for _, s := range spots {
		set := desec.RRset{Name: s.owner, Type: dns.TypeToString[s.rrtype]}
		for _, rr := range v.nodes[s.owner][s.rrtype] {
			set.TTL = int(rr.Header().Ttl)
			set.Records = append(set.Records, strings.TrimPrefix(rr.String(), rr.Header().String()))
		}
		all = append(all, set)
	}
	return all
}
