package formula

import (
	"strings"
	"time"
)

// clock is a second interface that Variables may have: what time it is for @Now. Without it, it is the machine's.
type clock interface{ Now() time.Time }

// timeFunctions make and take apart times. All are UTC.
func timeFunctions() []function {
	six := []kind{number, number, number, number, number, number}
	return []function{
		{name: "@Now", strict: func(c call) Value { return Time(c.e.now()) }},
		{name: "@Today", strict: dayFromNow(0)},
		{name: "@Tomorrow", strict: dayFromNow(1)},
		{name: "@Yesterday", strict: dayFromNow(-1)},
		{name: "@Date", need: 1, takes: []kind{number | moment, number, number, number, number, number}, strict: date},
		{name: "@Adjust", need: 7, takes: append([]kind{moment}, six...), strict: adjust},
		{name: "@TextToTime", need: 1, takes: []kind{text}, strict: textToTime},
		{name: "@ToTime", need: 1, takes: []kind{text | moment}, strict: textToTime},
		{name: "@Year", need: 1, takes: []kind{moment}, strict: part(time.Time.Year)},
		{name: "@Month", need: 1, takes: []kind{moment}, strict: part(func(t time.Time) int { return int(t.Month()) })},
		{name: "@Day", need: 1, takes: []kind{moment}, strict: part(time.Time.Day)},
		{name: "@Hour", need: 1, takes: []kind{moment}, strict: part(time.Time.Hour)},
		{name: "@Minute", need: 1, takes: []kind{moment}, strict: part(time.Time.Minute)},
		{name: "@Second", need: 1, takes: []kind{moment}, strict: part(time.Time.Second)},
		{name: "@Weekday", need: 1, takes: []kind{moment}, strict: part(func(t time.Time) int { return int(t.Weekday()) + 1 })},
		{name: "@Deputy_UnixTime", need: 1, takes: []kind{moment}, strict: part(func(t time.Time) int { return int(t.Unix()) })},
	}
}

func (e *evaluation) now() time.Time {
	if c, ok := e.vars.(clock); ok {
		return c.Now().UTC().Truncate(time.Second)
	}
	return time.Now().UTC().Truncate(time.Second)
}

func dayFromNow(n int) func(call) Value {
	return func(c call) Value { return days(c.e.now().Truncate(24*time.Hour).AddDate(0, 0, n)) }
}

func part(of func(time.Time) int) func(call) Value {
	return func(c call) Value { return c.numbers(0, func(a atom) float64 { return float64(of(a.time)) }) }
}

// date makes a day of year, month and day, a time of six numbers, or drops the time of day (H_DATE).
func date(c call) Value {
	if c.args[0].kind == moment {
		t := c.args[0].atoms[0].time
		return days(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
	}
	if len(c.args) != 3 && len(c.args) != 6 {
		return c.fail("", "year, month and day are needed, perhaps with hour, minute and second")
	}
	year := c.whole(0, 0)
	if year < 1 || year > 9999 {
		return c.fail("", "the year is from 1 to 9999")
	}
	t := time.Date(year, time.Month(c.small(1)), c.small(2), c.small(3), c.small(4), c.small(5), 0, time.UTC)
	if len(c.args) == 3 {
		return days(t)
	}
	return Time(t)
}

// small is a number of months, days and so on, bounded so that no time leaves what a time can be.
func (c call) small(i int) int { return max(-1_000_000, min(1_000_000, c.whole(i, 0))) }

// adjust adds years, months, days, hours, minutes and seconds (H_ADJUST).
func adjust(c call) Value {
	v := Value{kind: moment, atoms: make([]atom, c.args[0].Len())}
	c.e.room(c.node, int64(v.Len()), 0)
	for i, a := range c.args[0].atoms {
		t := a.time.AddDate(c.small(1), c.small(2), c.small(3))
		t = t.Add(time.Duration(c.small(4))*time.Hour + time.Duration(c.small(5))*time.Minute + time.Duration(c.small(6))*time.Second)
		if t.Year() < 1 || t.Year() > 9999 {
			return c.fail("", "the result lies outside of the years 1 to 9999")
		}
		clock := c.small(4) != 0 || c.small(5) != 0 || c.small(6) != 0
		v.atoms[i] = atom{time: t, day: a.day && !clock}
	}
	return v
}

// textToTime reads "2026-11-24", "2026-11-24 10:00:00" and RFC 3339. Notes reads what the operating system's region
// writes; here there is one way for all.
func textToTime(c call) Value {
	if c.args[0].kind == moment {
		return c.args[0]
	}
	v := Value{kind: moment, atoms: make([]atom, c.args[0].Len())}
	c.e.room(c.node, int64(v.Len()), 0)
	for i, a := range c.args[0].atoms {
		read, ok := parseTime(a.text)
		if !ok {
			return c.fail(`write it as in "2026-11-24 10:00:00"`, "the text is not a time")
		}
		v.atoms[i] = read.atoms[0]
	}
	return v
}

// parseTime reads a day or a time of it.
func parseTime(s string) (Value, bool) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return days(t), true
	}
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	return Time(t), err == nil
}

// formatTime knows what of a time is shown: S0 the day, S1 the time of day, S2 and S3 both; D0 and D1 the whole day, D2
// month and day, D3 year and month; T0 with seconds, T1 without; in any order (H_TEXT).
func formatTime(a atom, format string) (string, bool) {
	day, clock, show := time.DateOnly, time.TimeOnly, "S2"
	if a.day {
		show = "S0"
	}
	for ; len(format) >= 2; format = format[2:] {
		switch code := format[:2]; code {
		case "D0", "D1", "T0", "Z0", "Z1", "Z2":
		case "D2":
			day = "01-02"
		case "D3":
			day = "2006-01"
		case "T1":
			clock = "15:04"
		case "S0", "S1", "S2", "S3":
			show = code
		default:
			return "", false
		}
	}
	switch {
	case format != "":
		return "", false
	case show == "S0":
		return a.time.Format(day), true
	case show == "S1":
		return a.time.Format(clock), true
	}
	return a.time.Format(day + " " + clock), true
}
