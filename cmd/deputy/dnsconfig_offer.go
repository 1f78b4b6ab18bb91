package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"deputy/name"
	"deputy/provider"
	"deputy/store"
)

// offered is a DNS Provider of a DXL as the document that would make it.
type offered struct {
	name string
	text []byte
	todo []string // what has to be filled in
}

// offerProvider tells the document of a DNS Provider that stands in a DXL, and writes it into a directory if one was named.
func (i *installation) offerProvider(ctx context.Context, items map[string]string, directory string) error {
	o, err := offer(items, i.fieldsFor(ctx, items["DnsProviderConfigName"]))
	if err != nil {
		return err
	}
	event := store.Event{Kind: "dnsconfig.provider", Name: o.name, Data: map[string]string{"document": string(o.text)}}
	if directory == "" {
		event.Text = fmt.Sprintf("the DNS Provider %s was not made; --providers DIR writes the document that makes it", o.name)
		i.tell(ctx, event)
		if !i.program.options.json && !i.program.options.quiet {
			fmt.Fprintf(i.program.stderr, "    %s\n", strings.ReplaceAll(strings.TrimSpace(string(o.text)), "\n", "\n    "))
		}
		return nil
	}
	path := filepath.Join(directory, o.name+".yaml")
	if err := writeNew(path, o.text); err != nil {
		return err
	}
	event.Text = fmt.Sprintf("the DNS Provider %s is in %s%s; then deputy provider add -f %s", o.name, path, mark(len(o.todo) > 0, ": fill in "+strings.Join(o.todo, " and ")), path)
	i.tell(ctx, event)
	return nil
}

// fieldsFor are the fields that the DNS Configuration of that name needs; none where it is not here.
func (i *installation) fieldsFor(ctx context.Context, configuration string) []string {
	about, err := i.about(ctx, configuration)
	if err != nil {
		return nil // it may be imported later
	}
	var fields []string
	for _, f := range about.Fields {
		if f.Secret {
			fields = append(fields, f.Name)
		}
	}
	return fields
}

// offer makes the document. Secrets, which Notes exports empty, become names of files; a zone that is not told is the
// registered domain.
func offer(items map[string]string, secrets []string) (offered, error) {
	item := func(wanted string) string {
		for key, text := range items {
			if strings.EqualFold(key, wanted) {
				return strings.TrimSpace(text)
			}
		}
		return ""
	}
	o := offered{name: providerNameOf(or(item("AccountName"), item("RegisteredDomain")))}
	domains := strings.Fields(strings.NewReplacer(",", " ", ";", " ").Replace(item("RegisteredDomain")))
	zone := item("cfg_DnsZone")
	if parsed, err := name.ParseOwner(zone); err != nil || parsed.Labels() < 2 {
		zone = "" // an id at the host
	}
	document := yaml.MapSlice{
		{Key: "deputy", Value: provider.Format},
		{Key: "name", Value: o.name},
		{Key: "configuration", Value: item("DnsProviderConfigName")},
		{Key: "zones", Value: []string{or(zone, slices.Concat(domains, []string{"FILL-IN.example"})[0])}},
	}
	if zone == "" && len(domains) == 0 {
		o.todo = append(o.todo, "zones")
	}
	account := yaml.MapSlice{}
	for _, field := range []string{"cfg_DnsZone", "cfg_UserName", "cfg_InternetAddress"} {
		if text := item(field); text != "" && (field != "cfg_DnsZone" || zone == "") {
			account = append(account, yaml.MapItem{Key: field, Value: text})
		}
	}
	for _, field := range secrets {
		file := o.name + "." + strings.ToLower(strings.TrimPrefix(field, "cfg_"))
		account = append(account, yaml.MapItem{Key: field, Value: map[string]string{"file": file}})
		o.todo = append(o.todo, "the file "+file)
	}
	document = append(document, yaml.MapItem{Key: "account", Value: account})
	if custom := item("cfg_CustomValue"); custom != "" {
		document = append(document, yaml.MapItem{Key: "registered_domains", Value: domains}, yaml.MapItem{Key: "custom_value", Value: custom})
	}
	var err error
	o.text, err = yaml.Marshal(document)
	return o, err
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// providerNameOf makes a DNS Provider's name of the label that Notes had.
func providerNameOf(label string) string {
	text := strings.Trim(notInName.ReplaceAllString(label, "-"), "-._")
	return or(text[:min(len(text), 63)], "provider")
}

// writeNew writes a file that is not there yet.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if was, readErr := os.ReadFile(path); readErr == nil && bytes.Equal(was, text) {
			return nil
		}
		return cannotWrite(path, errors.New("there is a file already, which is left alone"))
	}
	if err != nil {
		return cannotWrite(path, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// offerAccount tells the command that makes an ACME account of a DXL. Its key never leaves Domino, so a new one is made.
func (i *installation) offerAccount(ctx context.Context, items map[string]string) {
	label, directory, email := oneLine(items["AccountName"]), oneLine(items["AcmeDirectoryURL"]), oneLine(items["AcmeEmailAddress"])
	command := fmt.Sprintf("deputy account add --server %s%s", shellWord(directory), mark(email != "", " --email "+shellWord(email)))
	if kid := oneLine(items["AcmeEabKid"]); kid != "" {
		command += " --eab-kid " + shellWord(kid) + " --eab-hmac-key-file FILE"
	}
	i.tell(ctx, store.Event{Kind: "dnsconfig.account", Name: label, Text: fmt.Sprintf("the ACME account %q was not made: %s makes one of its own", label, command),
		Data: map[string]string{"server": directory, "email": email}})
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9@:/._-]+$`)

// shellWord writes text so that a shell takes it for one word: it comes from a document, and people copy commands.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
