package dnsconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The skeletons show that an API can be said in the format. They are complete documents, without a page and a session.
func TestSkeletonsParse(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../docs/skeletons/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d skeletons, %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n, err := ParseNative(source)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		about := n.About()
		if about.Name != strings.TrimSuffix(filepath.Base(file), ".yaml") {
			t.Errorf("%s: the file is not named as its document, %s", file, about.Name)
		}
		if _, there, _ := FromLibrary(about.Name); there {
			t.Errorf("%s is in the library; its skeleton can go", about.Name)
		}
		for _, f := range about.Fields {
			if f.Title == "" || f.Help == "" {
				t.Errorf("%s: the field %s has no title or help", about.Name, f.Name)
			}
		}
	}
}
