package provider

import (
	"errors"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"deputy/dnsconfig"
	"deputy/name"
	"deputy/store"
)

// sealed is a Document as Marshal writes it: keys as in wire, nothing that is not there. The hosts stand in it, and in no
// column of their own, because what is sealed can't be altered by somebody who may write the database file alone.
type sealed struct {
	Deputy            string            `yaml:"deputy"`
	Name              string            `yaml:"name"`
	Configuration     string            `yaml:"configuration"`
	Zones             []string          `yaml:"zones"`
	Account           map[string]string `yaml:"account,omitempty"`
	RegisteredDomains []string          `yaml:"registered_domains,omitempty"`
	CustomValue       string            `yaml:"custom_value,omitempty"`
	APIBase           string            `yaml:"api_base,omitempty"`
	CA                string            `yaml:"ca,omitempty"`
	Allow             *sealedAllow      `yaml:"allow,omitempty"`
	ReplaceForeign    bool              `yaml:"replace_foreign,omitempty"`
	Values            string            `yaml:"values,omitempty"`
	Wait              *sealedWait       `yaml:"wait,omitempty"`
	Contact           string            `yaml:"contact,omitempty"`
	Hosts             []string          `yaml:"hosts,omitempty"`
}

type sealedAllow struct {
	PlainHTTP bool     `yaml:"plain_http,omitempty"`
	Addresses []string `yaml:"addresses,omitempty"`
	Hosts     []string `yaml:"hosts,omitempty"`
	Commands  bool     `yaml:"commands,omitempty"`
}

type sealedWait struct {
	Floor *time.Duration `yaml:"floor,omitempty"`
	Turn  *time.Duration `yaml:"turn,omitempty"`
}

// Marshal writes the document with its secrets in place, for sealing; Stored reads it back to the same. It is YAML in its
// JSON form, in which every text is quoted, so that no secret can be mistaken for a number or a structure.
func (d Document) Marshal() ([]byte, error) {
	s := sealed{
		Deputy: Format, Name: d.Name, Configuration: d.Configuration, Zones: texts(d.Zones),
		RegisteredDomains: texts(d.RegisteredDomains), CustomValue: d.CustomValue, APIBase: d.APIBase, CA: d.CA,
		ReplaceForeign: d.ReplaceForeign, Values: d.Values, Contact: d.Contact, Hosts: d.Hosts,
	}
	if d.Account != nil {
		s.Account = map[string]string{}
	}
	for key, value := range d.Account {
		s.Account[key] = value.Reveal()
	}
	if d.Allow.PlainHTTP || d.Allow.Commands || len(d.Allow.Addresses) > 0 || len(d.Allow.Hosts) > 0 {
		s.Allow = &sealedAllow{PlainHTTP: d.Allow.PlainHTTP, Hosts: d.Allow.Hosts, Commands: d.Allow.Commands}
		for _, prefix := range d.Allow.Addresses {
			s.Allow.Addresses = append(s.Allow.Addresses, prefix.String())
		}
	}
	if d.Floor != nil || d.TurnWait != nil {
		s.Wait = &sealedWait{d.Floor, d.TurnWait}
	}
	return yaml.MarshalWithOptions(s, yaml.JSON())
}

// Stored reads the document of a row, in which every secret stands as text, and the hosts that it is bound to.
func Stored(row store.Provider) (Document, error) {
	p := &parsing{
		strict: dnsconfig.Strict{Tried: "read the DNS Provider", Masked: true},
		source: []byte(row.Document.Reveal()),
		read:   func(string) ([]byte, error) { return nil, errors.New("a stored document holds its secrets") },
		getenv: func(string) string { return "" },
		stored: true,
	}
	d, err := p.document()
	if err != nil {
		return Document{}, fmt.Errorf("the DNS Provider %s, revision %d: %w", row.Name, row.Revision, err)
	}
	return d, nil
}

func texts(names []name.Name) []string {
	var out []string
	for _, n := range names {
		out = append(out, n.String())
	}
	return out
}
