package dnsconfig

import (
	"maps"
	"regexp"
	"slices"

	"github.com/expr-lang/expr/types"

	"deputy/formula"
)

// unknownName and unknownField are how the expression language names what it does not know.
var (
	unknownName   = regexp.MustCompile(`^unknown name (\w+)`)
	unknownMember = regexp.MustCompile(`^unknown field (\w+)`)
)

// suggestion says what would be right in place of a name that is not known here: the nearest one, or where it is known.
func suggestion(source, message string, env types.Map) string {
	if m := unknownMember.FindStringSubmatch(message); m != nil {
		return suggestedMember(source, m[1], env)
	}
	m := unknownName.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	if fields, ok := env["account"].(types.Map); ok && fields[m[1]] != nil {
		return "; did you mean account." + m[1] + "?"
	}
	if where := placesOf(m[1]); where != "" {
		return "; " + where
	}
	names := slices.DeleteFunc(slices.Collect(maps.Keys(env)), func(name string) bool { return name == "step" || name == "plus" })
	if near := nearest(m[1], append(names, builtins()...)); near != "" {
		return near
	}
	variables := slices.DeleteFunc(names, func(name string) bool { _, function := functionTypes()[name]; return function })
	slices.Sort(variables)
	return "; variables here are " + words(variables, "and")
}

func nearest(name string, known []string) string {
	near, ok := formula.Nearest(name, known)
	if !ok {
		return ""
	}
	return "; did you mean " + near + "?"
}

// suggestedMember is what would be right behind a dot: account.NAME.
func suggestedMember(source, name string, env types.Map) string {
	for of, t := range env {
		members, ok := t.(types.Map)
		if !ok || !regexp.MustCompile(`\b`+of+`\??\.`+regexp.QuoteMeta(name)+`\b`).MatchString(source) {
			continue
		}
		known := slices.Sorted(maps.Keys(members))
		if near := nearest(name, known); near != "" {
			return near
		}
		if len(known) == 0 {
			return "; " + of + " has none"
		}
		return "; " + of + " has " + words(known, "and")
	}
	return ""
}

// placesOf says where a variable is known that is not known everywhere; "" for what is none.
func placesOf(name string) string {
	switch name {
	case "session":
		return "session is known where there is a login, after it"
	case "response", "status", "headers", "cookies", "body":
		return name + " is known where an answer is read: in results, ok, absent and the like"
	case "request", "signing":
		return name + " is known in sign"
	case "page":
		return "page is known in calls that have page: {first, next}"
	case "item":
		return "item is known in id, name and minimum_ttl of zones"
	case "record":
		return "record is known in id and value of list, and in item and delete of the record style"
	case "id":
		return "id is known in item and delete of the record style"
	case "job":
		return "job is known in poll"
	case "found":
		return "found is known in the writes of the rrset style"
	case "values":
		return "values is known in replace, create, add and remove of the rrset style"
	case "value":
		return "value is known in create and delete of the record style, and in write and clear"
	case "zone", "ttl":
		return name + " is known after the zone was found: not in login, logout, zone and zones"
	case "name", "fqdn", "label", "zone_name":
		return name + " is known in calls for a name: not in api, login and logout"
	}
	return ""
}
