package main

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"deputy/ca"
	"deputy/deploy"
	"deputy/egress"
	"deputy/fault"
	"deputy/issuance"
	"deputy/name"
	"deputy/plan"
	"deputy/provider"
	"deputy/publish"
	"deputy/resolver"
	"deputy/secret"
	"deputy/store"
)

// installation is everything wired together over one state directory. This is the only place where rooms meet.
type installation struct {
	store    *store.Store
	resolver *resolver.Client
	registry *provider.Registry
	planner  *plan.Planner
	keeper   *publish.Keeper
	issuer   *issuance.Issuer
	files    deploy.Files
	tell     store.Sink
	program  *program
}

// isSetUp says whether the state directory holds an installation. One that can't be read is not "none".
func (p *program) isSetUp() (bool, error) { return store.Exists(p.options.state) }

// open wires the installation in the state directory; with make it may be a new one.
func (p *program) open(ctx context.Context, make bool) (*installation, error) {
	is, err := p.isSetUp()
	if err != nil {
		return nil, err
	}
	if !make && !is {
		return nil, &fault.Fault{
			Code: fault.NotSetUp, Tried: "open the state in " + p.options.state, Seen: "there is none",
			Do: "deputy init, or name the right directory with --state", Who: fault.Admin,
		}
	}
	dns, err := p.newResolver()
	if err != nil {
		return nil, err
	}
	if err := p.makeState(); err != nil {
		return nil, err
	}
	keys, err := secret.OpenKeyring(secret.KeySource{Dir: p.options.state, Getenv: p.getenv, Create: !is})
	if err != nil {
		return nil, err
	}
	rows, err := store.Open(ctx, store.Options{Dir: p.options.state, Keys: keys, Lease: p.options.lease})
	if err != nil {
		return nil, err
	}
	i, err := p.wire(rows, dns)
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return i, nil
}

// wire hands each room its neighbours.
func (p *program) wire(rows *store.Store, dns *resolver.Client) (*installation, error) {
	proxy, err := p.proxyURL()
	if err != nil {
		return nil, err
	}
	i := &installation{store: rows, resolver: dns, program: p, files: deploy.Files{Dir: p.options.state}}
	i.tell = p.sink(rows)
	i.registry = &provider.Registry{Store: rows, Proxy: proxy, Tell: i.tell, Traces: p.traces(), Commands: p.options.commands}
	i.planner = &plan.Planner{Store: rows}
	i.keeper = &publish.Keeper{Store: rows, Host: provider.Host{Registry: i.registry}, DNS: dns, Tell: i.tell}
	i.issuer = &issuance.Issuer{
		Store: rows, Resolver: dns, Providers: i.registry, Keeper: i.keeper,
		CA: i.authority, Deploy: i.deploy, Advise: i.advise, Tell: i.tell,
	}
	return i, nil
}

// farewell is how long hosts get to hear that a session is over.
const farewell = 5 * time.Second

// close ends what is open at DNS hosts and in the store. It has a time of its own, since a signal has ended the program's.
func (i *installation) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	i.registry.Close(ctx)
	return i.store.Close()
}

// makeState makes the state directory, for its owner alone.
func (p *program) makeState() error {
	err := os.MkdirAll(p.options.state, 0o700)
	if err == nil {
		return nil
	}
	return &fault.Fault{
		Code: fault.StateFailed, Tried: "make the state directory " + p.options.state, Seen: err.Error(),
		Do: "name a directory that you may write with --state or DEPUTY_STATE", Who: fault.Admin, Err: err,
	}
}

// authority makes a client of an account's CA. Its address is the administrator's word, so any address is allowed,
// over HTTPS alone.
func (i *installation) authority(a store.Account) (*ca.Client, error) {
	return i.program.newAuthority(a.Directory, i.tell)
}

func (p *program) newAuthority(directory string, tell store.Sink) (*ca.Client, error) {
	roots, err := p.roots()
	if err != nil {
		return nil, err
	}
	proxy, err := p.proxyURL()
	if err != nil {
		return nil, err
	}
	client, err := egress.New(egress.Policy{AnyHost: true, AnyAddress: true, Roots: roots, Proxy: proxy})
	if err != nil {
		return nil, err
	}
	return ca.New(ca.Config{Directory: directory, Egress: client, Tell: tell})
}

