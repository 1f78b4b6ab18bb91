package dnsconfig

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Bounds of a pattern: octets, and steps of its program. A search takes time that grows with steps times octets of the
// text; searchShare of them cost as much as one octet of text.
const (
	maxPattern  = 500
	maxProgram  = 2000
	searchShare = 16
)

// pattern is the compiled pattern of a capture, or after matches.
type pattern struct {
	search *regexp.Regexp
	steps  int
}

// compilePattern reads a pattern in the syntax of RE2; of says for messages whose it is.
func compilePattern(of, text string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("the pattern %s is %d octets long; at most %d are allowed", of, len(text), maxPattern)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern %s can't be read: %w", of, err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, fmt.Errorf("the pattern %s can't be read: %w", of, err)
	}
	if len(program.Inst) > maxProgram {
		return nil, fmt.Errorf("the pattern %s repeats too much", of)
	}
	search, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("the pattern %s can't be read: %w", of, err)
	}
	return &pattern{search, len(program.Inst)}, nil
}

// compileCapture reads the pattern of a capture, which needs a group.
func compileCapture(text string) (*pattern, error) {
	p, err := compilePattern("of capture", text)
	if err != nil {
		return nil, err
	}
	if p.search.NumSubexp() == 0 {
		return nil, errors.New("the pattern of capture has no group: put what is wanted in ( )")
	}
	return p, nil
}

// searched gives the text of a search that has been paid for.
func (e *evaluation) searched(function string, text any, p *pattern) (string, error) {
	given, err := e.texts(function, text)
	if err != nil {
		return "", err
	}
	return given[0], e.spend(len(given[0]) * p.steps / searchShare)
}

// capture gives what the first group of the pattern holds where it is first found in text, and nothing where it is not.
func (e *evaluation) capture(text, by any) (any, error) {
	p, ok := by.(*pattern)
	if !ok {
		return nil, errors.New("the pattern of capture has to be written out")
	}
	s, err := e.searched("capture", text, p)
	if err != nil {
		return nil, err
	}
	found := p.search.FindStringSubmatchIndex(s)
	if found == nil || found[2] < 0 {
		return nil, nil
	}
	return s[found[2]:found[3]], nil
}

// match is what guard writes for the operator matches; nothing matches no pattern.
func (e *evaluation) match(text, by any) (bool, error) {
	p, ok := by.(*pattern)
	if !ok {
		return false, errors.New("the pattern after matches has to be written out")
	}
	if text == nil {
		return false, nil
	}
	s, err := e.searched("matches", text, p)
	if err != nil {
		return false, err
	}
	return p.search.MatchString(s), nil
}
