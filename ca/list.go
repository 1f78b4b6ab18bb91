package ca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mholt/acmez/v3/acme"

	"deputy/store"
)

// Bounds of looking through an account's list of orders.
const (
	maxPages  = 10
	maxListed = 100
)

// FindOrder looks for an open order with exactly these names in the account's list of orders (RFC 8555 §7.1.2.1),
// after a lost answer; ok is false when there is none, or the CA has no such list. Of a long list the last 100 orders
// of its first 10 pages are read.
func (c *Client) FindOrder(ctx context.Context, a store.Account, w Wanted) (o Order, ok bool, err error) {
	urls, err := c.listOrders(ctx, a)
	if err != nil {
		return Order{}, false, err
	}
	if len(urls) > maxListed {
		urls = urls[len(urls)-maxListed:]
	}
	for _, url := range slices.Backward(urls) {
		o, err := c.Order(ctx, a, url)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
			return Order{}, false, err
		}
		open := o.Status == acme.StatusPending || o.Status == acme.StatusReady || o.Status == acme.StatusProcessing
		if open && w.same(o.Names) {
			return o, true, nil
		}
	}
	return Order{}, false, nil
}

// listOrders reads the URLs of the account's orders; none where the CA keeps no list, which is most of them.
func (c *Client) listOrders(ctx context.Context, a store.Account) ([]string, error) {
	q := query{tried: "look for the order in the account's list"}
	got, err := c.read(ctx, a, q, a.URL)
	if err != nil {
		return nil, err
	}
	var account struct{ Orders string }
	if err := json.Unmarshal(got.body, &account); err != nil {
		return nil, nonsense(q.tried, fmt.Errorf("the answer is no account: %s", quoted(err.Error())))
	}
	var urls []string
	next := account.Orders
	for page := 0; page < maxPages && next != ""; page++ {
		got, err := c.read(ctx, a, q, next)
		if status := refusalOf(err).answer.status; status != 0 && status < 500 && status != http.StatusTooManyRequests {
			return urls, nil // a URL with nothing behind it
		}
		if err != nil {
			return nil, err
		}
		var list struct{ Orders []string }
		if err := json.Unmarshal(got.body, &list); err != nil {
			return nil, nonsense(q.tried, fmt.Errorf("the answer is no list of orders: %s", quoted(err.Error())))
		}
		urls = append(urls, list.Orders...)
		next = nextPage(got.header)
	}
	return urls, nil
}

// nextPage reads the Link with relation "next" (RFC 8555 §7.1.2.1, RFC 8288 §3).
func nextPage(h http.Header) string {
	for _, field := range h.Values("Link") {
		target, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(field), "<"), ">")
		if ok && (strings.Contains(rest, `rel="next"`) || strings.Contains(rest, "rel=next")) {
			return target
		}
	}
	return ""
}
