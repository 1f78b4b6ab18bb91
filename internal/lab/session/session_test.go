package session

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLibrarySessions reads every session of the library, and sends its refusals.
func TestLibrarySessions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../dnsconfig/library/*/session.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Load(file, source)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range s.Refusals() {
				if err := s.Try(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
