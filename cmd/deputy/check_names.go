package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deputy/fault"
	"deputy/name"
)

// nameSources are where names come from beside the plain arguments.
type nameSources struct {
	more []string // -d
	file string   // --names
	pem  string   // --pem
	from string   // --from
}

func (s *nameSources) add(c *cobra.Command) {
	c.Flags().StringArrayVarP(&s.more, "domain", "d", nil, "a `NAME`, beside those given plainly; may be repeated")
	c.Flags().StringVar(&s.file, "names", "", "a `FILE` with a name on each line (# begins a comment); - for stdin")
	c.Flags().StringVar(&s.pem, "pem", "", "the names of the certificate in this PEM `FILE`")
	c.Flags().StringVar(&s.from, "from", "", "the names of the certificate that a server shows at `HOST[:PORT]`")
}

// askedName is a name as it was given, and what is wrong with it where it is none.
type askedName struct {
	text  string
	name  name.Name
	fault *fault.Fault
}

// readNames collects the names from everywhere, each once, in order. What is no name stays among them with its fault.
func (p *program) readNames(ctx context.Context, args []string, s nameSources) ([]askedName, error) {
	texts := slices.Concat(args, s.more)
	for _, source := range []struct {
		given string
		read  func(context.Context, string) ([]string, error)
	}{{s.file, p.namesInFile}, {s.pem, namesInPEM}, {s.from, namesAtHost}} {
		if source.given == "" {
			continue
		}
		found, err := source.read(ctx, source.given)
		if err != nil {
			return nil, err
		}
		texts = append(texts, found...)
	}
	var asked []askedName
	seen := map[name.Name]bool{}
	for _, text := range texts {
		n, wrong := readName(text)
		if wrong == nil && seen[n] {
			continue
		}
		seen[n] = true
		asked = append(asked, askedName{text, n, wrong})
	}
	if len(asked) == 0 {
		return nil, usageError{errors.New("name at least one host, as in www.example.org")}
	}
	return asked, nil
}

// longestLine bounds a line of a file of names, octets: more than a name in any form.
const longestLine = 1 << 16

// namesInFile reads a name from each line; what follows # is a comment.
func (p *program) namesInFile(_ context.Context, path string) ([]string, error) {
	in := p.stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, cannotRead(path, "the names", err)
		}
		defer file.Close()
		in = file
	}
	var found []string
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text != "" {
			found = append(found, text)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, cannotRead(path, "the names", err)
	}
	return found, nil
}

// biggestPEM bounds a certificate file, octets.
const biggestPEM = 1 << 20

// namesInPEM gives the DNS names of the first certificate in a file, which is the leaf in a chain.
func namesInPEM(_ context.Context, path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, cannotRead(path, "the certificate", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, biggestPEM))
	if err != nil {
		return nil, cannotRead(path, "the certificate", err)
	}
	for block, rest := pem.Decode(bytes.TrimSpace(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, cannotRead(path, "the certificate", err)
		}
		return namesOf(leaf, path)
	}
	return nil, cannotRead(path, "the certificate", errors.New("it holds no certificate in PEM form"))
}

// greetTime bounds how long a server may take to show its certificate.
const greetTime = 10 * time.Second

// namesAtHost gives the DNS names of the certificate that a TLS server shows. It is not verified: an expired or wrong
// one is a reason to ask.
func namesAtHost(ctx context.Context, address string) ([]string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.Trim(address, "[]"), "443"
	}
	ctx, cancel := context.WithTimeout(ctx, greetTime)
	defer cancel()
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: host, InsecureSkipVerify: true}} //nolint:gosec // its names are read, nothing is sent
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, &fault.Fault{
			Code: fault.NotFound, Tried: "read the names of the certificate at " + net.JoinHostPort(host, port), Seen: err.Error(),
			Do: "name a host and port where a TLS server answers, or give the names", Who: fault.Admin, Err: err,
		}
	}
	defer conn.Close()
	return namesOf(conn.(*tls.Conn).ConnectionState().PeerCertificates[0], address)
}

func namesOf(leaf *x509.Certificate, where string) ([]string, error) {
	if len(leaf.DNSNames) == 0 {
		return nil, &fault.Fault{
			Code: fault.NotFound, Tried: "read the names of the certificate in " + where, Seen: "it has no DNS names",
			Do: "give the names", Who: fault.Admin,
		}
	}
	return leaf.DNSNames, nil
}

// certificateNames reads the names of a command line: plain arguments, then those of -d. Each bad one is a fault.
func certificateNames(args, more []string) ([]name.Name, error) {
	var names []name.Name
	var faults []error
	for _, text := range slices.Concat(args, more) {
		n, wrong := readName(text)
		switch {
		case wrong != nil:
			faults = append(faults, wrong)
		case !slices.Contains(names, n):
			names = append(names, n)
		}
	}
	if len(faults) == 0 && len(names) == 0 {
		return nil, usageError{errors.New("name at least one host, as in www.example.org")}
	}
	return names, errors.Join(faults...)
}

// readName reads a name that a certificate can hold and that can have a challenge name.
func readName(text string) (name.Name, *fault.Fault) {
	n, err := name.Parse(text)
	if err != nil {
		return name.Name{}, &fault.Fault{
			Code: fault.BadName, Tried: "read the name " + text, Seen: err.Error(),
			Do: "give host names such as www.example.org, or *.example.org", Who: fault.Admin, Err: err,
		}
	}
	if _, ok := n.Challenge(); !ok {
		return name.Name{}, &fault.Fault{
			Code: fault.BadName, Tried: fmt.Sprintf("read the name %s", text),
			Seen: "with _acme-challenge in front it is longer than a name can be (253 octets)",
			Do:   "take a shorter name, or a wildcard of its parent", Who: fault.Admin,
		}
	}
	return n, nil
}
