package name

import (
	"slices"
	"testing"
)

func TestIsPublicSuffix(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"nl": true, "co.uk": true, "dedyn.io": true, "a-tld-of-a-private-root": true, "martdj.nl": false, "martdj.dedyn.io": false, "x.co.uk": false,
	} {
		if got := MustParseOwner(text).IsPublicSuffix(); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if !Root().IsPublicSuffix() || (Name{}).IsPublicSuffix() {
		t.Error("strangers register names in the root, and not in no name")
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	a, b := MustParseOwner("martdj.nl"), MustParseOwner("www.martdj.nl")
	wild, err := Parse("*.martdj.nl")
	if err != nil {
		t.Fatal(err)
	}
	if got := Hosts([]Name{wild, b, a, b}); !slices.Equal(got, []Name{a, b}) {
		t.Errorf("%v", got)
	}
}
