package provider

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"deputy/dnsconfig"
	"deputy/egress"
	"deputy/secret"
	"deputy/store"
)

// cfgUserName is the item of a DXL's account that Notes shows to everybody, though some hosts take it for half of a credential.
const cfgUserName = "cfg_UserName"

// account is one revision of a DNS Provider, ready to be spoken to.
type account struct {
	Document
	configuration
	network   network
	queue     *rate.Limiter
	windows   *windows
	redactor  *redaction
	tell      store.Sink
	traces    func(Trace)
	openly    bool // traces hide nothing, since somebody asked for that
	patience  patience
	sessions  sessions
	pretended *pretence // nil at a host
	clock     time.Time // for signatures; zero at a host: now
	commands  bool      // the installation allows documents that run programs

	mu     sync.Mutex
	zones  map[spot]dnsconfig.Result // as the host told them
	listed []listed                  // all of them, as it listed them; nil while it has not
}

// open makes an account ready; it sends nothing. Call with mu held.
func (r *Registry) open(d Document, c configuration) (*account, error) {
	roots, err := trusted(d.CA)
	if err != nil {
		return nil, fmt.Errorf("the DNS Provider %s: %w", d.Name, err)
	}
	client, err := egress.New(egress.Policy{
		Hosts:     c.bound(d),
		PlainHTTP: d.Allow.PlainHTTP,
		Addresses: d.Allow.Addresses,
		Roots:     roots,
		Proxy:     r.Proxy,
	})
	if err != nil {
		return nil, fmt.Errorf("the DNS Provider %s: %w", d.Name, err)
	}
	var limits dnsconfig.Limits
	if c.native != nil {
		limits = c.native.Limits()
	}
	return &account{
		Document:      d,
		configuration: c,
		network:       internet{client},
		queue:         r.queue(d, limits),
		windows:       r.windowsOf(d.Name),
		redactor:      newRedaction(c.secrets(d)),
		tell:          r.Tell,
		traces:        r.Traces,
		patience:      r.patience.orDefault(),
		commands:      r.Commands,
		zones:         map[spot]dnsconfig.Result{},
	}, nil
}

// secrets are the account's values but for those that the configuration calls public, and what is secret within these.
func (c configuration) secrets(d Document) []secret.Value {
	var found []secret.Value
	for key, value := range d.Account {
		if i := slices.IndexFunc(c.about().Fields, func(f dnsconfig.Field) bool { return c.same(f.Name, key) }); i < 0 || c.about().Fields[i].Secret {
			found = append(found, value)
			continue
		}
		if c.dxl != nil {
			found = append(found, hiddenIn(key, value)...)
		}
	}
	return found
}

// same says whether two texts name one field; the items of a DXL don't heed case.
func (c configuration) same(one, other string) bool {
	return one == other || c.dxl != nil && strings.EqualFold(one, other)
}

// shortestUserName is the length in octets from which a user name counts as half of a credential, as those that acme-dns
// gives out; shorter ones are words, and blanking these would make traces unreadable.
const shortestUserName = 8

// hiddenIn gives what is secret in a field of a DXL's account that is public by its name: an address with a user or a query,
// whole and in parts, and a long user name.
func hiddenIn(item string, value secret.Value) []secret.Value {
	text := value.Reveal()
	switch {
	case strings.EqualFold(item, cfgUserName) && len(text) >= shortestUserName:
		return []secret.Value{value}
	case !strings.EqualFold(item, cfgURL) || !strings.ContainsAny(text, "@?"):
		return nil
	}
	found := []secret.Value{value}
	u, err := url.Parse(text)
	if err != nil {
		return found
	}
	if u.User != nil {
		password, _ := u.User.Password()
		found = append(found, secret.New(u.User.Username()), secret.New(password))
	}
	return append(found, secret.New(u.RawQuery))
}

func (a *account) event(ctx context.Context, kind string, owner string, text string) {
	if a.tell != nil {
		a.tell(ctx, store.Event{Kind: kind, Name: owner, Text: a.redactor.Redact(text), Data: map[string]string{"provider": a.Name}})
	}
}
