package formula

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// conversionFunctions turn one type into another and ask for types.
func conversionFunctions() []function {
	is := func(k kind) func(call) Value {
		return func(c call) Value { return truth(c.args[0].kind == k) }
	}
	return []function{
		{name: "@Text", need: 1, takes: []kind{anything, text}, strict: toText},
		{name: "@TextToNumber", need: 1, takes: []kind{text | number}, strict: textToNumber},
		{name: "@ToNumber", need: 1, takes: []kind{text | number}, strict: toNumber},
		{name: "@IsText", need: 1, takes: []kind{anything}, strict: is(text)},
		{name: "@IsNumber", need: 1, takes: []kind{anything}, strict: is(number)},
		{name: "@IsTime", need: 1, takes: []kind{anything}, strict: is(moment)},
		{name: "@IsNull", need: 1, takes: []kind{anything}, strict: isNull},
	}
}

func isNull(c call) Value {
	v := c.args[0]
	return truth(v.kind == text && v.Len() == 1 && v.atoms[0].text == "")
}

// toText is the general format, or one of the formats of H_TEXT; text stays as it is.
func toText(c call) Value {
	v, format := c.args[0], strings.ToUpper(strings.TrimSpace(c.text(1, "")))
	if v.kind == text {
		return v
	}
	c.e.room(c.node, int64(v.Len()), 32*int64(v.Len()))
	texts := make([]string, v.Len())
	for i, a := range v.atoms {
		var ok bool
		if texts[i], ok = formatted(v, a, format); !ok {
			return c.fail(`numbers have "F2", "E3", "%", ","; times "D0", "S0", "S1"`, "an unknown format")
		}
	}
	return Text(texts...)
}

func formatted(v Value, a atom, format string) (string, bool) {
	if format == "" {
		return v.show(a), true
	}
	if v.kind == moment {
		return formatTime(a, format)
	}
	return formatNumber(a.number, format)
}

// formatNumber knows G (general), F (fixed), S and E (scientific), %, a comma between thousands, parentheses for
// negative numbers, each with a number of decimals from 0 to 15.
func formatNumber(n float64, format string) (string, bool) {
	decimals := 2
	digits := strings.Trim(format, "GFSE%,()")
	signs := strings.Replace(format, digits, "", 1)
	if digits != "" {
		var err error
		decimals, err = strconv.Atoi(digits)
		if err != nil || decimals < 0 || decimals > 15 {
			return "", false
		}
	}
	negative := n < 0 && strings.Contains(signs, "()")
	if negative {
		n = -n
	}
	var s string
	switch {
	case strings.Contains(signs, "%"):
		s = strconv.FormatFloat(n*100, 'f', decimals, 64) + "%"
	case strings.ContainsAny(signs, "SE"):
		s = strconv.FormatFloat(n, 'E', decimals, 64)
	case strings.Contains(signs, "F"):
		s = strconv.FormatFloat(n, 'f', decimals, 64)
	default:
		s = showNumber(n)
	}
	if strings.Contains(signs, ",") {
		s = punctuated(s)
	}
	if negative {
		s = "(" + s + ")"
	}
	return s, true
}

// punctuated puts a comma between thousands.
func punctuated(s string) string {
	end := strings.IndexAny(s, ".E%")
	if end < 0 {
		end = len(s)
	}
	for i := end - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// textToNumber reads the number at the beginning of a text: "12ABC" is 12, "ABC" an error (H_TEXTTONUMBER).
func textToNumber(c call) Value {
	return c.parseNumbers(func(s string) (float64, error) {
		s = strings.TrimSpace(s)
		for end := min(len(s), 40); end > 0; end-- {
			if n, err := parseDecimal(s[:end]); err == nil {
				return n, nil
			}
		}
		return 0, fmt.Errorf("the text does not begin with a number")
	})
}

// toNumber takes only a whole number's text; "" is 0.
func toNumber(c call) Value {
	return c.parseNumbers(func(s string) (float64, error) {
		s = strings.TrimSpace(s)
		if s == "" {
			return 0, nil
		}
		n, err := parseDecimal(s)
		if err != nil {
			return 0, fmt.Errorf("the text is not a number")
		}
		return n, nil
	})
}

func (c call) parseNumbers(parse func(string) (float64, error)) Value {
	v := c.args[0]
	if v.kind == number {
		return v
	}
	var failed error
	numbers := c.numbers(0, func(a atom) float64 {
		n, err := parse(a.text)
		if err != nil && failed == nil {
			failed = err
		}
		return n
	})
	if failed != nil {
		return c.fail("", "%v", failed)
	}
	return numbers
}

// parseDecimal is strconv without what only programmers write: hexadecimal, underscores, Inf, NaN.
func parseDecimal(s string) (float64, error) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(n, 0) {
		return 0, strconv.ErrSyntax
	}
	return n, nil
}
