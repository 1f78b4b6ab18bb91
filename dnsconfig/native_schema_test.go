package dnsconfig

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
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
