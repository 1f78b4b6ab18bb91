package ca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// maxAuthorizations bounds an order; CAs allow up to about 250 names.
const maxAuthorizations = 1000

// Order is an order as the CA last told it.
type Order struct {
	URL            string
	Status         string // pending, ready, processing, valid, invalid
	Names          []name.Name
	Authorizations []string
	Finalize       string
	Certificate    string
	Expires        time.Time

	problem *acme.Problem // why it is invalid
	retry   time.Duration // Retry-After of the last answer …
	told    bool          // … if it had one
}

// Wanted is what an order is for.
type Wanted struct {
	Names    []name.Name
	Profile  string
	Replaces string // ARI identifier; ignored where the directory has no renewalInfo
}

func (w Wanted) String() string {
	texts := make([]string, len(w.Names))
	for i, n := range w.Names {
		texts[i] = n.String()
	}
	const shown = 4
	if len(texts) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:shown], ", "), len(texts)-shown)
	}
	return strings.Join(texts, ", ")
}

// NewOrder opens an order. When the answer is lost it returns an *Lost: the order may or may not exist. A CA that will
// not have the predecessor that w.Replaces names is asked once more without it (RFC 9773 §5).
func (c *Client) NewOrder(ctx context.Context, a store.Account, w Wanted) (Order, error) {
	if _, err := c.ready(ctx); err != nil {
		return Order{}, err
	}
	if c.index.renewalInfo == "" {
		w.Replaces = ""
	}
	o, err := c.newOrder(ctx, a, w)
	if w.Replaces != "" && refusalOf(err).is("alreadyReplaced", "malformed", "unauthorized") {
		c.report(ctx, "ca.replaces", "the CA will not have the predecessor; asking for the order without it")
		w.Replaces = ""
		return c.newOrder(ctx, a, w)
	}
	return o, err
}

func (c *Client) newOrder(ctx context.Context, a store.Account, w Wanted) (Order, error) {
	q := query{tried: "open an order for " + w.String(), once: "newOrder"}
	if err := c.checkProfile(q, w.Profile); err != nil {
		return Order{}, err
	}
	wanted := acme.Order{Profile: w.Profile, Replaces: w.Replaces}
	for _, n := range w.Names {
		wanted.Identifiers = append(wanted.Identifiers, acme.Identifier{Type: "dns", Value: n.String()})
	}
	got, err := c.signed(ctx, a, q, func(ctx context.Context, library *acme.Client, account acme.Account) error {
		_, err := library.NewOrder(ctx, account, wanted)
		return err
	})
	if err != nil {
		return Order{}, err
	}
	o, err := parseOrder(got.header.Get("Location"), got)
	if err == nil && !secure(o.URL) {
		err = fmt.Errorf("the order has no https:// URL, but %s", quoted(o.URL))
	}
	if err != nil {
		return Order{}, &Lost{What: q.once, Err: nonsense(q.tried, err)} // there is an order, and nobody knows where
	}
	if !w.same(o.Names) {
		return Order{}, nonsense(q.tried, errors.New("the CA opened it for other names"))
	}
	return o, nil
}

func (c *Client) checkProfile(q query, profile string) error {
	if _, known := c.index.Profiles[profile]; known || profile == "" {
		return nil
	}
	return &fault.Fault{
		Code: fault.CARefused, Tried: q.tried, Seen: fmt.Sprintf("the CA has no profile %q", profile), Do: c.profileAdvice(), Who: fault.Admin,
	}
}

// same says whether names are those that are wanted, in any order.
func (w Wanted) same(names []name.Name) bool {
	set := func(of []name.Name) map[name.Name]bool {
		all := make(map[name.Name]bool, len(of))
		for _, n := range of {
			all[n] = true
		}
		return all
	}
	return maps.Equal(set(w.Names), set(names))
}

// signed is an exchange with the account's key.
func (c *Client) signed(ctx context.Context, a store.Account, q query, do func(context.Context, *acme.Client, acme.Account) error) (answer, error) {
	library, err := c.ready(ctx)
	if err != nil {
		return answer{}, err
	}
	account, err := credentials(a)
	if err != nil {
		return answer{}, err
	}
	return c.exchange(ctx, q, func(ctx context.Context) error { return do(ctx, library, account) })
}

// read is a POST-as-GET (RFC 8555 §6.3) of any URL, safe to repeat. The library has it for orders only, and fails on an
// answer that is no order; but what came over the wire is kept by the call, so its GetOrder serves for everything.
func (c *Client) read(ctx context.Context, a store.Account, q query, url string) (answer, error) {
	return c.signed(ctx, a, q, func(ctx context.Context, library *acme.Client, account acme.Account) error {
		_, err := library.GetOrder(ctx, account, acme.Order{Location: url})
		return err
	})
}

// Order reads an order by its URL. An order that the CA has forgotten is ErrGone.
func (c *Client) Order(ctx context.Context, a store.Account, url string) (Order, error) {
	return c.order(ctx, a, query{tried: "read the order " + url}, url)
}

func (c *Client) order(ctx context.Context, a store.Account, q query, url string) (Order, error) {
	got, err := c.read(ctx, a, q, url)
	if status := refusalOf(err).answer.status; status == http.StatusNotFound || status == http.StatusGone {
		return Order{}, fmt.Errorf("%w: %w", ErrGone, err)
	}
	if err != nil {
		return Order{}, err
	}
	o, err := parseOrder(url, got)
	if err != nil {
		return Order{}, nonsense(q.tried, err)
	}
	return o, nil
}

// parseOrder reads an order object (RFC 8555 §7.1.3) that came from or for url.
func parseOrder(url string, a answer) (Order, error) {
	var read acme.Order
	if err := json.Unmarshal(a.body, &read); err != nil {
		return Order{}, fmt.Errorf("the answer is no order: %s", quoted(err.Error()))
	}
	o := Order{
		URL: url, Status: read.Status, Authorizations: read.Authorizations, Finalize: read.Finalize,
		Certificate: read.Certificate, Expires: read.Expires, problem: read.Error,
	}
	o.retry, o.told = a.retryAfter()
	switch o.Status {
	case acme.StatusPending, acme.StatusReady, acme.StatusProcessing, acme.StatusValid, acme.StatusInvalid:
	default:
		return Order{}, fmt.Errorf("the order's status is %s, which is none (RFC 8555 §7.1.6)", quoted(o.Status))
	}
	if len(o.Authorizations) > maxAuthorizations || len(read.Identifiers) > maxAuthorizations {
		return Order{}, fmt.Errorf("the order has %d authorizations and %d identifiers; at most %d are read", len(o.Authorizations), len(read.Identifiers), maxAuthorizations)
	}
	for _, id := range read.Identifiers {
		n, err := name.Parse(id.Value)
		if id.Type != "dns" || err != nil {
			return Order{}, fmt.Errorf("the order is for %s %s, which is no name", quoted(id.Type), quoted(id.Value))
		}
		o.Names = append(o.Names, n)
	}
	return o, nil
}

// nonsense is an answer that can't be what it should be.
func nonsense(tried string, err error) *fault.Fault {
	return &fault.Fault{
		Code: fault.CAFailed, Tried: tried, Seen: err.Error(),
		Do: "try again later; if it stays so, report it to the CA", Who: fault.CA, Err: err,
	}
}
