package dnsconfig

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

// library holds a folder for each DNS host: document.yaml, and README.md for people.
//
//go:embed library
var library embed.FS

// Library gives the documents in the binary, sorted by name.
func Library() ([]*Native, error) {
	folders, err := fs.ReadDir(library, "library")
	if err != nil {
		return nil, err
	}
	var documents []*Native
	for _, folder := range folders {
		n, err := readLibrary(folder.Name())
		if err != nil {
			return nil, err
		}
		documents = append(documents, n)
	}
	return documents, nil
}

// FromLibrary gives one document of the library; ok is false where it has none of that name.
func FromLibrary(name string) (n *Native, ok bool, err error) {
	if !documentName.MatchString(name) {
		return nil, false, nil
	}
	if _, err := fs.Stat(library, path.Join("library", name)); err != nil {
		return nil, false, nil
	}
	n, err = readLibrary(name)
	return n, err == nil, err
}

// LibraryReadme is the page for people beside a document of the library; "" where there is none.
func LibraryReadme(name string) string {
	page, err := fs.ReadFile(library, path.Join("library", name, "README.md"))
	if err != nil {
		return ""
	}
	return string(page)
}

func readLibrary(folder string) (*Native, error) {
	source, err := fs.ReadFile(library, path.Join("library", folder, "document.yaml"))
	if err != nil {
		return nil, err
	}
	n, err := ParseNative(source)
	if err != nil {
		return nil, fmt.Errorf("library/%s: %w", folder, err)
	}
	return n, nil
}
