package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (e *evaluation) asText(v any) (string, error) {
	s, err := textOf(v)
	if err != nil {
		return "", err
	}
	return e.spent(s)
}

func (e *evaluation) lower(v any) (string, error) {
	s, err := stringOf("lower", v)
	if err != nil {
		return "", err
	}
	if err := e.spend(len(s)); err != nil {
		return "", err
	}
	return strings.ToLower(s), nil
}

func (e *evaluation) join(list, between any) (string, error) {
	parts, err := textsOf(list)
	if err != nil {
		return "", fmt.Errorf("join: %w", err)
	}
	s, err := stringOf("join", between)
	if err != nil {
		return "", err
	}
	size := len(s) * len(parts)
	for _, p := range parts {
		size += len(p)
	}
	if err := e.spend(size); err != nil {
		return "", err
	}
	return strings.Join(parts, s), nil
}

func (e *evaluation) split(text, at any) ([]string, error) {
	s, err := stringOf("split", text)
	if err != nil {
		return nil, err
	}
	sep, err := stringOf("split", at)
	if err != nil {
		return nil, err
	}
	if sep == "" {
		return nil, errors.New("split wants a separator")
	}
	const header = 16 // octets that each part costs beside its text
	if err := e.spend(len(s) + header*(1+strings.Count(s, sep))); err != nil {
		return nil, err
	}
	return strings.Split(s, sep), nil
}

func (e *evaluation) upper(v any) (string, error) {
	given, err := e.texts("upper", v)
	if err != nil {
		return "", err
	}
	return strings.ToUpper(given[0]), nil
}

// replace puts to in the place of each from in text.
func (e *evaluation) replace(text, from, to any) (string, error) {
	given, err := e.texts("replace", text, from, to)
	if err != nil {
		return "", err
	}
	s, old, by := given[0], given[1], given[2]
	if old == "" {
		return "", errors.New("replace wants a text to look for, and it is empty")
	}
	if grown := strings.Count(s, old) * (len(by) - len(old)); grown > 0 {
		if err := e.spend(grown); err != nil {
			return "", err
		}
	}
	return strings.ReplaceAll(s, old, by), nil
}

// elementCost is what each element of a list that a function makes costs beside its text, in octets.
const elementCost = 16

// list makes a list of what an API gives as nothing, one thing or a list: nothing is the empty list.
func (e *evaluation) list(v any) ([]any, error) {
	switch x := v.(type) {
	case nil:
		return []any{}, nil
	case []any:
		return x, nil
	case []string:
		if err := e.spend(elementCost * len(x)); err != nil {
			return nil, err
		}
		all := make([]any, 0, len(x))
		for _, s := range x {
			all = append(all, s)
		}
		return all, nil
	}
	return []any{v}, nil
}

// entries makes a list of mappings with key and value out of a mapping, sorted by key; nothing has none.
func (e *evaluation) entries(v any) ([]any, error) {
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("entries wants a mapping, not %s", kindOf(v))
	}
	const each = 20 * elementCost // a mapping of two
	if err := e.spend(each * len(m)); err != nil {
		return nil, err
	}
	all := make([]any, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		all = append(all, map[string]any{"key": key, "value": m[key]})
	}
	return all, nil
}

// sort sorts a list of texts by their octets.
func (e *evaluation) sort(v any) ([]string, error) {
	texts, err := textsOf(v)
	if err != nil {
		return nil, fmt.Errorf("sort: %w", err)
	}
	size := elementCost * len(texts)
	for _, s := range texts {
		size += len(s)
	}
	if err := e.spend(size); err != nil {
		return nil, err
	}
	return slices.Sorted(slices.Values(texts)), nil
}

// concat joins two lists; nothing is an empty one, as list has it.
func (e *evaluation) concat(a, b any) ([]any, error) {
	var both []any
	for _, v := range []any{a, b} {
		elements, err := e.list(v)
		if err != nil {
			return nil, err
		}
		both = append(both, elements...)
	}
	if err := e.spend(elementCost * len(both)); err != nil {
		return nil, err
	}
	return both, nil
}
