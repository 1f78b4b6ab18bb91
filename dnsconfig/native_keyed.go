package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"deputy/formula"
)

// keyed is a mapping of the document whose keys are known.
type keyed struct {
	node  ast.Node
	given map[string]ast.Node // without those that are null
	nulls []string            // the keys of those
}

// keyedAt reads a mapping and refuses keys that are not known. Nothing, and null, have no keys.
func keyedAt(n ast.Node, known ...string) (keyed, error) {
	s := keyed{node: n, given: map[string]ast.Node{}}
	pairs, err := pairsOf(n)
	if err != nil {
		return s, err
	}
	for _, pair := range pairs {
		key := keyOf(pair)
		if !slices.Contains(known, key) {
			return s, &leafError{pair.Key, unknownKey(key, known)}
		}
		if pair.Value == nil || pair.Value.Type() == ast.NullType {
			s.nulls = append(s.nulls, key)
			continue
		}
		s.given[key] = pair.Value
	}
	return s, nil
}

func unknownKey(key string, known []string) error {
	if near, ok := formula.Nearest(key, known); ok {
		return fmt.Errorf("there is no key %q here; did you mean %s?", cut(key, 80), near)
	}
	return fmt.Errorf("there is no key %q here; there can be %s", cut(key, 80), words(known, "and"))
}

// words joins words for people: "a, b and c".
func words(all []string, last string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " " + last + " " + all[len(all)-1]
}

// keys are those that are there, sorted.
func (s keyed) keys() []string { return slices.Sorted(maps.Keys(s.given)) }

// text is a plain text, "" where it is missing; a number counts as the text that it is written as.
func (s keyed) text(key string) (string, error) {
	n := s.given[key]
	if n == nil {
		return "", nil
	}
	return plainText(n)
}

func plainText(n ast.Node) (string, error) {
	if text, ok := textNode(n); ok {
		return text, nil
	}
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, nil
	}
	return "", &leafError{n, errors.New("this should be text")}
}

func (s keyed) truth(key string) (bool, error) {
	n := s.given[key]
	if n == nil {
		return false, nil
	}
	x, ok := n.(*ast.BoolNode)
	if !ok {
		return false, &leafError{n, errors.New("this should be true or false")}
	}
	return x.Value, nil
}

// whole is a whole number from least to most; 0 where it is missing.
func (s keyed) whole(key string, least, most int) (int, error) {
	n := s.given[key]
	if n == nil {
		return 0, nil
	}
	return wholeAt(n, least, most)
}

func wholeAt(n ast.Node, least, most int) (int, error) {
	x, ok := n.(*ast.IntegerNode)
	if !ok {
		return 0, &leafError{n, errors.New("this should be a number")}
	}
	i, err := strconv.Atoi(x.GetToken().Value)
	if err != nil || i < least || i > most {
		return 0, &leafError{n, fmt.Errorf("this should be a number from %d to %d", least, most)}
	}
	return i, nil
}

// rate is a number above zero, with or without a fraction; 0 where it is missing.
func (s keyed) rate(key string) (float64, error) {
	n := s.given[key]
	switch n.(type) {
	case nil:
		return 0, nil
	case *ast.IntegerNode, *ast.FloatNode:
	default:
		return 0, &leafError{n, errors.New("this should be a number")}
	}
	f, err := strconv.ParseFloat(n.GetToken().Value, 64)
	if err != nil || !(f > 0 && f <= 1e6) {
		return 0, &leafError{n, errors.New("this should be a number above 0")}
	}
	return f, nil
}

// duration is a time above zero and at most most; 0 where it is missing.
func (s keyed) duration(key string, most time.Duration) (time.Duration, error) {
	n := s.given[key]
	if n == nil {
		return 0, nil
	}
	text, _ := textNode(n)
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > most {
		return 0, &leafError{n, fmt.Errorf("this should be a time such as 30s, 2m or 1h, at most %s", span(most))}
	}
	return d, nil
}

// span writes whole hours and minutes as people do.
func span(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// elements are those of a list; none where it is missing.
func (s keyed) elements(key string) ([]ast.Node, error) {
	n := s.given[key]
	if n == nil {
		return nil, nil
	}
	return elementsOf(n)
}

func elementsOf(n ast.Node) ([]ast.Node, error) {
	x, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, &leafError{n, errors.New("this should be a list")}
	}
	return x.Values, nil
}
