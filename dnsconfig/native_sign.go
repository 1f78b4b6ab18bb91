package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// signing is a compiled recipe that signs requests: either values and headers of the document's own, or AWS's.
type signing struct {
	values  []signed
	headers []header
	aws     *awsSigning
}

// signed is a named value of a recipe.
type signed struct {
	name  string
	value value
}

// requestTypes are the variables that only a recipe sees, beside signing. The length is that of the body in octets, as
// Content-Length has it.
func requestTypes() types.Map {
	return types.Map{
		"method": types.String, "url": types.String, "host": types.String, "path": types.String, "query": types.String,
		"body": types.String, "length": types.Int, "headers": types.Any,
	}
}

// compileSigning reads a sign of the document: `values` in order, each seen by what follows as signing.NAME, then
// `headers`; or `aws4`.
func compileSigning(n ast.Node, variables types.Map) (*signing, error) {
	pairs, err := pairsOf(n)
	if err != nil {
		return nil, err
	}
	vars := maps.Clone(variables)
	vars["request"], vars["signing"], vars["now"], vars["nonce"] = requestTypes(), types.Map{}, types.Int, types.String
	s := &signing{}
	for _, pair := range pairs {
		switch key := keyOf(pair); key {
		case "values", "headers":
		case "aws4":
			if s.aws, err = compileAWS(pair.Value, vars); err != nil {
				return nil, err
			}
		default:
			return nil, &leafError{pair.Key, fmt.Errorf("there is no key %q in sign; values and headers, or aws4, can be there", cut(key, 80))}
		}
	}
	if s.aws != nil && len(pairs) > 1 {
		return nil, &leafError{n, errors.New("aws4 stands alone in sign")}
	}
	if s.aws != nil {
		return s, nil
	}
	return s, s.compile(n, pairs, vars)
}

func (s *signing) compile(n ast.Node, pairs []*ast.MappingValueNode, vars types.Map) error {
	var err error
	if s.values, err = compileValues(nodeOf(pairs, "values"), vars); err != nil {
		return err
	}
	headers := nodeOf(pairs, "headers")
	if headers == nil {
		return &leafError{n, errors.New("headers is missing in sign; without it nothing would be signed")}
	}
	if s.headers, err = compileHeaders(headers, vars); err != nil {
		return err
	}
	return nil
}

// nodeOf is the value of a key, nil where it is missing.
func nodeOf(pairs []*ast.MappingValueNode, key string) ast.Node {
	for _, pair := range pairs {
		if keyOf(pair) == key {
			return pair.Value
		}
	}
	return nil
}

// compileValues reads the values; each sees those before it.
func compileValues(n ast.Node, vars types.Map) ([]signed, error) {
	pairs, err := pairsOf(n)
	if err != nil {
		return nil, err
	}
	var values []signed
	known := types.Map{}
	for _, pair := range pairs {
		key := keyOf(pair)
		if !signingName.MatchString(key) {
			return nil, &leafError{pair.Key, fmt.Errorf("%q is no name of a value; letters, digits and underscores can be used", cut(key, 80))}
		}
		vars["signing"] = maps.Clone(known)
		v, err := compileLeaf(pair.Value, vars)
		if err != nil {
			return nil, &leafError{pair.Value, err}
		}
		values = append(values, signed{key, v})
		known[key] = types.Any
	}
	vars["signing"] = known
	return values, nil
}

var signingName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)

// apply adds the headers of the signature to a request that is otherwise complete. A header that is there already is
// replaced; one whose value is nothing is left out.
func (s *signing) apply(e *evaluation, r *Request, now time.Time, nonce string) error {
	e.now, e.nonce = now, nonce
	variables, err := requestVariables(r)
	if err != nil {
		return err
	}
	maps.Copy(e.env, map[string]any{"now": int(now.Unix()), "nonce": nonce, "request": variables, "signing": map[string]any{}})
	if s.aws != nil {
		return s.aws.apply(e, r, now)
	}
	given := map[string]any{}
	for _, v := range s.values {
		e.env["signing"] = given
		if given[v.name], err = v.value.give(e); err != nil {
			return fmt.Errorf("sign: %s: %w", v.name, err)
		}
	}
	for _, h := range s.headers {
		text, there, err := h.text(e)
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		if there {
			setHeader(r, h.name, text)
		}
	}
	return nil
}

// setHeader puts a header in the place of those of the same name.
func setHeader(r *Request, name, value string) {
	r.Header = slices.DeleteFunc(r.Header, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
	r.Header = append(r.Header, [2]string{name, value})
}

// requestVariables are what a recipe sees of the request, as it is sent: the path escaped, the query without its
// question mark, names of headers in lower case.
func requestVariables(r *Request) (map[string]any, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, errors.New("sign: the request has no address that can be read")
	}
	headers := map[string]any{}
	for _, h := range r.Header {
		key := strings.ToLower(h[0])
		if before, there := headers[key].(string); there {
			headers[key] = before + ", " + h[1]
			continue
		}
		headers[key] = h[1]
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return map[string]any{
		"method": r.Method, "url": r.URL, "host": u.Host, "path": path, "query": u.RawQuery,
		"body": string(r.Body), "length": len(r.Body), "headers": headers,
	}, nil
}
