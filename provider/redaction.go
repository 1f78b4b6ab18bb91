package provider

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"deputy/dnsconfig"
	"deputy/secret"
)

// keptSessions is how many sessions stay secret after their end: answers on their way may still hold the last ones.
const keptSessions = 8

// redaction hides the secrets of an account: those that it has, and those of its sessions, which come and go.
type redaction struct {
	mu       sync.Mutex
	own      []secret.Value
	sessions [][]secret.Value // the last ones, oldest first
	current  atomic.Pointer[secret.Redactor]
}

func newRedaction(own []secret.Value) *redaction {
	r := &redaction{own: own}
	r.current.Store(secret.NewRedactor(own...))
	return r
}

// learn hides the values of a session too.
func (r *redaction) learn(session []secret.Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions = append(r.sessions, session)
	if len(r.sessions) > keptSessions {
		r.sessions = slices.Delete(r.sessions, 0, len(r.sessions)-keptSessions)
	}
	r.current.Store(secret.NewRedactor(append(slices.Clone(r.own), slices.Concat(r.sessions...)...)...))
}

// signedToken is a JSON Web Token (RFC 7519) in its compact form, whoever made it: what a login sends or gets is as good as a
// password while it lasts.
var signedToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)

// Redact gives text without the account's secrets.
func (r *redaction) Redact(text string) string {
	return signedToken.ReplaceAllString(r.current.Load().Redact(text), hidden)
}

// Bounds of what is looked for in the answer to a login, in octets.
const (
	longestLogin  = 32 << 10
	shortestToken = 16
)

// presentable is an answer as people may see it, once it is redacted.
func presentable(r dnsconfig.Request, answer dnsconfig.Response) dnsconfig.Response {
	if r.Op != dnsconfig.Login {
		return answer
	}
	return withoutTokens(answer)
}

// withoutTokens is the answer to a login as people may see it: whatever is long enough to be a token is left out, since a
// host says more than the document captures (a refresh token, an id token).
func withoutTokens(answer dnsconfig.Response) dnsconfig.Response {
	if answer.Status < 200 || answer.Status >= 400 {
		return answer
	}
	shown := dnsconfig.Response{Status: answer.Status, Header: map[string][]string{}}
	for name, values := range answer.Header {
		for _, v := range values {
			shown.Header[name] = append(shown.Header[name], hideTokens(v))
		}
	}
	if len(answer.Body) > longestLogin {
		shown.Body = []byte(hidden)
		return shown
	}
	shown.Body = []byte(hideTokens(string(answer.Body)))
	return shown
}

// hideTokens replaces each run of the characters of tokens (RFC 6750 §2.1, and % of what is percent-encoded) that is long.
func hideTokens(text string) string {
	var out strings.Builder
	for text != "" {
		end := strings.IndexFunc(text, func(c rune) bool { return !tokenRune(c) })
		if end < 0 {
			end = len(text)
		}
		if end >= shortestToken {
			out.WriteString(hidden)
		} else {
			out.WriteString(text[:end])
		}
		text = text[end:]
		next := strings.IndexFunc(text, tokenRune)
		if next < 0 {
			next = len(text)
		}
		out.WriteString(text[:next])
		text = text[next:]
	}
	return out.String()
}

func tokenRune(c rune) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	return letter || strings.ContainsRune("-._~+/=%", c)
}
