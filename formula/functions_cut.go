package formula

import (
	"strings"
	"unicode/utf8"
)

// cutFunctions take a part of a text, counted in characters or marked by another text. A text that is not found
// gives "", always.
func cutFunctions() []function {
	return []function{
		{name: "@Left", need: 2, takes: []kind{text, text | number}, strict: left},
		{name: "@LeftBack", need: 2, takes: []kind{text, text | number}, strict: leftBack},
		{name: "@Right", need: 2, takes: []kind{text, text | number}, strict: right},
		{name: "@RightBack", need: 2, takes: []kind{text, text | number}, strict: rightBack},
		{name: "@Middle", need: 3, takes: []kind{text, text | number, text | number}, strict: middle},
		{name: "@MiddleBack", need: 3, takes: []kind{text, text | number, text | number}, strict: middleBack},
		{name: "@Word", need: 3, takes: []kind{text, text, number}, strict: word},
	}
}

// cut applies one of two rules to each text: by a count of characters, or by a mark.
func (c call) cut(byCount func(s string, n int) string, byMark func(s, mark string) string) Value {
	if c.args[1].kind == number {
		n := c.whole(1, 0)
		return c.each(0, func(s string) string {
			if n < 0 {
				return s
			}
			return byCount(s, n)
		})
	}
	mark := c.text(1, "")
	return c.each(0, func(s string) string { return byMark(s, mark) })
}

// left: the first n characters, or what stands before the first mark (H_LEFT).
func left(c call) Value {
	return c.cut(first, func(s, mark string) string {
		before, _, found := strings.Cut(s, mark)
		return onlyIf(found, before)
	})
}

// leftBack: all but the last n characters, or what stands before the last mark.
func leftBack(c call) Value {
	return c.cut(withoutLast, func(s, mark string) string {
		before, _, found := cutLast(s, mark)
		return onlyIf(found, before)
	})
}

// right: the last n characters, or what stands after the first mark.
func right(c call) Value {
	return c.cut(last, func(s, mark string) string {
		_, after, found := strings.Cut(s, mark)
		return onlyIf(found, after)
	})
}

// rightBack: all but the first n characters, or what stands after the last mark.
func rightBack(c call) Value {
	return c.cut(withoutFirst, func(s, mark string) string {
		_, after, found := cutLast(s, mark)
		return onlyIf(found, after)
	})
}

func onlyIf(found bool, s string) string {
	if !found {
		return ""
	}
	return s
}

// cutLast is strings.Cut at the last mark.
func cutLast(s, mark string) (before, after string, found bool) {
	i := strings.LastIndex(s, mark)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(mark):], true
}

// middle: from an offset (after so many characters, or after the first mark) so many characters, or up to the next
// mark, or to the end where there is none. A negative count takes the characters before the offset or the mark
// (H_MIDDLE).
func middle(c call) Value {
	return c.each(0, func(s string) string {
		before, after, found := s, "", true
		if c.args[1].kind == text {
			before, after, found = strings.Cut(s, c.text(1, ""))
		} else {
			before = first(s, max(0, c.whole(1, 0)))
			after = s[len(before):]
		}
		switch {
		case !found:
			return ""
		case c.args[2].kind == text:
			part, _, _ := strings.Cut(after, c.text(2, ""))
			return part
		}
		return c.counted(before, after)
	})
}

// middleBack is middle from the end: the mark is the last one, and the part up to another mark is what stands before
// it. An offset counts from the right, where the end of the text counts as a character too (H_MIDDLEBACK).
func middleBack(c call) Value {
	return c.each(0, func(s string) string {
		before, after, found := s, "", true
		if c.args[1].kind == text {
			before, after, found = cutLast(s, c.text(1, ""))
		} else {
			before = withoutLast(s, max(0, c.whole(1, 0)-1))
			after = s[len(before):]
		}
		switch {
		case !found:
			return ""
		case c.args[2].kind == text:
			_, part, found := cutLast(before, c.text(2, ""))
			if !found {
				return before
			}
			return part
		}
		return c.counted(before, after)
	})
}

// counted takes the third argument's number of characters from what stands after a place, or before it if negative.
func (c call) counted(before, after string) string {
	n := c.whole(2, 0)
	if n < 0 {
		return last(before, -n)
	}
	return first(after, n)
}

// word: the n-th of the words that the separator makes, from the end if n is negative; 0 is 1 (H_WORD). The list is
// taken one by one, so the result is a list too.
func word(c call) Value {
	separator, n := c.text(1, ""), c.whole(2, 1)
	return c.each(0, func(s string) string {
		words := []string{s}
		if separator != "" {
			words = strings.Split(s, separator)
		}
		i := n - 1
		switch {
		case n == 0:
			i = 0
		case n < 0:
			i = len(words) + n
		}
		if i < 0 || i >= len(words) {
			return ""
		}
		return words[i]
	})
}

func first(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func withoutFirst(s string, n int) string { return s[len(first(s, n)):] }

func last(s string, n int) string { return withoutFirst(s, max(0, utf8.RuneCountInString(s)-n)) }

func withoutLast(s string, n int) string { return first(s, max(0, utf8.RuneCountInString(s)-n)) }
