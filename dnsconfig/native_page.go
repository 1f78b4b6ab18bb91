package dnsconfig

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/expr-lang/expr/types"
)

// paging is how the pages of a list follow each other: by a number or text that the request holds (first, next), or by
// the whole address of the next page.
type paging struct {
	first   value // nil for nothing
	next    *expression
	nextURL *expression
}

func (c *call) paged(s keyed, vars types.Map) error {
	n := s.given["page"]
	if n == nil {
		return nil
	}
	page, err := keyedAt(n, "first", "next", "next_url")
	if err != nil {
		return err
	}
	next, nextURL := page.given["next"], page.given["next_url"]
	switch {
	case (next == nil) == (nextURL == nil):
		return &leafError{n, errors.New("exactly one of next and next_url has to be there")}
	case nextURL != nil && page.given["first"] != nil:
		return &leafError{page.given["first"], errors.New("first means nothing beside next_url: the first page has the address of the call")}
	}
	c.page = &paging{}
	if nextURL != nil {
		c.page.nextURL, err = compileResult(nextURL, vars, aText)
		return err
	}
	if first := page.given["first"]; first != nil {
		if c.page.first, err = compileLeaf(first, types.Map{}); err != nil {
			return &leafError{first, err}
		}
	}
	c.page.next, err = compileResult(next, vars, anything)
	return err
}

// current is the page that a request asks for.
func (p *paging) current(in Inputs, e *evaluation) (any, error) {
	if p == nil || in.Page != nil || p.first == nil {
		return in.Page, nil
	}
	return p.first.give(e)
}

// follow says which page comes next: nothing, an empty text and false say that this was the last.
func (r *reading) follow(result *Result) error {
	p := r.call.page
	if p == nil {
		return nil
	}
	x := p.next
	if x == nil {
		x = p.nextURL
	}
	v, err := x.give(r.e)
	if err != nil || v == nil || v == "" || v == false {
		return err
	}
	text, err := textOf(v)
	if err != nil || v == true {
		return fmt.Errorf("the next page is %s; a text or number is wanted", kindOf(v))
	}
	if p.nextURL != nil {
		result.NextURL, err = r.call.pageURL(text, r.here)
		return err
	}
	if now, err := textOf(r.e.env["page"]); err == nil && now == text {
		return errors.New("the next page is the page itself")
	}
	if _, number := v.(int); !number {
		v = text
	}
	result.NextPage = v
	return nil
}

// pageURL is the address of another page of the call whose first page is at here. It has to be at the same host, since
// the credentials go with it.
func (c *call) pageURL(text, here string) (string, error) {
	base, err := url.Parse(here)
	if err != nil {
		return "", errors.New("the address of the first page can't be read")
	}
	next, err := base.Parse(text)
	if err != nil {
		return "", errors.New("the address of the next page can't be read")
	}
	if next.Scheme != base.Scheme || next.Host != base.Host || next.User != nil {
		return "", fmt.Errorf("the next page is at another host than %s://%s; the credential does not go there", base.Scheme, base.Host)
	}
	next.Fragment = ""
	return next.String(), nil
}
