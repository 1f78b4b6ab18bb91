package provider

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/netip"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"deputy/fault"
)

// wirePublic is a text that stands elsewhere.
type wirePublic struct {
	File string `yaml:"file"`
}

// roots reads the certificates of a private CA.
func (p *parsing) roots() error {
	n := p.wire.CA
	text, err := p.public(n)
	if err != nil || text == "" {
		return err
	}
	rest, count := []byte(text), 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return p.wrong(n, "ca holds a %.40s; only certificates belong there", block.Type)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return p.wrong(n, "ca holds a certificate that can't be read: %v", err)
		}
		count++
	}
	if count == 0 {
		return p.wrong(n, "ca holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	}
	p.doc.CA = text
	return nil
}

// public gives a text that is no secret, from where it is.
func (p *parsing) public(n ast.Node) (string, error) {
	if _, ok := n.(*ast.MappingNode); !ok {
		return p.text(n)
	}
	var w wirePublic
	if err := yaml.NodeToValue(n, &w, yaml.Strict()); err != nil || w.File == "" {
		return "", p.wrong(n, "ca has to be text, or {file: PATH}")
	}
	if p.open == nil {
		return "", p.wrong(n, "ca can't be read from a file here; give its text")
	}
	content, err := p.open(w.File)
	if known, ok := fault.From(err); ok {
		return "", known
	}
	if err != nil {
		return "", p.wrong(n, "the file %.200s for ca can't be read: %v", w.File, err)
	}
	return string(content), nil
}

func (p *parsing) exceptions() error {
	p.doc.Allow = Allow{PlainHTTP: p.wire.Allow.PlainHTTP, Commands: p.wire.Allow.Commands}
	elements, err := p.elements(p.wire.Allow.Addresses)
	if err != nil {
		return err
	}
	for _, element := range elements {
		text, err := p.text(element)
		if err != nil {
			return err
		}
		prefix, err := prefixOf(text)
		if err != nil {
			return p.wrong(element, "%.60q is no address or prefix such as 10.0.0.0/8", text)
		}
		p.doc.Allow.Addresses = append(p.doc.Allow.Addresses, prefix)
	}
	for _, host := range p.wire.Allow.Hosts {
		if host == "" || strings.ContainsAny(host, "/@ *?#") {
			return p.wrong(nil, "allow.hosts holds %.80q; give host names, or host:port", host)
		}
		p.doc.Allow.Hosts = append(p.doc.Allow.Hosts, host)
	}
	return nil
}

// bound reads the hosts of a stored document. Nobody writes them by hand: they follow from the other keys.
func (p *parsing) bound() error {
	if p.wire.Hosts == nil {
		return nil
	}
	if !p.stored {
		return p.wrong(p.wire.Hosts, "hosts can't stand here; give hosts besides the API's own as allow: {hosts: [HOST]}")
	}
	elements, err := p.elements(p.wire.Hosts)
	if err != nil {
		return err
	}
	for _, element := range elements {
		host, err := p.text(element)
		if err != nil {
			return err
		}
		p.doc.Hosts = append(p.doc.Hosts, host)
	}
	return nil
}

func prefixOf(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if prefix.Masked() != prefix {
		return netip.Prefix{}, errors.New("bits are set beyond the prefix")
	}
	return prefix, nil
}
