package ca

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"deputy/store"
)

// When to ask for renewal information again (RFC 9773 §4.3).
const (
	soonestAsk = time.Minute
	latestAsk  = 24 * time.Hour
	failedAsk  = 6 * time.Hour // after an answer that says nothing usable
)

// RenewalInfo asks when leaf should be renewed (RFC 9773 §4). ok is false where the CA has none, or said nothing
// usable: a window that ends before it begins, or begins when leaf is no longer valid. An error is one that passes; it
// comes after tries with growing delays. CheckAfter says when to ask again in every case: what the CA's Retry-After
// says, within one minute and one day, and six hours where it says nothing. At is drawn uniformly from the window.
func (c *Client) RenewalInfo(ctx context.Context, leaf *x509.Certificate) (info store.RenewalInfo, ok bool, err error) {
	if _, err := c.ready(ctx); err != nil {
		return store.RenewalInfo{CheckAfter: c.now().Add(failedAsk)}, false, err
	}
	id := RenewalID(leaf)
	if c.index.renewalInfo == "" || id == "" {
		return store.RenewalInfo{CheckAfter: c.now().Add(latestAsk)}, false, nil
	}
	// "…/renewalInfo/" + id, whether or not the directory's URL ends in a slash (§4.1).
	url := strings.TrimSuffix(c.index.renewalInfo, "/") + "/" + id
	got, err := c.fetch(ctx, query{tried: "ask the CA when to renew"}, url)
	if status := refusalOf(err).answer.status; status >= 400 && status < 500 && status != 429 {
		return store.RenewalInfo{CheckAfter: c.now().Add(failedAsk)}, false, nil
	}
	if err != nil {
		return store.RenewalInfo{CheckAfter: c.now().Add(failedAsk)}, false, err
	}
	info, parseErr := parseRenewalInfo(got, leaf.NotAfter)
	info.CheckAfter = c.now().Add(askAgain(got))
	if parseErr != nil {
		c.report(ctx, "ca.renewalinfo", "what the CA says of renewal is not usable: "+parseErr.Error())
		return store.RenewalInfo{CheckAfter: c.now().Add(failedAsk)}, false, nil
	}
	return info, true, nil
}

// askAgain is Retry-After within its bounds; one that is missing or unreadable is a lasting error (§4.3).
func askAgain(a answer) time.Duration {
	delay, told := a.retryAfter()
	if !told {
		return failedAsk
	}
	return min(max(delay, soonestAsk), latestAsk)
}

// parseRenewalInfo reads a RenewalInfo object (§4.2) and draws a time from the part of its window that lies before
// notAfter.
func parseRenewalInfo(a answer, notAfter time.Time) (store.RenewalInfo, error) {
	var read struct {
		SuggestedWindow struct{ Start, End time.Time }
		ExplanationURL  string
	}
	if err := json.Unmarshal(a.body, &read); err != nil {
		return store.RenewalInfo{}, fmt.Errorf("the answer is no renewal information: %s", quoted(err.Error()))
	}
	start, end := read.SuggestedWindow.Start, read.SuggestedWindow.End
	switch {
	case start.IsZero() || end.IsZero():
		return store.RenewalInfo{}, fmt.Errorf("it names no window")
	case !start.Before(end):
		return store.RenewalInfo{}, fmt.Errorf("the window ends before it begins")
	case !start.Before(notAfter):
		return store.RenewalInfo{}, fmt.Errorf("the window begins when the certificate is no longer valid")
	}
	info := store.RenewalInfo{Start: start, End: end}
	if secure(read.ExplanationURL) {
		info.Explanation = clean(read.ExplanationURL)
	}
	last := end
	if notAfter.Before(last) {
		last = notAfter
	}
	info.At = start.Add(time.Duration(rand.Int64N(max(int64(last.Sub(start)), 1))))
	return info, nil
}

// RenewalID is leaf's identifier for Wanted.Replaces (RFC 9773 §4.1); "" when it has no authority key identifier.
func RenewalID(leaf *x509.Certificate) string {
	if leaf == nil || len(leaf.AuthorityKeyId) == 0 {
		return ""
	}
	id, err := acme.ARIUniqueIdentifier(leaf)
	if err != nil {
		return ""
	}
	return id
}
