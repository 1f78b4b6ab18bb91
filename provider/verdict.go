package provider

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/store"
)

// maxExcerpt is how much of a host's own message a fault shows, in characters.
const maxExcerpt = 200

// tried is what a fault says of a request.
func (a *account) tried(r dnsconfig.Request) string {
	return fmt.Sprintf("send the request %s (%s) of the DNS Configuration %s for the DNS Provider %s", r.Op, r.Method, a.Configuration, a.Name)
}

// errCredential says that a host does not know the credential, whatever it was asked.
var errCredential = errors.New("the host refuses the credential")

// refused makes the fault of an answer that is no success: redirected, refused or failed.
func (a *account) refused(r dnsconfig.Request, answer dnsconfig.Response) *fault.Fault {
	answer = presentable(r, answer)
	f := &fault.Fault{Tried: a.tried(r), Seen: a.seen(answer, ""), Who: fault.Admin}
	switch {
	case answer.Status >= 300 && answer.Status < 400:
		f.Code = fault.HostRedirected
		f.Seen = fmt.Sprintf("status %d, redirected to %s", answer.Status, a.redactor.Redact(http.Header(answer.Header).Get("Location")))
		f.Do = "correct the address: api_base of the DNS Provider, or the path in the DNS Configuration (a slash at its end?)"
	case answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden:
		f.Code = fault.HostRefused
		if answer.Status == http.StatusUnauthorized {
			f.Err = errCredential
		}
		f.Do = fmt.Sprintf("check the credential of %s and what it may change: deputy provider show %s", a.Name, a.Name)
		if skew := skewOf(answer, time.Now()); skew != "" {
			f.Seen += "; " + skew
			f.Do = "set this machine's clock, since hosts refuse requests that seem old; else " + f.Do
		}
	case answer.Status == http.StatusNotFound:
		f.Code = fault.HostRefused
		f.Do = fmt.Sprintf("check that the zone is in this account at the DNS host: %s", list(a.Zones))
	case answer.Status >= 400 && answer.Status < 500:
		f.Code = fault.HostRefused
		f.Do = "see what the host says; the account, the zone or the DNS Configuration does not fit it"
	default:
		f.Code, f.Who = fault.HostFailed, fault.DNSHost
		f.Do = "try again later; if it goes on, ask the DNS host"
	}
	return f
}

// refusal makes the fault of an answer to a native document's request that is no success, as the document judges it.
func (a *account) refusal(got reply) *fault.Fault {
	f := a.refused(got.request, got.answer)
	if got.Message != "" {
		message := got.Message
		if got.op == dnsconfig.Login && got.answer.Status < 400 { // the host let somebody in, whatever the document says
			message = hideTokens(message)
		}
		f.Seen = strings.Replace(f.Seen, a.seen(presentable(got.request, got.answer), ""), a.seen(got.answer, message), 1)
	}
	status := got.answer.Status
	switch {
	case status < 200 || status >= 300:
	case got.Outcome == dnsconfig.Failed:
		return a.nonsense(got.request, got.answer, "the answer can't be read")
	case got.Outcome == dnsconfig.Expired:
		f.Code, f.Err = fault.HostRefused, errCredential
		f.Do = fmt.Sprintf("check the credential of %s: the host ends a session that was just begun", a.Name)
	default:
		f.Code, f.Who, f.Do = fault.HostRefused, fault.Admin, "see what the host says; the account, the zone or the DNS Configuration does not fit it"
	}
	return f
}

// longestSkew is how far two clocks may be apart before it is told: signatures and tokens are refused from some minutes on.
const longestSkew = time.Minute

// skewOf says how far this machine's clock is from the host's, as its Date header tells it (RFC 9110 §6.6.1); "" where they
// agree or it does not tell.
func skewOf(answer dnsconfig.Response, now time.Time) string {
	told, err := http.ParseTime(http.Header(answer.Header).Get("Date"))
	if err != nil {
		return ""
	}
	skew, way := now.Sub(told), "ahead of"
	if skew < 0 {
		skew, way = -skew, "behind"
	}
	if skew <= longestSkew {
		return ""
	}
	return fmt.Sprintf("this machine's clock is %s %s the host's", roughly(skew), way)
}

