package name

import (
	"strings"

	"golang.org/x/net/idna"
)

// Unicode is n as people read it, A-labels written as U-labels (RFC 5890 §2.3.2.1), without a final dot. A label that is
// no right A-label stays as it is.
func (n Name) Unicode() string {
	labels := strings.Split(n.String(), ".")
	for i, label := range labels {
		if text, err := idna.Punycode.ToUnicode(label); err == nil {
			labels[i] = text
		}
	}
	return strings.Join(labels, ".")
}
