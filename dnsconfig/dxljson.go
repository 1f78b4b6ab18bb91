package dnsconfig

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"deputy/formula"
)

// maxAnswerValues is how many variables one answer may make.
const maxAnswerValues = 100_000

// flatten stores decoded JSON as variables: a member of an object under prefix.key, an element of an array under its
// position from 0, and an array of scalars also as a list of texts under its own name. Names are in lower case.
func flatten(v *dxlVariables, prefix string, decoded any) error {
	f := flattening{v, maxAnswerValues}
	return f.store(prefix, decoded, formula.MaxJSONDepth)
}

type flattening struct {
	vars *dxlVariables
	left int // values that may still be stored
}

func (f *flattening) store(name string, decoded any, depth int) error {
	if depth == 0 {
		return fmt.Errorf("its objects and arrays are nested more than %d deep", formula.MaxJSONDepth)
	}
	if value, ok := formula.FromJSON(decoded); ok {
		f.left--
		if f.left < 0 {
			return fmt.Errorf("it holds more than %d values", maxAnswerValues)
		}
		f.vars.Set(name, value)
	}
	switch d := decoded.(type) {
	case []any:
		for i, element := range d {
			if err := f.store(name+"."+strconv.Itoa(i), element, depth-1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(d)) { // of keys that differ in case alone the last one always wins
			if err := f.store(name+"."+strings.ToLower(key), d[key], depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}