// roots reads --ca-file on top of the system's roots.
func (p *program) roots() (*x509.CertPool, error) {
	if p.options.caFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(p.options.caFile)
	if err != nil {
		return nil, cannotRead(p.options.caFile, "the roots of the CA's HTTPS", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, usageError{errors.New(p.options.caFile + " holds no certificate in PEM form")}
	}
	return pool, nil
}

func (p *program) proxyURL() (*url.URL, error) {
	if p.options.proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(p.options.proxy)
	if err != nil || u.Host == "" {
		return nil, usageError{errors.New("--proxy is not a URL such as http://proxy.example:3128")} // it may hold a password
	}
	return u, nil
}

// newResolver makes the resolver that the options name.
func (p *program) newResolver() (*resolver.Client, error) {
	return p.resolverFor(p.options.resolver, p.options.root)
}

// resolverFor makes a resolver that asks recursive, or begins at root; with both, root's port is that of every
// authoritative server.
func (p *program) resolverFor(recursive, root string) (*resolver.Client, error) {
	roots, err := p.roots()
	if err != nil {
		return nil, err
	}
	proxy, err := p.proxyURL()
	if err != nil {
		return nil, err
	}
	config := resolver.Config{Recursive: recursive, Roots: roots, Proxy: proxy}
	if config.Anchor, err = p.trustAnchor(); err != nil {
		return nil, err
	}
	for _, text := range strings.FieldsFunc(root, func(r rune) bool { return r == ',' }) {
		if _, _, err := net.SplitHostPort(text); err != nil {
			text = net.JoinHostPort(strings.Trim(text, "[]"), "53")
		}
		address, err := netip.ParseAddrPort(text)
		if err != nil {
			return nil, usageError{errors.New("--root " + text + " is not an address such as 192.0.2.1 or 192.0.2.1:5300")}
		}
		config.Root = append(config.Root, address)
	}
	client, err := resolver.New(config)
	if err != nil {
		return nil, usageError{err}
	}
	return client, nil
}

// trustAnchor reads --trust-anchor.
func (p *program) trustAnchor() (string, error) {
	if p.options.anchor == "" {
		return "", nil
	}
	text, err := os.ReadFile(p.options.anchor)
	if err != nil {
		return "", cannotRead(p.options.anchor, "the trust anchor", err)
	}
	return string(text), nil
}

// advise gives the target to ask for where a name has no delegation: custom value mode's, else the planned one, else
// one in the only zone there is. With several zones to choose from it gives none: plan --zone decides.
func (i *installation) advise(ctx context.Context, cert name.Name) (name.Name, error) {
	zones, target, err := i.registry.Expect(ctx, cert)
	if err != nil || !target.IsZero() {
		return target, err
	}
	var planned store.PlannedTarget
	err = i.store.View(ctx, func(t *store.Tx) error {
		planned, err = t.PlannedTarget("", cert.Host())
		return err
	})
	switch {
	case !errors.Is(err, store.ErrNotFound):
		return planned.Target, err
	case len(zones) != 1:
		return name.Name{}, nil
	}
	return i.planner.Target(ctx, cert, zones[0])
}

// deploy writes the files of a certificate and runs its hook.
func (i *installation) deploy(ctx context.Context, c store.Certificate) error {
	path, err := i.files.Write(ctx, c)
	if err != nil {
		return err
	}
	i.tell(ctx, store.Event{Kind: "deploy.written", Certificate: c.Name, Text: "files are in " + path})
	if c.DeployHook == "" {
		return nil
	}
	if err := deploy.Hook(ctx, c, path); err != nil {
		return err
	}
	i.tell(ctx, store.Event{Kind: "deploy.hooked", Certificate: c.Name, Text: "the deploy hook has run"})
	return nil
}

// readNear gives a reader of secret files whose relative paths are taken from the folder of document; "-" and "" are
// the current folder.
func readNear(document string) func(string) ([]byte, error) {
	return near(document, readSecretFile)
}

// near gives a reader of files that a document names.
func near(document string, read func(string) ([]byte, error)) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if !filepath.IsAbs(path) && document != "-" && document != "" {
			path = filepath.Join(filepath.Dir(document), path)
		}
		text, err := read(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &fault.Fault{
				Code: fault.BadDocument, Tried: "read what the document needs from " + path, Seen: "there is no such file",
				Do: "mend the path; a relative one is taken from the folder of the document", Who: fault.Admin, Err: err,
			}
		}
		return text, err
	}
}

// providerSources are where a DNS Provider's document finds what is not in it.
func (p *program) providerSources(document string) provider.Sources {
	return provider.Sources{Secret: readNear(document), Public: near(document, os.ReadFile), Getenv: p.getenv}
}
