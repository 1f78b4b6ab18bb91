package dnsconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"deputy/formula"
	"deputy/secret"
)

// contextVersion is the form of a stored context.
const contextVersion = 1

// dxlContext is a run between Add and Del, as it is stored: only variables that the delete phase reads, and of those
// only what was set since the start.
//
// A variable that holds a secret is not stored. If a formula set it, Resume evaluates that formula again, with the
// account's fields at hand, and takes that variable of it: formulas are pure but for their variables. If it came with
// an answer, reading it in the delete phase is an error that says so, rather than a silent "".
type dxlContext struct {
	Version   int                      `json:"version"`
	Challenge string                   `json:"challenge"` // what the run was for; a context of another is refused
	Variables map[string]formula.Value `json:"variables,omitempty"`
	Removed   []string                 `json:"removed,omitempty"`
	Again     map[string]string        `json:"again,omitempty"`    // variable to the item whose formula sets it
	Withheld  []string                 `json:"withheld,omitempty"` // came with an answer and held a secret
}

// Context is what must survive until the delete phase, as JSON: variables set by formulas and answers. No account
// field is in it, and no value that contains one of the account's secrets.
func (r *Run) Context() ([]byte, error) {
	c := dxlContext{
		Version:   contextVersion,
		Challenge: r.in.challenge(),
		Variables: map[string]formula.Value{},
		Again:     map[string]string{},
	}
	secrets := r.in.secrets()
	needed := r.config.neededForDelete()
	for _, name := range slices.Sorted(maps.Keys(r.vars.origin)) {
		if !needed(name) {
			continue
		}
		value, there := r.vars.Get(name)
		origin := r.vars.origin[name]
		secretName := strings.HasPrefix(name, "cfg_") && secretField(name)
		switch {
		case !there:
			c.Removed = append(c.Removed, name)
		case value.Err() != nil: // withheld by an earlier context
			c.Withheld = append(c.Withheld, name)
		case !secretName && !slices.ContainsFunc(value.Texts(), secrets.Find):
			c.Variables[name] = value
		case origin != "":
			c.Again[name] = origin
		default:
			c.Withheld = append(c.Withheld, name)
		}
	}
	stored, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("store the variables of the DNS Configuration %s: %w", r.config.name, err)
	}
	return stored, nil
}

// secrets finds the account's secret fields in texts, in every encoding. Fields that Notes does not seal, such as the
// zone, are no secrets: they stand in every URL.
func (in DXLInputs) secrets() *secret.Redactor {
	r := secret.NewRedactor()
	for name, value := range in.Account {
		if secretField(strings.ToLower(name)) {
			r.Add(value)
		}
	}
	return r
}

// challenge identifies a run by what is public of its inputs.
func (in DXLInputs) challenge() string {
	return strings.Join([]string{in.RegisteredDomain, in.TXTName, in.TXTValue}, " ")
}

// neededForDelete says which variables QryDel, Del and the formulas that may have to run again read.
func (d *DXL) neededForDelete() func(lower string) bool {
	wanted, everything := map[string]bool{}, false
	take := func(f *formula.Formula) {
		everything = everything || f.ReadsAny()
		for _, read := range f.Reads() {
			wanted[strings.ToLower(read.Name)] = true
		}
	}
	for _, f := range d.deletes() {
		take(f)
	}
	for before := -1; before != len(wanted); {
		before = len(wanted)
		for _, f := range d.used() {
			if slices.ContainsFunc(f.Fields(), func(name string) bool { return wanted[strings.ToLower(name)] }) {
				take(f)
			}
		}
	}
	return func(lower string) bool { return everything || wanted[lower] }
}

// Resume goes on with a run after Context, for QryDel and Del; in must be the inputs of Start.
func (d *DXL) Resume(in DXLInputs, context []byte) (*Run, error) {
	var c dxlContext
	if err := json.Unmarshal(context, &c); err != nil {
		return nil, fmt.Errorf("read the stored variables of the DNS Configuration %s: %w", d.name, err)
	}
	if c.Version != contextVersion {
		return nil, fmt.Errorf("read the stored variables of the DNS Configuration %s: they are of version %d, not %d", d.name, c.Version, contextVersion)
	}
	if c.Challenge != in.challenge() {
		return nil, errors.New("read the stored variables of the DNS Configuration " + d.name + ": they belong to another challenge")
	}
	r := d.Start(in)
	for name, value := range c.Variables {
		r.vars.Set(name, value)
	}
	for _, name := range c.Removed {
		r.vars.Delete(name)
	}
	for _, name := range c.Withheld {
		r.vars.Set(name, formula.Failure(name+" came with an answer that held a secret of the account, so it was not kept for removing the record"))
	}
	return r, r.again(c.Again)
}

// again evaluates the formulas that set variables with secrets in them, each on a copy of the variables, of which only
// those are taken.
func (r *Run) again(variables map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		copied := &Run{config: r.config, in: r.in, vars: r.vars.clone()}
		if _, err := copied.evaluate(variables[name]); err != nil {
			return err
		}
		value, ok := copied.vars.Get(name)
		if !ok {
			value = formula.Text()
		}
		r.vars.setting = variables[name]
		r.vars.Set(name, value)
		r.vars.setting = ""
	}
	return nil
}
