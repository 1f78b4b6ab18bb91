package formula

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// MaxJSONDepth is how deep objects and arrays of an answer may be nested.
const MaxJSONDepth = 64

// DecodeJSON reads one JSON text with nothing after it, keeping numbers as they are written.
func DecodeJSON(source []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(source))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON text")
	}
	return decoded, nil
}

// FromJSON gives the value that formulas see for a part of decoded JSON: a string is text; a number a number, but an
// integer of 2^53 or more is its digits as text, since it is a name that rounding would change; true and false are
// the texts "true" and "false"; null is "". An array of such scalars is a list of texts. ok is false for objects and
// for arrays that hold objects or arrays.
func FromJSON(decoded any) (value Value, ok bool) {
	elements, isArray := decoded.([]any)
	if !isArray {
		return scalar(decoded)
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		v, ok := scalar(element)
		if !ok {
			return Value{}, false
		}
		texts[i] = v.Text()
	}
	return Text(texts...), true
}

func scalar(decoded any) (Value, bool) {
	switch d := decoded.(type) {
	case nil:
		return Text(), true
	case string:
		return Text(d), true
	case bool:
		return Text(strconv.FormatBool(d)), true
	case json.Number:
		return numberOrDigits(d), true
	}
	return Value{}, false
}

func numberOrDigits(n json.Number) Value {
	f, err := n.Float64()
	exact := strings.ContainsAny(n.String(), ".eE") || (-exactInteger < f && f < exactInteger)
	if err != nil || !exact {
		return Text(n.String())
	}
	return Number(f)
}

// jsonGet finds a part of a JSON text by its path: names and positions from 0, with dots between, as in "result.0.id".
// What is not there is "".
func jsonGet(c call) Value {
	source := c.text(0, "")
	c.e.room(c.node, 0, int64(len(source)))
	decoded, err := DecodeJSON([]byte(source))
	if err != nil {
		return c.fail("", "the text is not JSON")
	}
	path := c.text(1, "")
	for path != "" {
		var step string
		step, path, _ = strings.Cut(path, ".")
		decoded = descend(decoded, step)
	}
	value, ok := FromJSON(decoded)
	if !ok {
		return c.fail("", "the path leads to an object, not to a value")
	}
	c.e.room(c.node, int64(value.Len()), int64(value.size()))
	return value
}

// descend is one step of a path.
func descend(decoded any, step string) any {
	switch d := decoded.(type) {
	case map[string]any:
		return d[step]
	case []any:
		i, err := strconv.Atoi(step)
		if err == nil && i >= 0 && i < len(d) {
			return d[i]
		}
	}
	return nil
}

// stored is a Value as JSON: one of the lists.
type stored struct {
	Text   []string    `json:"text,omitempty"`
	Number []float64   `json:"number,omitempty"`
	Time   []time.Time `json:"time,omitempty"`
	Day    []time.Time `json:"day,omitempty"`
}

// MarshalJSON writes the value so that UnmarshalJSON reads it back: {"text":["a"]}, {"number":[1]}. An error value
// can't be written.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.err != nil {
		return nil, v.err
	}
	var s stored
	for _, a := range v.whole().atoms {
		switch {
		case v.kind == number:
			s.Number = append(s.Number, a.number)
		case v.kind != moment:
			s.Text = append(s.Text, a.text)
		case a.day:
			s.Day = append(s.Day, a.time)
		default:
			s.Time = append(s.Time, a.time)
		}
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Value) UnmarshalJSON(source []byte) error {
	var s stored
	if err := json.Unmarshal(source, &s); err != nil {
		return fmt.Errorf("a formula's value: %w", err)
	}
	switch {
	case s.Number != nil:
		*v = Number(s.Number...)
	case s.Day != nil:
		*v = days(s.Day...)
	case s.Time != nil:
		*v = Time(s.Time...)
	default:
		*v = Text(s.Text...)
	}
	return nil
}
