package provider

import (
	"strings"
	"testing"

	"deputy/dnsconfig"
)

// The DNS Provider on each page of the library can be taken as it stands: it is read, names the document beside it, and
// gives every field that is needed and none that is unknown.
func TestLibraryPages(t *testing.T) {
	t.Parallel()
	documents, err := dnsconfig.Library()
	if err != nil {
		t.Fatal(err)
	}
	secret := func(string) ([]byte, error) { return []byte("secret"), nil }
	for _, n := range documents {
		about := n.About()
		_, after, _ := strings.Cut(dnsconfig.LibraryReadme(about.Name), "```yaml\n")
		example, _, _ := strings.Cut(after, "```")
		d, err := Parse([]byte(example), secret, func(string) string { return "set" })
		if err != nil {
			t.Errorf("%s: %v", about.Name, err)
			continue
		}
		if d.Configuration != about.Name {
			t.Errorf("%s: the example is for %s", about.Name, d.Configuration)
		}
		known := map[string]bool{}
		for _, f := range about.Fields {
			known[f.Name] = true
			if _, given := d.Account[f.Name]; f.Needed && !given {
				t.Errorf("%s: the example lacks the account field %s", about.Name, f.Name)
			}
		}
		for field := range d.Account {
			if !known[field] {
				t.Errorf("%s: there is no account field %s", about.Name, field)
			}
		}
	}
}
