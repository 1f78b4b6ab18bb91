package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/store"
)

// configured is a DNS Configuration that is here: one of native and dxl.
type configured struct {
	native *dnsconfig.Native
	dxl    *dnsconfig.DXL
	source []byte // as it is stored: a DXL's without the other documents of its file
	from   string // "library", "imported", or the path of a file
}

func (c configured) about() dnsconfig.About {
	if c.native != nil {
		return c.native.About()
	}
	return c.dxl.About()
}

func nativeFrom(from string, n *dnsconfig.Native) configured {
	return configured{native: n, source: n.Source(), from: from}
}

// document is what a file holds: DNS Configurations, and of a DXL what stands beside them.
type document struct {
	found  []configured
	beside dnsconfig.Import // of a DXL
}

// parseDocument reads a native or DXL document; path is for its kind and for people.
func parseDocument(path string, source []byte) (document, error) {
	if !isDXL(path, source) {
		n, err := dnsconfig.ParseNative(source)
		if err != nil {
			return document{}, inFile(path, err)
		}
		return document{found: []configured{nativeFrom(path, n)}}, nil
	}
	parsed, err := dnsconfig.ImportDXL(source)
	if err != nil {
		return document{}, inFile(path, err)
	}
	d := document{beside: parsed}
	for _, one := range parsed.Configurations {
		d.found = append(d.found, configured{dxl: one, source: one.Source(), from: path})
	}
	return d, nil
}

// isDXL tells XML from YAML by the first character, and what is neither by the file's name.
func isDXL(path string, source []byte) bool {
	text := bytes.TrimSpace(bytes.TrimPrefix(source, []byte("\ufeff")))
	if bytes.HasPrefix(text, []byte("<")) {
		return true
	}
	named := slices.Contains([]string{".dxl", ".xml"}, strings.ToLower(filepath.Ext(path)))
	return named && !bytes.Contains(source[:min(len(source), 4096)], []byte("dns-configuration/"))
}

// inFile says in which file a fault of a document is.
func inFile(path string, err error) error {
	f, ok := fault.From(err)
	if !ok || path == "-" {
		return err
	}
	where := *f
	where.Tried += " in " + path
	return &where
}

// readConfigurations reads the file at path; - is stdin. One that holds no DNS Configuration is a fault.
func (p *program) readConfigurations(path string) (document, error) {
	source, err := p.readDocument(path)
	if err != nil {
		return document{}, err
	}
	d, err := parseDocument(path, source)
	if err != nil || len(d.found) > 0 {
		return d, err
	}
	return d, noConfiguration(path)
}

func noConfiguration(path string) *fault.Fault {
	return &fault.Fault{
		Code: fault.BadDocument, Tried: "read the DNS Configuration in " + path, Seen: "it holds no DNS Configuration (form DnsProviderConfig)",
		Do: "export the DNS Configuration document itself from certstore.nsf", Who: fault.Admin,
	}
}

// find gives the DNS Configurations that arg means: one that was imported, one of the library, or those in the file at
// that path. What looks like a path is one.
func (p *program) find(ctx context.Context, arg string) (document, error) {
	if looksLikePath(arg) {
		return p.readConfigurations(arg)
	}
	one, err := p.named(ctx, arg)
	f, ok := fault.From(err)
	if !ok || f.Code != fault.NotFound {
		return document{found: []configured{one}}, err
	}
	if _, missing := os.Stat(arg); errors.Is(missing, fs.ErrNotExist) {
		return document{}, err
	}
	return p.readConfigurations(arg)
}

func looksLikePath(arg string) bool {
	extensions := []string{".dxl", ".xml", ".yaml", ".yml"}
	return arg == "-" || strings.ContainsAny(arg, `/\`) || slices.Contains(extensions, strings.ToLower(filepath.Ext(arg)))
}

// one is find for a command that takes a single configuration; choose is its name where a file holds several, "" for the
// first.
func (p *program) one(ctx context.Context, arg, choose string) (configured, error) {
	d, err := p.find(ctx, arg)
	if err != nil {
		return configured{}, err
	}
	if choose == "" {
		return d.found[0], nil
	}
	var names []string
	for _, c := range d.found {
		if c.about().Name == choose {
			return c, nil
		}
		names = append(names, c.about().Name)
	}
	return configured{}, &fault.Fault{
		Code: fault.NotFound, Tried: fmt.Sprintf("find the DNS Configuration %s in %s", choose, arg),
		Seen: "it holds " + strings.Join(names, ", "), Do: "give one of these names with --configuration", Who: fault.Admin,
	}
}

// named finds a configuration by name. An imported one hides the library's of the same name.
func (p *program) named(ctx context.Context, name string) (configured, error) {
	is, err := p.isSetUp()
	if err != nil {
		return configured{}, err
	}
	if is {
		c, err := p.namedImport(ctx, name)
		if !errors.Is(err, store.ErrNotFound) {
			return c, err
		}
	}
	n, ok, err := dnsconfig.FromLibrary(name)
	if err != nil {
		return configured{}, err
	}
	if !ok {
		return configured{}, noSuchConfiguration(name)
	}
	return nativeFrom("library", n), nil
}

// namedImport is the newest of that name that was imported; store.ErrNotFound where there is none.
func (p *program) namedImport(ctx context.Context, name string) (configured, error) {
	var row store.Configuration
	err := p.with(ctx, false, func(i *installation) error {
		return i.store.View(ctx, func(t *store.Tx) (err error) {
			row, err = t.Configuration(name, 0)
			return err
		})
	})
	if err != nil {
		return configured{}, err
	}
	return stored(row)
}

// configurations are the library, and what was imported if there is a set-up; an imported one hides the library's of the
// same name.
func (p *program) configurations(ctx context.Context) ([]configured, error) {
	library, err := dnsconfig.Library()
	if err != nil {
		return nil, err
	}
	var all []configured
	for _, n := range library {
		all = append(all, nativeFrom("library", n))
	}
	if is, err := p.isSetUp(); err != nil || !is {
		return all, err
	}
	var rows []store.Configuration
	err = p.with(ctx, false, func(i *installation) error {
		return i.store.View(ctx, func(t *store.Tx) (err error) {
			rows, err = t.Configurations()
			return err
		})
	})
	for _, row := range rows {
		c, bad := stored(row)
		if bad != nil {
			return nil, bad
		}
		all = slices.DeleteFunc(all, func(hidden configured) bool { return hidden.about().Name == row.Name })
		all = append(all, c)
	}
	return all, err
}

// stored reads an imported document.
func stored(row store.Configuration) (configured, error) {
	if row.Kind == "native" {
		n, err := dnsconfig.ParseNative(row.Source)
		if err != nil {
			return configured{}, err
		}
		return nativeFrom("imported", n), nil
	}
	parsed, err := dnsconfig.ImportDXL(row.Source)
	if err != nil {
		return configured{}, err
	}
	return configured{dxl: parsed.Configurations[0], source: row.Source, from: "imported"}, nil
}
