package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds of all expressions of one request or answer together.
const (
	maxSteps = 100_000     // rounds of loops
	maxText  = 4 << 20     // octets of text that expressions make
	maxTime  = time.Second // by the clock, seen at each round and text
)

// evaluation is what expressions see while one request is made or one answer read: variables, and functions that spend
// its budget. It has no way out: no file or network, no clock but now, no randomness but nonce and the salts of signatures.
type evaluation struct {
	env   map[string]any
	steps int
	text  int
	until time.Time

	now   time.Time // what time and totp tell; the zero time: they fail
	nonce string    // new for each request

	// forms is how the host wrote each value that unquote decoded, by its octets: quote gives it back, so that a
	// foreign value of several strings keeps them.
	forms map[string]string

	seen []evaluated // the document's expressions that came to a value, in order, as many as maxSeen
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
	maps.Copy(e.env, e.functions())
	return e
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
	case pathText:
		return e.plus(string(x), b)
	case string:
		if p, ok := b.(pathText); ok {
			b = string(p)
		}
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

// texts gives the arguments of a function as text, in order, and spends their lengths.
func (e *evaluation) texts(function string, arguments ...any) ([]string, error) {
	given := make([]string, 0, len(arguments))
	for _, v := range arguments {
		s, err := stringOf(function, v)
		if err != nil {
			return nil, err
		}
		if err := e.spend(len(s)); err != nil {
			return nil, err
		}
		given = append(given, s)
	}
	return given, nil
}

func stringOf(function string, v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case pathText:
		return string(x), nil
	}
	return "", fmt.Errorf("%s wants text, not %s", function, kindOf(v))
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
	case pathText:
		return string(x), nil
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
	case map[string]any, fields:
		return "a mapping"
	case pathText:
		return "a path"
	}
	return "something of another kind"
}
