// Package session plays a DNS host from a session: a file that says, from the host's public documentation, which
// requests it accepts and refuses and how it answers. The stand-in is strict: what no accept of the session describes is
// refused as the host documents it, and recorded with the reason why each accept did not fit. FORMAT.md is the format.
//
// It judges with its own eyes: it knows nothing of how deputy makes requests, not even how deputy reads YAML or XML.
package session

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"deputy/name"
)

// Session is what a DNS host's documentation says about its API.
type Session struct {
	File     string            // for messages
	Style    string            // "rrset", "record" or "single"
	Zone     Zone              // the one that the target lies in
	Others   []Zone            // further zones of the account
	Target   string            // where values are written
	Account  map[string]string // fields of the DNS Provider's account
	Wrong    map[string]string // the fields that make the credential a wrong one; empty where the session can't tell
	Provider string            // further keys of the DNS Provider's document, as JSON; "" for none
	IDs      []string          // of records that are created, in order
	Foreign  []string          // values of others at the target
	TTL      TTL
	Keeps    int // style single: how many values the host keeps

	comment    string
	token      string // what a login gives
	numericIDs bool
	accepts    []*accept
	refusals   []Refusal
	errors     map[string]*answer
	lines      map[string]int // of the keys of host.yaml and of errors
}

// Zone is a zone of the account.
type Zone struct {
	Name    string
	ID      string
	numeric bool
}

// TTL are the bounds of {ttl}, in seconds.
type TTL struct {
	Minimum, Maximum int
	Only             []int // none: any between
}

// Load reads a session; file is for messages. It refuses a session that is itself wrong, with file and line of each
// mistake.
func Load(file string, source []byte) (*Session, error) {
	l := &loader{session: &Session{
		File: file, Account: map[string]string{}, Wrong: map[string]string{},
		TTL: TTL{Minimum: 1, Maximum: math.MaxInt32}, Keeps: 1,
		errors: map[string]*answer{}, lines: map[string]int{},
	}}
	comment, sections, err := unpack(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	l.session.comment = comment
	if strings.TrimSpace(comment) == "" {
		l.wrong(1, "there is no comment on top: say from which pages the session was made, and when")
	}
	if len(sections) == 0 || sections[0].name != "host.yaml" {
		return nil, l.failed("the first file has to be host.yaml: a line -- host.yaml --")
	}
	l.host(sections[0])
	if len(l.mistakes) == 0 {
		l.requests(sections[1:])
	}
	if len(l.mistakes) == 0 {
		l.whole()
	}
	return l.session, errors.Join(l.mistakes...)
}

// loader collects what is wrong with a session.
type loader struct {
	session  *Session
	mistakes []error
	count    int // of mistakes, those not kept too
}

// maxMistakes are told at once.
const maxMistakes = 20

func (l *loader) wrong(line int, format string, args ...any) {
	l.count++
	if len(l.mistakes) < maxMistakes {
		l.mistakes = append(l.mistakes, fmt.Errorf("%s:%d: %s", l.session.File, line, fmt.Sprintf(format, args...)))
	}
}

// take reports an error of reading a node.
func (l *loader) take(n *node, err error) bool {
	if err == nil {
		return true
	}
	line := n.line
	var bad *misread
	if errors.As(err, &bad) {
		line = bad.line
	}
	l.wrong(line, "%v", err)
	return false
}

func (l *loader) failed(reason string) error {
	l.wrong(1, "%s", reason)
	return errors.Join(l.mistakes...)
}

// document reads a section's YAML, which has to be a mapping of known keys; nil after a mistake.
func (l *loader) document(s section, known ...string) *node {
	n, err := parseYAML(s.data, s.line)
	if err != nil {
		l.take(&node{line: s.line}, err)
		return nil
	}
	if n.kind != mapping {
		l.wrong(n.line, "%s has to be a mapping of keys to values", s.name)
		return nil
	}
	l.known(n, known...)
	return n
}

// known reports keys that mean nothing.
func (l *loader) known(n *node, known ...string) {
	if n.kind != mapping {
		l.wrong(n.line, "a mapping belongs here, not %s", n.kind)
		return
	}
	for _, m := range n.members {
		if !slices.Contains(known, m.key) {
			l.wrong(m.line, "there is no key %q here; known are %s", m.key, strings.Join(known, ", "))
		}
	}
}

// text reads a scalar of a mapping; "" where it is missing.
func (l *loader) text(n *node, key string) string {
	value := n.get(key)
	if value == nil {
		return ""
	}
	if value.kind != text && value.kind != number {
		l.wrong(value.line, "%s has to be text, not %s", key, value.kind)
		return ""
	}
	return value.scalar
}

// number reads a whole number of at least 0.
func (l *loader) number(n *node, key string, otherwise int) int {
	value := n.get(key)
	if value == nil {
		return otherwise
	}
	return l.whole1(value, key, otherwise)
}

func (l *loader) whole1(value *node, key string, otherwise int) int {
	result := 0
	if value.kind != number || !digits(value.scalar) || len(value.scalar) > 9 {
		l.wrong(value.line, "%s has to be a whole number", key)
		return otherwise
	}
	for _, c := range value.scalar {
		result = result*10 + int(c-'0')
	}
	return result
}

// domain reads a domain name.
func (l *loader) domain(n *node, key string) string {
	said := l.text(n, key)
	parsed, err := name.ParseOwner(said)
	if err != nil || parsed == name.Root() || parsed.String() != said {
		l.wrong(n.line, "%s is %q; it has to be a domain name in lower case, without a final dot", key, said)
		return ""
	}
	return said
}
