package desec

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// writeRRsets is PUT and PATCH of the list: upsert, and delete by empty records, all or nothing
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#bulk-operations).
func (c *call) writeRRsets() (answer, error) {
	data, err := c.data()
	if err != nil {
		return answer{}, err
	}
	if data == nil {
		return answer{}, refuse(http.StatusBadRequest, nonField("No data provided"))
	}
	list, ok := data.([]any)
	if !ok {
		return answer{}, refuse(http.StatusBadRequest, nonField("Expected a list of items but got %s.", typeName(data)))
	}
	return c.writeList(list, http.StatusOK)
}

func (c *call) writeList(list []any, status int) (answer, error) {
	changes, err := bulk{call: c, list: list}.validate()
	if err != nil {
		return answer{}, err
	}
	sets, err := c.write(changes)
	return answer{status: status, body: c.domain.rrsetObjects(sets)}, err
}

// bulk checks a list of RRsets.
type bulk struct {
	call *call
	list []any
}

// place is a subname and type as an element names them; nil where it leaves one out.
type place struct{ subname, rrtype any }

func placeOf(item map[string]any) place { return place{item["subname"], item["type"]} }

// validate gives the changes, or a list of errors as long as the request's, with {} for each element that is fine.
func (b bulk) validate() ([]change, error) {
	errs := make([]map[string]any, len(b.list))
	items := make([]map[string]any, len(b.list))
	for i, data := range b.list {
		items[i], errs[i] = plainItem(data)
	}
	var changes []change
	for i, item := range items {
		if len(errs[i]) > 0 {
			continue
		}
		wanted, err := b.validateItem(items, i, item)
		if err == nil {
			changes = append(changes, wanted)
			continue
		}
		var r *refusal
		if !errors.As(err, &r) || r.status != http.StatusBadRequest {
			return nil, err // forbidden: the whole request is
		}
		errs[i] = r.body.(map[string]any)
	}
	if slices.ContainsFunc(errs, func(e map[string]any) bool { return len(e) > 0 }) {
		return nil, refuse(http.StatusBadRequest, errs)
	}
	return changes, nil
}

// plainItem looks at the types of an element before anything of it is used.
func plainItem(data any) (map[string]any, map[string]any) {
	errs := map[string]any{}
	item, ok := data.(map[string]any)
	if !ok {
		errs["non_field_errors"] = fmt.Sprintf("Expected a dictionary, but got %s.", typeName(data))
		return nil, errs
	}
	for _, field := range []string{"subname", "type"} {
		switch item[field].(type) {
		case nil, string:
		default:
			errs[field] = fmt.Sprintf("Expected a string, but got %s.", typeName(item[field]))
		}
	}
	return item, errs
}

func (b bulk) validateItem(items []map[string]any, i int, item map[string]any) (change, error) {
	if err := unique(items, i); err != nil {
		return change{}, err
	}
	if err := b.exclusive(items, item); err != nil {
		return change{}, err
	}
	e := element{call: b.call, many: true}
	if b.call.method != http.MethodPost {
		subname, _ := item["subname"].(string)
		rrtype, _ := item["type"].(string)
		e.old = b.call.domain.find(subname, rrtype)
		if _, named := item["subname"]; !named {
			e.old = nil // deSEC looks elements up before it fills in defaults
		}
	}
	// Creating by PATCH needs every field; changing and deleting do not.
	e.partial = b.call.method == http.MethodPatch && (e.old != nil || empties(item))
	return e.validate(item)
}

// empties says that an element deletes.
func empties(item map[string]any) bool {
	records, ok := item["records"].([]any)
	return ok && len(records) == 0
}

// unique refuses an element whose place others have too.
func unique(items []map[string]any, i int) error {
	var others []string
	for j, other := range items {
		if j != i && other != nil && placeOf(other) == placeOf(items[i]) {
			others = append(others, fmt.Sprint(j))
		}
	}
	if len(others) == 0 {
		return nil
	}
	return refuse(http.StatusBadRequest, nonField("Same subname and type as in position(s) %s, but must be unique.",
		strings.Join(others, ", ")))
}

// exclusive refuses a CNAME beside other types, and the reverse, once the whole request is done
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#caveats).
func (b bulk) exclusive(items []map[string]any, item map[string]any) error {
	if empties(item) {
		return nil
	}
	at := map[string][]string{} // position, "database" among them, to types
	clash := func(rrtype any) bool { return (rrtype == "CNAME") != (item["type"] == "CNAME") }
	for _, s := range b.call.domain.rrsets {
		if s.subname == item["subname"] && clash(s.rrtype) && !emptied(items, s) {
			at["database"] = append(at["database"], s.rrtype)
		}
	}
	for j, other := range items {
		if other != nil && other["subname"] == item["subname"] && clash(other["type"]) && !empties(other) {
			position := fmt.Sprint(j)
			at[position] = append(at[position], fmt.Sprint(other["type"]))
		}
	}
	if len(at) == 0 {
		return nil
	}
	var found []string
	for _, position := range slices.Sorted(maps.Keys(at)) { // "database" sorts last
		slices.Sort(at[position])
		found = append(found, fmt.Sprintf("%s (%s)", position, strings.Join(at[position], ", ")))
	}
	return refuse(http.StatusBadRequest, conflicting(strings.Join(found, ", ")))
}

// emptied says that the request deletes s.
func emptied(items []map[string]any, s *rrset) bool {
	return slices.ContainsFunc(items, func(item map[string]any) bool {
		return item != nil && placeOf(item) == place{s.subname, s.rrtype} && empties(item)
	})
}

func conflicting(where string) map[string]any {
	return nonField("RRset with conflicting type present at same subname: %s. (No other RRsets are allowed alongside CNAME.)", where)
}
