// Package lab is a small internet on loopback for tests and the demo: DNS from the root down, a recursive resolver, a
// CA (pebble, in process), DNS hosts with APIs, and a record of everything that was asked. It judges deputy with its
// own eyes: nothing here imports a room of deputy but name.
//
// Labs share no ports, so any number can run at once. Each leaves one idle goroutine of pebble's behind, which has no
// way to end it.
package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// stopTime is how long a server's open requests get when the lab goes down.
const stopTime = 2 * time.Second

// Options shape the lab. The zero value is the demo's: throttles on, pebble's knobs off, secondary 1 s late.
type Options struct {
	Dir           string            // where the PEM files go; "": a temporary folder that Close removes
	SecondaryLag  time.Duration     // how late the deSEC secondary shows a change; 0: 1 s; negative: none
	NoThrottle    bool              // the deSEC stand-in's rate limits off
	NonceReject   int               // percent of good nonces that pebble rejects
	AuthzReuse    int               // percent of valid authorizations that pebble offers again; 0 still gives 1
	OrderRetry    int               // pebble's Retry-After for orders and authorizations, seconds; 0: 1; negative: none
	EAB           map[string]string // key id to HMAC key, base64url: the CA then wants external account binding
	ResolverCache bool              // the resolvers keep answers for their TTL, negative ones too
	ExtraHops     bool              // adds names for chains of several hops, see zones.go
	Delay         time.Duration     // how long each answer of a DNS server is on its way
	Zones         map[string]string // more zones: origin to zone file lines; see layout.go
	Signed        []string          // origins of zones with DNSSEC signatures; the root has to be one of them
}

func (o Options) withDefaults() Options {
	if o.SecondaryLag == 0 {
		o.SecondaryLag = time.Second
	}
	if o.OrderRetry == 0 {
		o.OrderRetry = 1
	}
	return o
}

func (o Options) check() error {
	if min(o.NonceReject, o.AuthzReuse) < 0 || max(o.NonceReject, o.AuthzReuse) > 100 {
		return fmt.Errorf("%d and %d: nonces rejected and authorizations reused are percentages", o.NonceReject, o.AuthzReuse)
	}
	return nil
}

// Lab is a running internet.
type Lab struct {
	history     *History
	zonesMu     sync.RWMutex
	zones       map[string]*Zone // by origin, absolute
	nameservers map[string]*Nameserver
	recursors   []*recursor
	ca          *CA
	desec       *DeSEC
	setTXT      *SetTXT
	doh         *web
	control     *web

	dropped  atomic.Bool // see DropPort53
	dir      string
	removes  bool // dir is temporary
	ctx      context.Context
	cancel   context.CancelFunc
	closing  sync.Once
	closeErr error
}

// Start brings everything up. Close, or the end of ctx, takes it down.
func Start(ctx context.Context, o Options) (*Lab, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("start the lab: %w", err)
	}
	l := &Lab{history: newHistory(), nameservers: map[string]*Nameserver{}}
	l.ctx, l.cancel = context.WithCancel(ctx)
	if err := l.bringUp(o); err != nil {
		return nil, errors.Join(fmt.Errorf("start the lab: %w", err), l.Close())
	}
	context.AfterFunc(l.ctx, func() { l.Close() })
	return l, nil
}

func (l *Lab) bringUp(o Options) error {
	if err := l.makeDir(o.Dir); err != nil {
		return err
	}
	if err := l.startDNS(o); err != nil {
		return err
	}
	certificate, root, err := httpsCertificate()
	if err != nil {
		return err
	}
	if err := l.startWeb(o, certificate); err != nil {
		return err
	}
	if err := os.WriteFile(l.CAFile(), root, 0o644); err != nil {
		return err
	}
	return os.WriteFile(l.rootsFile(), l.ca.Roots(), 0o644)
}

func (l *Lab) makeDir(dir string) (err error) {
	if dir == "" {
		l.dir, err = os.MkdirTemp("", "deputy-lab-")
		l.removes = true
		return err
	}
	if l.dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	return os.MkdirAll(l.dir, 0o755)
}

