package delegation

import (
	"fmt"
	"slices"

	"deputy/fault"
	"deputy/name"
)

const (
	maxAnswer = 4096 // octets of an answer; what the resolver of Let's Encrypt takes by EDNS, and more than others do

	answerHead  = 12     // RFC 1035 §4.1.1
	questionEnd = 4      // type and class
	recordHead  = 2 + 10 // a pointer to the owner, then type, class, TTL and length
	optSize     = 11     // the OPT record without options (RFC 6891 §6.1.2)
	maxString   = 255    // octets of one string in a TXT record
	valueSize   = 43     // of a dns-01 value: base64url of SHA-256 (RFC 8555 §8.4)
	newValues   = 2      // a name and its wildcard, in one certificate
	newSize     = newValues * (recordHead + 1 + valueSize)
)

// textSize is the length in octets of the DNS message that answers a question for TXT at owner with texts, without
// signatures.
func textSize(owner name.Name, texts []string) int {
	size := answerHead + len(owner.FQDN()) + 1 + questionEnd + optSize
	for _, text := range texts {
		size += recordHead + len(text) + max(1, (len(text)+maxString-1)/maxString)
	}
	return size
}

// txtTooLarge is a TXT set at the target that a CA's resolver does not read, or will not with the values of an order.
func (j judge) txtTooLarge() *fault.Fault {
	if j.Chain.Target.IsZero() || len(j.Texts) == 0 {
		return nil
	}
	size := max(j.TextSize, textSize(j.Chain.Target, j.Texts))
	if size+newSize <= maxAnswer {
		return nil
	}
	f := &fault.Fault{Code: fault.TXTTooLarge, At: j.Chain.Target, Who: fault.DNSOwner}
	if j.managed(j.Chain.Target) {
		f.Who = fault.Admin
	}
	f.Seen = fmt.Sprintf("the %d TXT values at %s make an answer of %d octets at %s", len(j.Texts), j.Chain.Target, size, j.Chain.Server)
	if size <= maxAnswer {
		f.Seen += fmt.Sprintf(", and of %d with the two of an order", size+newSize)
	}
	f.Seen += fmt.Sprintf("; CAs read up to %d", maxAnswer)
	f.Do = fmt.Sprintf("remove the TXT values at %s that nobody needs any more", j.Chain.Target)
	ours, others := j.stale()
	switch {
	case ours+others > 0 && ours > 0:
		f.Do += fmt.Sprintf(": %d look like challenge values of earlier orders, %d of them deputy's own", ours+others, ours)
	case others > 0:
		f.Do += fmt.Sprintf(": %d look like challenge values of earlier orders", others)
	}
	return f
}

// stale counts the values at the target that look like those of dns-01: deputy's own and other people's.
func (j judge) stale() (ours, others int) {
	for _, text := range j.Texts {
		switch {
		case !isChallengeValue(text):
		case slices.Contains(j.Ours, text):
			ours++
		default:
			others++
		}
	}
	return ours, others
}

// isChallengeValue says that text could be a dns-01 value: 43 characters of base64url (RFC 8555 §8.4).
func isChallengeValue(text string) bool {
	if len(text) != valueSize {
		return false
	}
	for i := range len(text) {
		if !isLetterOrDigit(text[i]) && text[i] != '-' && text[i] != '_' {
			return false
		}
	}
	return true
}
