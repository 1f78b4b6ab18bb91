package dnsconfig

import (
	"regexp"
	"strings"
)

// The expression language's words for what goes wrong while an expression runs.
var (
	wrongKind  = regexp.MustCompile(`interface conversion: interface \{\} is (.+), not (.+)`)
	noMember   = regexp.MustCompile(`cannot fetch (.*) from (\S+)`)
	noOperator = regexp.MustCompile(`invalid operation: (\S+) ([^\w\s]+) (\S+)`)
)

// plainWords words an error of a running expression for people who don't know Go. Keys that the expression does not name
// are left out, since they are values.
func plainWords(source, message string) string {
	message, place := cutPlace(message)
	message = strings.TrimPrefix(message, "runtime error: ")
	switch {
	case strings.Contains(message, "reflect.Value.Len on zero Value"):
		message = "the list is nothing; list(…) makes an empty one of it"
	case wrongKind.MatchString(message):
		m := wrongKind.FindStringSubmatch(message)
		message = kindOfType(m[2]) + " is wanted, not " + kindOfType(m[1])
	case noMember.MatchString(message):
		m := noMember.FindStringSubmatch(message)
		message = "cannot fetch " + m[1] + " from " + kindOfType(m[2])
		if !strings.Contains(source, m[1]) {
			message = "cannot fetch that from " + kindOfType(m[2])
		}
		if m[2] == "<nil>" {
			message += "; ?. instead of . passes over nothing"
		}
	case message == "invalid operation: int(string)":
		message = "a whole number is wanted, not text: lists and texts have no members"
	case message == "integer divide by zero":
		message = "division by zero"
	case noOperator.MatchString(message):
		m := noOperator.FindStringSubmatch(message)
		message = kindOfType(m[1]) + " " + m[2] + " " + kindOfType(m[3]) + " can't be done"
	}
	return message + place
}

// mappingInLoop is what looks like a mapping and is read as the braces of a loop.
var mappingInLoop = regexp.MustCompile(`,\s*\{\s*("[^"]*"|\w+)\s*:`)

// arrow is a function as other languages write it: z => z.name, (z) -> z.name.
var arrow = regexp.MustCompile(`\w\)?\s*[=-]>`)

// hinted adds to an error of reading an expression what people stumble on.
func hinted(source, message string) string {
	switch {
	case strings.Contains(source, "${"):
		return message + "; ${…} stands in text, and not after = or within an expression, where the variable's name is enough"
	case arrow.MatchString(source):
		return message + "; there are no arrow functions: # is the element, as in map(list, #.name)"
	}
	if strings.Contains(message, `unexpected token Operator(":")`) && mappingInLoop.MatchString(source) {
		return message + "; a mapping within a loop stands in ( ), as in map(list, ({key: #}))"
	}
	return strings.Replace(message, "unexpected token EOF", "the expression ends too early", 1)
}

// cutPlace takes "(character 5)" off the end.
func cutPlace(message string) (rest, place string) {
	at := strings.LastIndex(message, " (character ")
	if at < 0 {
		return message, ""
	}
	return message[:at], message[at:]
}

// kindOfType names a Go type as kindOf names a value.
func kindOfType(name string) string {
	switch name {
	case "<nil>", "nil":
		return "nothing"
	case "string", "[]uint8":
		return "text"
	case "int", "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "[]interface", "[]interface {}", "[]string":
		return "a list"
	case "map[string]interface", "map[string]interface {}":
		return "a mapping"
	}
	return "something of another kind"
}