// startDNS makes the zones and starts every name server and resolver.
func (l *Lab) startDNS(o Options) (err error) {
	plan, err := newLayout(o)
	if err != nil {
		return err
	}
	if l.zones, err = plan.makeZones(l.history); err != nil {
		return err
	}
	if err := l.signZones(o.Signed); err != nil {
		return err
	}
	all, err := listen(plan.addresses())
	if err != nil {
		return err
	}
	for i, h := range plan.hosts {
		n := &Nameserver{host: h.name, history: l.history, delay: o.Delay}
		l.nameservers[h.name] = n
		l.equip(n, h, all[0].tcp.Addr().String(), o)
		if err := n.start(all[i]); err != nil {
			return fmt.Errorf("start %s: %w", h.name, err)
		}
	}
	l.DNS(deSECSecondary).SetLag(o.SecondaryLag)
	return nil
}

// equip says what a server knows: its zones, or how to find out.
func (l *Lab) equip(n *Nameserver, h host, root string, o Options) {
	if len(h.zones) > 0 {
		n.dropped = &l.dropped
		for _, origin := range h.zones {
			l.zones[origin].serve(n)
		}
		n.respond = func(query, reply *dns.Msg) {
			answer(query, reply, func(qname string, t uint16) *version { return l.serving(n, qname, t) })
		}
		return
	}
	r := &recursor{local: netip.MustParseAddr(h.addr), root: netip.MustParseAddrPort(root), turns: map[string]int{}}
	if o.ResolverCache {
		r.cache = newCache()
	}
	l.recursors = append(l.recursors, r)
	n.recursive = true
	n.respond = func(query, reply *dns.Msg) { r.respond(l.ctx, query, reply) }
}

// serving is the zone nearest above qname that n serves, as n shows it now; nil for none. A DS record belongs to the
// parent's side of a cut (RFC 4035 §3.1.4.1).
func (l *Lab) serving(n *Nameserver, qname string, t uint16) *version {
	name := qname
	if t == dns.TypeDS {
		name = parent(qname)
	}
	for ; ; name = parent(name) {
		if z, err := l.findZone(name); err == nil {
			if v := z.shownBy(n); v != nil {
				return v
			}
		}
		if name == "." {
			return nil
		}
	}
}

// startWeb starts the CA, the DNS hosts' APIs and the control API.
func (l *Lab) startWeb(o Options, certificate *tls.Certificate) (err error) {
	if l.ca, err = newCA(l.history, o, l.DNS(caResolverHost).Addr(), certificate); err != nil {
		return err
	}
	if l.desec, err = newDeSEC(l, o); err != nil {
		return err
	}
	if l.setTXT, err = newSetTXT(l.history, l.Zone("pebble.lab")); err != nil {
		return err
	}
	if l.doh, err = serveDoH([]*Nameserver{l.DNS(resolverHost), l.DNS(otherResolver)}, certificate); err != nil {
		return err
	}
	l.control, err = serveHTTP(l.controlHandler(), nil)
	return err
}

// Close takes everything down and waits for it; it may be called more than once.
func (l *Lab) Close() error {
	l.closing.Do(func() { l.closeErr = l.takeDown() })
	return l.closeErr
}

func (l *Lab) takeDown() error {
	l.cancel()
	var all []error
	for _, w := range l.webs() {
		all = append(all, w.stop())
	}
	for _, n := range l.nameservers {
		all = append(all, n.stop())
	}
	if l.removes && l.dir != "" {
		all = append(all, os.RemoveAll(l.dir))
	}
	return errors.Join(all...)
}

// webs are the HTTP servers that were started.
func (l *Lab) webs() []*web {
	all := []*web{l.control, l.doh}
	if l.ca != nil {
		all = append(all, l.ca.web)
	}
	if l.desec != nil {
		all = append(all, l.desec.web)
	}
	if l.setTXT != nil {
		all = append(all, l.setTXT.web)
	}
	return slices.DeleteFunc(all, func(w *web) bool { return w == nil })
}
