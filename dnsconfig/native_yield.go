package dnsconfig

import (
	"errors"
	"fmt"
	"maps"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// yield is a result that an operation may, or has to, have.
type yield struct {
	key    string
	sort   sort
	needed bool
	each   string // the variable of each element of the list, for which it is evaluated; "" for once
}

func yieldsOf(op Op) []yield {
	switch op {
	case Login:
		return []yield{{"session", aMapping, true, ""}, {"expires", aNumber, false, ""}}
	case Zone:
		return []yield{{"id", aText, true, ""}, {"name", aText, false, ""}, {"minimum_ttl", aNumber, false, ""}}
	case Zones:
		return []yield{{"zones", aList, true, ""}, {"id", aText, true, "item"}, {"name", aText, true, "item"}, {"minimum_ttl", aNumber, false, "item"}}
	case Read:
		return []yield{{"values", aList, true, ""}, {"found", anything, false, ""}}
	case List:
		return []yield{{"records", aList, true, ""}, {"id", aText, false, "record"}, {"value", aText, false, "record"}}
	case Item:
		return []yield{{"value", aText, true, ""}}
	case Poll:
		return []yield{{"done", aTruth, true, ""}, {"failed", aTruth, false, ""}, {"every", aTime, false, ""}}
	}
	return nil
}

// results compiles what is read from the answer.
func (c *call) results(s keyed, vars types.Map) error {
	for _, y := range yieldsOf(c.op) {
		n := s.given[y.key]
		if n == nil && y.needed {
			return fmt.Errorf("%s is missing", y.key)
		}
		if n == nil {
			continue
		}
		if err := c.yields(y, s, vars); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) yields(y yield, s keyed, vars types.Map) error {
	n := s.given[y.key]
	var err error
	switch y.sort {
	case aMapping:
		c.session, err = compileSession(n, vars)
		return err
	case aTime:
		c.every, err = s.duration(y.key, maxPoll)
		return err
	}
	if y.each != "" {
		vars = maps.Clone(vars)
		vars[y.each] = types.Any
	}
	c.result[y.key], err = c.shown(n, vars, y.sort)
	return err
}

// shown compiles what is read of an answer and shown to people. It can't be made of what is secret: redaction finds a secret in
// many encodings, but not one that a document has taken to pieces.
func (c *call) shown(n ast.Node, vars types.Map, s sort) (*expression, error) {
	x, err := compileResult(n, vars, s)
	if err != nil {
		return nil, err
	}
	used := reads{}
	used.expression(x)
	hidden := used["account"] + used["session"]
	for _, f := range c.fields {
		if !f.Secret {
			hidden -= used["account."+f.Name]
		}
	}
	if hidden > 0 {
		return nil, &leafError{n, errors.New("this is shown to people, and can't be made of the session or of secret fields of the account")}
	}
	return x, nil
}

// compileSession reads what a login keeps.
func compileSession(n ast.Node, vars types.Map) ([]signed, error) {
	pairs, err := pairsOf(n)
	if err != nil {
		return nil, err
	}
	if len(pairs) == 0 {
		return nil, &leafError{n, errors.New("session keeps nothing; it is a mapping as in {token: =response.access_token}")}
	}
	var kept []signed
	for _, pair := range pairs {
		key := keyOf(pair)
		if !fieldName.MatchString(key) {
			return nil, &leafError{pair.Key, fmt.Errorf("%q is no name of a session's value; it has to be of a-z, 0-9 and underscore, and begin with a letter", cut(key, 80))}
		}
		v, err := compileLeaf(pair.Value, vars)
		if err != nil {
			return nil, &leafError{pair.Value, err}
		}
		kept = append(kept, signed{key, v})
	}
	return kept, nil
}
