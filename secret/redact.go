package secret

import (
	"slices"
	"strings"
	"sync"
)

// Redactor replaces secrets in text by "[secret]", in every encoding that deputy's neighbours use: plain, base64
// (standard and URL alphabet, padded or not, at each of the three alignments, in lines or not), base64 of that,
// percent-encoded, JSON-escaped, HTML-escaped, hex, and each of these within percent-encoding, JSON and HTML. The zero value, and nil, redact nothing.
// Values shorter than 4 octets are not looked for: they would blank ordinary words. It is safe for use by several
// goroutines.
//
// A secret is found whole: text is cut after it was redacted, never before.
type Redactor struct {
	mu      sync.RWMutex
	needles map[[shortest]byte][]needle // by their first octets, longest first
	first   [1 << 16]bool               // by their first two octets: most places in a text are passed with one look
}

// NewRedactor makes a redactor for values; more can be added.
func NewRedactor(values ...Value) *Redactor {
	r := &Redactor{needles: map[[shortest]byte][]needle{}}
	r.Add(values...)
	return r
}

// Add makes r redact values too.
func (r *Redactor) Add(values ...Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range values {
		for _, n := range needlesOf(v.Reveal()) {
			r.add(n)
		}
	}
}

func (r *Redactor) add(n needle) {
	if r.needles == nil {
		r.needles = map[[shortest]byte][]needle{}
	}
	key := [shortest]byte([]byte(n.text))
	if slices.Contains(r.needles[key], n) {
		return
	}
	r.needles[key] = append(r.needles[key], n)
	slices.SortFunc(r.needles[key], func(a, b needle) int { return len(b.text) - len(a.text) })
	r.first[pair(n.text)] = true
}

// Redact gives text with "[secret]" in place of each secret.
func (r *Redactor) Redact(text string) string {
	found := r.search(text)
	if len(found) == 0 {
		return text
	}
	var out strings.Builder
	done := 0
	for _, s := range found {
		if s.end <= done {
			continue
		}
		if s.start >= done {
			out.WriteString(text[done:s.start])
			out.WriteString(hidden)
		}
		done = s.end
	}
	out.WriteString(text[done:])
	return out.String()
}

// Find says whether text holds a secret. Tests look through states, logs and traces with it.
func (r *Redactor) Find(text string) bool { return len(r.search(text)) > 0 }

// span is a stretch of a text, in octets.
type span struct{ start, end int }

// search finds the secrets in every view of text, in order.
func (r *Redactor) search(text string) []span {
	if r == nil {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.needles) == 0 {
		return nil
	}
	var found []span
	for _, v := range viewsOf(text) {
		found = r.scan(v, found)
	}
	slices.SortFunc(found, func(a, b span) int { return a.start - b.start })
	return found
}

func (r *Redactor) scan(v *view, found []span) []span {
	for i := 0; i+shortest <= len(v.text); {
		n, ok := r.match(v.text[i:])
		if !ok {
			i++
			continue
		}
		start, end := n.widen(v.text, i)
		found = append(found, v.origin(start, end))
		i += len(n.text)
	}
	return found
}

// match finds the longest needle that text begins with.
func (r *Redactor) match(text string) (needle, bool) {
	if !r.first[pair(text)] {
		return needle{}, false
	}
	for _, n := range r.needles[[shortest]byte([]byte(text[:shortest]))] {
		if strings.HasPrefix(text, n.text) {
			return n, true
		}
	}
	return needle{}, false
}

func pair(text string) uint16 { return uint16(text[0])<<8 | uint16(text[1]) }