// roughly is a duration as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// nonsense is the fault of an answer that can't be what the API says.
func (a *account) nonsense(r dnsconfig.Request, answer dnsconfig.Response, why string) *fault.Fault {
	answer = presentable(r, answer)
	return &fault.Fault{
		Code:  fault.HostFailed,
		Tried: a.tried(r),
		Seen:  a.redactor.Redact(why) + "; " + a.seen(answer, ""),
		Do:    "check api_base of the DNS Provider, and whether a proxy or login page stands before the API; else ask the DNS host",
		Who:   fault.DNSHost,
	}
}

// seen is an answer's status with the host's own message, as the document finds it, else its body: redacted first, then cut.
func (a *account) seen(answer dnsconfig.Response, message string) string {
	kind := "it says: "
	if answer.IsHTML() {
		kind = "it sent a web page (HTML) instead of JSON: "
	}
	if message == "" {
		message = string(answer.Body)
	}
	text := strings.Join(strings.Fields(strings.ToValidUTF8(a.redactor.Redact(message), "?")), " ")
	if text == "" {
		return fmt.Sprintf("status %d without a message", answer.Status)
	}
	return fmt.Sprintf("status %d, %s%s", answer.Status, kind, shorten(text, maxExcerpt))
}

// shorten cuts text to at most n characters.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n]) + "…"
}

func (a *account) throttled(r dnsconfig.Request, answer dnsconfig.Response, wait time.Duration) *fault.Fault {
	return &fault.Fault{
		Code:  fault.HostThrottled,
		Tried: a.tried(r),
		Seen:  fmt.Sprintf("%s; it wants to be left alone for %s", a.seen(presentable(r, answer), ""), wait.Round(time.Second)),
		Do:    fmt.Sprintf("try again after %s", wait.Round(time.Second)),
		Who:   fault.Nobody,
		Err:   leftAlone(wait),
	}
}

// leftAlone is how long a throttling host wants to be left alone. publish, whose claims outlast one request, waits it out
// where it is not too long.
type leftAlone time.Duration

func (l leftAlone) Error() string { return "throttled for " + time.Duration(l).String() }

// RetryAfter is the wait that the host asked for.
func (l leftAlone) RetryAfter() time.Duration { return time.Duration(l) }

// unanswered is the fault of a request whose answer did not come. For a write, doubt says that it may have been carried
// out.
func (a *account) unanswered(r dnsconfig.Request, err error, doubt bool) *fault.Fault {
	f := &fault.Fault{
		Code:  fault.HostFailed,
		Tried: a.tried(r),
		Seen:  "no usable answer came: " + a.redactor.Redact(err.Error()),
		Do:    "try again later; if it goes on, check the network from here to the DNS host",
		Who:   fault.DNSHost,
		Err:   a.hide(err),
	}
	if doubt {
		f.Err = errors.Join(store.ErrDoubt, f.Err)
	}
	return f
}

// clean redacts a fault, or another error, that came from elsewhere.
func (a *account) clean(err error) error {
	f, ok := fault.From(err)
	if !ok {
		return a.hide(err)
	}
	clean := *f
	clean.Tried, clean.Seen, clean.Do = a.redactor.Redact(f.Tried), a.redactor.Redact(f.Seen), a.redactor.Redact(f.Do)
	if f.Err != nil {
		clean.Err = a.hide(f.Err)
	}
	return &clean
}

// hide keeps an error's kind and redacts its text.
func (a *account) hide(err error) error { return &redacted{a.redactor.Redact(err.Error()), err} }

// redacted is an error whose text is clean. It can be compared (errors.Is), and not unwrapped to the text behind.
type redacted struct {
	text  string
	cause error
}

func (r *redacted) Error() string { return r.text }

func (r *redacted) Is(target error) bool { return errors.Is(r.cause, target) }
