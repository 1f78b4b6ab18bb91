package provider

import (
	"context"
	"fmt"
	"net/url"

	"deputy/dnsconfig"
	"deputy/fault"
)

// maxPages bounds the pages of one list.
const maxPages = 200

// pages reads an operation page by page and hands each to see, with what it says, until the last.
func (a *account) pages(ctx context.Context, op dnsconfig.Op, in dnsconfig.Inputs, see func(reply, dnsconfig.Result) error) error {
	seen := map[string]bool{}
	var first *url.URL
	for n := 1; ; n++ {
		got, result, err := a.fetch(ctx, op, in)
		if err != nil {
			return err
		}
		if result.Absent && n > 1 {
			return nil // there is nothing beyond the last page
		}
		if err := see(got, result); err != nil {
			return err
		}
		next := result.NextURL
		if result.NextPage != nil {
			next = fmt.Sprint("page ", result.NextPage)
		}
		if result.Absent || next == "" {
			return nil
		}
		if first == nil {
			first, _ = url.Parse(got.request.URL)
			seen[got.request.URL] = true
			seen[fmt.Sprint("page ", in.Page)] = in.Page != nil
		}
		if why := turnsBack(next, n, seen); why != "" {
			return a.lost(got, why)
		}
		if !sameHost(first, result.NextURL) {
			return a.elsewhere(got, result.NextURL)
		}
		in.Page, in.PageURL = result.NextPage, result.NextURL
	}
}

// turnsBack says why the next page can't be read; "" where it can.
func turnsBack(next string, n int, seen map[string]bool) string {
	switch {
	case seen[next]:
		return "the list comes back to a page that it had already"
	case n >= maxPages:
		return fmt.Sprintf("the list has more than %d pages", maxPages)
	}
	seen[next] = true
	return ""
}

// sameHost says that the address of a next page is at the host of the first; it holds the credentials of the first.
func sameHost(first *url.URL, next string) bool {
	if next == "" {
		return true
	}
	u, err := url.Parse(next)
	return err == nil && first != nil && u.Scheme == first.Scheme && u.Host == first.Host
}

// lost is the fault of a list without an end.
func (a *account) lost(got reply, why string) error {
	return &fault.Fault{
		Code:  fault.HostFailed,
		Tried: a.tried(got.request),
		Seen:  why,
		Do:    fmt.Sprintf("correct page of %s in the DNS Configuration %s; if it is right, ask the DNS host", got.op, a.Configuration),
		Who:   fault.Admin,
	}
}

func (a *account) elsewhere(got reply, next string) error {
	host := "an address that is none"
	if u, err := url.Parse(next); err == nil && u.Host != "" {
		host = u.Scheme + "://" + u.Host
	}
	return &fault.Fault{
		Code:  fault.Egress,
		Tried: a.tried(got.request),
		Seen:  "the host gives the next page at " + a.redactor.Redact(host) + ", which is another host than the list's own; the credential does not go there",
		Do:    "ask the DNS host; if it is right, use page: {next: …} in the DNS Configuration " + a.Configuration,
		Who:   fault.Admin,
	}
}
