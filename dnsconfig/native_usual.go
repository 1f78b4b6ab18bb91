package dnsconfig

import (
	"slices"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// judging is how the outcome of an answer is told.
type judging struct {
	named   map[Outcome]condition
	ok      *expression
	message *expression
	wait    *expression
}

// usualKeys are those of judging that api may have for all calls but login.
func usualKeys() []string { return []string{"ok", "message", "throttled", "wait", "expired"} }

// compiler compiles an expression of which something is read.
type compiler func(n ast.Node, vars types.Map, s sort) (*expression, error)

// compile reads those of the keys that are there; shown compiles those that people see.
func (j *judging) compile(s keyed, vars types.Map, shown compiler) error {
	j.named = map[Outcome]condition{}
	for _, key := range namedOutcomes() {
		n := s.given[string(key)]
		if n == nil {
			continue
		}
		var err error
		if j.named[key], err = compileCondition(n, vars); err != nil {
			return err
		}
	}
	for _, each := range []struct {
		key  string
		to   **expression
		sort sort
		read compiler
	}{{"ok", &j.ok, aTruth, compileResult}, {"message", &j.message, aText, shown}, {"wait", &j.wait, aNumber, shown}} {
		if err := compileInto(each.to, s.given[each.key], vars, each.sort, each.read); err != nil {
			return err
		}
	}
	return nil
}

// compileInto compiles what is there.
func compileInto(to **expression, n ast.Node, vars types.Map, s sort, read compiler) error {
	if n == nil {
		return nil
	}
	var err error
	*to, err = read(n, vars, s)
	return err
}

// inherit takes of api's judging what the call does not say itself. null (~) in a call is its own, and says that there is
// none.
func (c *call) inherit(usual judging, s keyed) {
	if c.op == Login {
		return
	}
	own := func(key string) bool { return s.given[key] != nil || slices.Contains(s.nulls, key) }
	for key, x := range map[string]struct {
		to   **expression
		from *expression
	}{"ok": {&c.ok, usual.ok}, "message": {&c.message, usual.message}, "wait": {&c.wait, usual.wait}} {
		if !own(key) && x.from != nil {
			*x.to = x.from
			c.inherited = append(c.inherited, key)
		}
	}
	for outcome, x := range usual.named {
		if !own(string(outcome)) {
			c.named[outcome] = x
			c.inherited = append(c.inherited, string(outcome))
		}
	}
}

// keys are those that are told, in the order of usualKeys.
func (j judging) keys() []string {
	_, throttled := j.named[Throttled]
	_, expired := j.named[Expired]
	there := map[string]bool{
		"ok": j.ok != nil, "message": j.message != nil, "wait": j.wait != nil, "throttled": throttled, "expired": expired,
	}
	return slices.DeleteFunc(usualKeys(), func(key string) bool { return !there[key] })
}

// usual finds what api says for calls of which there are none.
func (l *lint) usual() {
	for _, key := range l.n.usual.keys() {
		inherits := func(op Op) bool { return l.n.Has(op) && slices.Contains(l.n.calls[op].inherited, key) }
		switch {
		case key == string(Expired) && !l.n.Has(Login):
			l.say("api names expired, and there is no login")
		case !slices.ContainsFunc(nativeOps(), inherits):
			l.say("nothing uses api.%s: each call has its own, or switches it off", key)
		}
	}
}
