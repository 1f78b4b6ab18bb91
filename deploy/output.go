package deploy

import (
	"strings"
	"sync"

	"deputy/secret"
	"deputy/store"
)

// Bounds on a hook's output, octets: what is kept, and what is shown of that.
const (
	keptOutput  = 64 << 10
	shownOutput = 2 << 10
)

// tail keeps the end of what is written to it. It takes everything, so that a talkative hook is not held up.
type tail struct {
	mu   sync.Mutex // a hook's two outputs may come from two goroutines
	text []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - keptOutput; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// redact cuts the key out of a hook's output, whole and by its lines, since output may hold a part; then the output.
func redact(c store.Certificate, said string) string {
	redactor := secret.NewRedactor(c.Key)
	for line := range strings.Lines(c.Key.Reveal()) {
		if !strings.HasPrefix(line, "-----") {
			redactor.Add(secret.New(strings.TrimSpace(line)))
		}
	}
	said = strings.TrimSpace(strings.ToValidUTF8(redactor.Redact(said), "?"))
	if len(said) > shownOutput {
		said = "… " + strings.ToValidUTF8(said[len(said)-shownOutput:], "")
	}
	return said
}
