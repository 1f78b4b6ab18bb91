package formula

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// kind is the type of a value's elements. Kinds are bits, so that a function can say which ones it takes.
type kind uint8

const (
	text kind = 1 << iota
	number
	moment // a point in time, always in UTC

	anything = text | number | moment
)

func (k kind) String() string {
	var names []string
	for _, n := range [...]struct {
		kind kind
		name string
	}{{text, "text"}, {number, "a number"}, {moment, "a time"}} {
		if k&n.kind != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, " or ")
}

// Value is what every expression has: a list of at least one element, all text, all numbers or all times; or an error
// that goes through operators and functions until @IsError or @IfError sees it. The zero value is the text "".
type Value struct {
	kind    kind
	removed bool // what @DeleteField gives: a field that gets it is removed; elsewhere it is ""
	none    bool // what @Nothing gives: @Transform leaves it out; elsewhere it is ""
	atoms   []atom
	err     *Error
}

// atom is one element; the field of its value's kind holds.
type atom struct {
	text   string
	number float64
	time   time.Time
	day    bool // a time without its time of day
}

// Text makes a list of texts; without any, the text "".
func Text(elements ...string) Value {
	if len(elements) == 0 {
		return Value{kind: text, atoms: make([]atom, 1)}
	}
	atoms := make([]atom, len(elements))
	for i, e := range elements {
		atoms[i].text = e
	}
	return Value{kind: text, atoms: atoms}
}

// Number makes a list of numbers; without any, 0. A number that is infinite or none (NaN) becomes an error, since no
// formula could tell it from a right one.
func Number(elements ...float64) Value {
	atoms := make([]atom, max(1, len(elements)))
	for i, e := range elements {
		if math.IsInf(e, 0) || math.IsNaN(e) {
			return Failure("the result is too large for a number, or none")
		}
		atoms[i].number = e
	}
	return Value{kind: number, atoms: atoms}
}

// Time makes a list of times; without any, the zero time.
func Time(elements ...time.Time) Value {
	atoms := make([]atom, max(1, len(elements)))
	for i, e := range elements {
		atoms[i].time = e.UTC()
	}
	return Value{kind: moment, atoms: atoms}
}

// Failure is the value of what went wrong outside of formulas: a formula that reads it fails there with the message.
func Failure(message string) Value { return Value{err: &Error{Message: message}} }

// truth is what comparisons give: Notes has no type for it.
func truth(b bool) Value {
	if b {
		return Number(1)
	}
	return Number(0)
}

// days makes a list of times without their time of day.
func days(elements ...time.Time) Value {
	v := Time(elements...)
	for i := range v.atoms {
		v.atoms[i].day = true
	}
	return v
}

// whole gives v with the zero value written out.
func (v Value) whole() Value {
	if len(v.atoms) == 0 && v.err == nil {
		return Text()
	}
	return v
}

// Len is the number of elements, at least 1.
func (v Value) Len() int { return max(1, len(v.atoms)) }

// Err is the error that v is, or nil.
func (v Value) Err() error {
	if v.err == nil {
		return nil
	}
	return v.err
}

// IsText says that v's elements are texts.
func (v Value) IsText() bool { return v.err == nil && (v.kind == text || v.kind == 0) }

// Texts gives each element as @Text does.
func (v Value) Texts() []string {
	texts := make([]string, v.Len())
	for i, a := range v.atoms {
		texts[i] = v.show(a)
	}
	return texts
}

// Text gives the first element as @Text does.
func (v Value) Text() string {
	if len(v.atoms) == 0 {
		return ""
	}
	return v.show(v.atoms[0])
}

// Number gives the first element as a number; ok is false when it is none, nor text that is one.
func (v Value) Number() (n float64, ok bool) {
	if len(v.atoms) == 0 || v.kind == moment {
		return 0, false
	}
	if v.kind == number {
		return v.atoms[0].number, true
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(v.atoms[0].text), 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

// show gives an element as @Text does without a format.
func (v Value) show(a atom) string {
	switch v.kind {
	case number:
		return showNumber(a.number)
	case moment:
		return showTime(a)
	}
	return a.text
}

// exactInteger is the bound below which every integer is a number of its own.
const exactInteger = 1 << 53

// showNumber is the general format: integers plain, without exponent; anything else with 15 significant digits.
func showNumber(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) <= exactInteger {
		return strconv.FormatFloat(n+0, 'f', 0, 64) // +0 turns -0 into 0
	}
	return strconv.FormatFloat(n, 'G', 15, 64)
}

// showTime has one form for all places, unlike Notes, which asks the operating system.
func showTime(a atom) string {
	if a.day {
		return a.time.Format(time.DateOnly)
	}
	return a.time.Format(time.DateTime)
}

// size is the number of octets of v's texts.
func (v Value) size() int {
	n := 0
	for i := range v.atoms {
		n += len(v.atoms[i].text)
	}
	return n
}

// same says whether two elements of kind k are equal. Text compares case-sensitively: HCL's pages don't say for "=",
// but every text function is so by default (@Compare, @IsMember, @Contains).
func same(k kind, a, b atom) bool {
	switch k {
	case number:
		return a.number == b.number
	case moment:
		return a.time.Equal(b.time)
	}
	return a.text == b.text
}

// before says whether a comes before b: text by code point, numbers and times by size.
func before(k kind, a, b atom) bool {
	switch k {
	case number:
		return a.number < b.number
	case moment:
		return a.time.Before(b.time)
	}
	return a.text < b.text
}
