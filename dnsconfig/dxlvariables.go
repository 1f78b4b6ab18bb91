package dnsconfig

import (
	"maps"
	"strings"

	"deputy/formula"
)

// dxlVariables are the fields of a run's in-memory document, by name in lower case.
type dxlVariables struct {
	values  map[string]formula.Value
	origin  map[string]string // what set or removed a variable since the start: an item's name, or "" for an answer
	setting string            // the item whose formula is being evaluated
	ahead   bool              // an answer was read that had not come
	changed map[string]bool   // what a walk's step has set or removed; nil where nobody asks
}

// newVariables builds the document a run starts from: the configuration's cfg_* items, over them the account's, then
// param_*. An empty account field hides nothing.
func newVariables(d *DXL, in DXLInputs) *dxlVariables {
	v := &dxlVariables{values: map[string]formula.Value{}, origin: map[string]string{}}
	for name, value := range d.settings {
		v.values[name] = value
	}
	for name, value := range in.Account {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "cfg_") && !value.IsZero() {
			v.values[lower] = formula.Text(value.Reveal())
		}
	}
	v.values["param_registereddomain"] = formula.Text(in.RegisteredDomain)
	v.values["param_dnstxtname"] = formula.Text(in.TXTName)
	v.values["param_dnstxtvalue"] = formula.Text(in.TXTValue)
	return v
}

// Get gives a variable.
func (v *dxlVariables) Get(name string) (formula.Value, bool) {
	value, ok := v.values[name]
	v.ahead = v.ahead || !ok && fromAnswer(name)
	return value, ok
}

// fromAnswer says that answers set the variable of that name, in lower case.
func fromAnswer(name string) bool {
	return strings.HasPrefix(name, "ret_") || strings.HasPrefix(name, "retjson_")
}

// Set sets a variable for the rest of the run.
func (v *dxlVariables) Set(name string, value formula.Value) {
	v.values[name] = value
	v.change(name)
}

// Delete removes a variable.
func (v *dxlVariables) Delete(name string) {
	delete(v.values, name)
	v.change(name)
}

func (v *dxlVariables) change(name string) {
	v.origin[name] = v.setting
	if v.changed != nil {
		v.changed[name] = true
	}
}

// forget removes what an earlier answer to the same operation has left.
func (v *dxlVariables) forget(prefix string) {
	for name := range v.values {
		if name == prefix || strings.HasPrefix(name, prefix+".") {
			v.Delete(name)
		}
	}
}

func (v *dxlVariables) clone() *dxlVariables {
	return &dxlVariables{values: maps.Clone(v.values), origin: maps.Clone(v.origin)}
}
