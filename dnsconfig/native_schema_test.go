package dnsconfig

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiledSchema is the schema as an editor uses it.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("native.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("native.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a YAML document as the validator reads it.
func asJSON(t *testing.T, source []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(source, &v); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// documents are those of the library, and the skeletons of hosts that are not in it.
func documents(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"library/*/document.yaml", "testdata/skeletons/*.yaml", "../docs/skeletons/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all[file] = source
		}
	}
	return all
}

// What the parser takes, the schema takes.
func TestDocumentsFitTheSchema(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	all := documents(t)
	all["the test's"] = []byte(nativeDocument)
	if len(all) < 3 {
		t.Fatal("no documents were found")
	}
	for file, source := range all {
		if _, err := ParseNative(source); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := s.Validate(asJSON(t, source)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// onlyParsed are the refusals that a schema can't know: YAML itself, names of variables and functions, expressions, and what
// one part of a document says of another.
func onlyParsed() []string {
	return []string{
		"needs of an unknown field",
		"needs of a field that is far off",
		"a publication of days",
		"base of an unknown field",
		"base of the target",
		"base over the session before the login",
		"a relative login behind a base of the session",
		"a header with a line break",
		"a variable of the target in api",
		"a member of the session",
		"a session without a login",
		"the session in the login",
		"the zone in a login",
		"a fragment",
		"a space in a path",
		"dots in a path, escaped",
		"a % that escapes nothing",
		"an empty part in a path",
		"a condition that is a text",
		"ok that is a number",
		"first that is computed of the page",
		"page where there is none",
		"item in zone",
		"a job without a poll",
		"values in the record style",
		"id in create",
		"found in the record style",
		"an unknown function",
		"an unknown variable",
		"a variable that is far off",
		"the answer in a request",
		"a wrong number of arguments",
		"an expression that never ends",
		"a field of the account without account",
		"a template that never ends",
		"a comment within an expression",
		"a pattern that is made",
		"a pattern that is none",
	}
}

// What the parser refuses, the schema refuses.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	for _, c := range refusals(t) {
		var v any
		err := yaml.Unmarshal([]byte(changed(t, c.document, c.old, c.new)), &v)
		if err == nil {
			err = s.Validate(asJSON(t, []byte(changed(t, c.document, c.old, c.new))))
		}
		if only := slices.Contains(onlyParsed(), c.what); (err == nil) != only {
			t.Errorf("%s: the schema says %v", c.what, err)
		}
	}
}
