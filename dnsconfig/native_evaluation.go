package dnsconfig

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/types"
)

// Bounds of all expressions of one request or answer together.
const (
	maxSteps = 100_000     // rounds of loops
	maxText  = 4 << 20     // octets of text that expressions make
	maxTime  = time.Second // by the clock, seen at each round and text
)

// evaluation is what expressions see while one request is made or one answer read: variables, and functions that spend
// its budget. It has no way out: no file, clock, randomness or network.
type evaluation struct {
	env   map[string]any
	steps int
	text  int
	until time.Time

	// forms is how the host wrote each value that unquote decoded, by its octets: quote gives it back, so that a
	// foreign value of several strings keeps them.
	forms map[string]string
}

func newEvaluation(variables map[string]any, forms map[string]string) *evaluation {
	e := &evaluation{
		env:   map[string]any{},
		steps: maxSteps,
		text:  maxText,
		until: time.Now().Add(maxTime),
		forms: map[string]string{},
	}
	maps.Copy(e.env, variables)
	maps.Copy(e.forms, forms)
	maps.Copy(e.env, map[string]any{
		"step": e.step, "plus": e.plus, "quote": e.quote, "unquote": e.unquote, "text": e.asText, "number": asNumber,
		"lower": e.lower, "join": e.join, "split": e.split, "base64": e.base64,
	})
	return e
}

// functionTypes are the types of what newEvaluation hands in.
func functionTypes() types.Map {
	var e *evaluation
	return types.Map{
		"step": types.TypeOf(e.step), "plus": types.TypeOf(e.plus), "quote": types.TypeOf(e.quote),
		"unquote": types.TypeOf(e.unquote), "text": types.TypeOf(e.asText), "number": types.TypeOf(asNumber),
		"lower": types.TypeOf(e.lower), "join": types.TypeOf(e.join), "split": types.TypeOf(e.split),
		"base64": types.TypeOf(e.base64),
	}
}

var errBudget = errors.New("the document's expressions cost too much")

func (e *evaluation) step() (bool, error) {
	e.steps--
	if e.steps < 0 || time.Now().After(e.until) {
		return false, errBudget
	}
	return true, nil
}

func (e *evaluation) spend(octets int) error {
	e.text -= octets
	if e.text < 0 || time.Now().After(e.until) {
		return errBudget
	}
	return nil
}

// spent is s, paid for.
func (e *evaluation) spent(s string) (string, error) {
	if err := e.spend(len(s)); err != nil {
		return "", err
	}
	return s, nil
}

func (e *evaluation) plus(a, b any) (any, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			if err := e.spend(len(x) + len(y)); err != nil {
				return nil, err
			}
			return x + y, nil
		}
	case int:
		if y, ok := b.(int); ok {
			return x + y, nil
		}
	}
	return nil, fmt.Errorf("%s + %s can't be added; text(…) makes text", kindOf(a), kindOf(b))
}

func (e *evaluation) quote(v any) (string, error) {
	s, err := stringOf("quote", v)
	if err != nil {
		return "", err
	}
	if form, ok := e.forms[s]; ok {
		return e.spent(form)
	}
	if err := e.spend(len(s)); err != nil {
		return "", err
	}
	return e.spent(quoteTXT(s))
}

func (e *evaluation) unquote(v any) (string, error) {
	s, err := stringOf("unquote", v)
	if err != nil {
		return "", err
	}
	if err := e.spend(len(s)); err != nil {
		return "", err
	}
	decoded, err := unquoteTXT(s)
	if err != nil {
		return "", err
	}
	e.forms[decoded] = s
	return decoded, nil
}

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

func (e *evaluation) base64(v any) (string, error) {
	s, err := stringOf("base64", v)
	if err != nil {
		return "", err
	}
	if err := e.spend(base64.StdEncoding.EncodedLen(len(s))); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

func stringOf(function string, v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("%s wants text, not %s", function, kindOf(v))
	}
	return s, nil
}

func asNumber(v any) (int, error) {
	switch x := v.(type) {
	case int:
		return x, nil
	case float64:
		if x == math.Trunc(x) && math.Abs(x) <= 1<<53 {
			return int(x), nil
		}
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(x)); err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%s is no whole number", kindOf(v))
}

// textOf writes a text, number or truth value; nothing, lists and mappings are none.
func textOf(v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case int:
		return strconv.Itoa(x), nil
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(x), nil
	}
	return "", fmt.Errorf("text is wanted, not %s", kindOf(v))
}

// textsOf reads a list of texts.
func textsOf(v any) ([]string, error) {
	switch x := v.(type) {
	case []string:
		return x, nil
	case []any:
		texts := make([]string, 0, len(x))
		for i, element := range x {
			s, err := textOf(element)
			if err != nil {
				return nil, fmt.Errorf("element %d of the list: %w", i+1, err)
			}
			texts = append(texts, s)
		}
		return texts, nil
	}
	return nil, fmt.Errorf("a list is wanted, not %s", kindOf(v))
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case int, float64:
		return "a number"
	case bool:
		return "true or false"
	case []any, []string:
		return "a list"
	case map[string]any:
		return "a mapping"
	}
	return "something of another kind"
}
