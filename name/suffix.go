package name

import "golang.org/x/net/publicsuffix"

// IsPublicSuffix says that strangers register names below n: the root, every top-level domain, and what
// https://publicsuffix.org lists besides. A name that is missing below it is a domain that nobody has.
func (n Name) IsPublicSuffix() bool {
	if n.Labels() < 2 {
		return !n.IsZero()
	}
	suffix, _ := publicsuffix.PublicSuffix(n.String())
	return suffix == n.String()
}
