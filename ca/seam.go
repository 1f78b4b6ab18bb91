// Package ca speaks ACME (RFC 8555, RFC 9773): directories, accounts, orders, renewal information. It is the only
// room that knows the ACME library, and it never repeats newAccount, newOrder or finalize blindly after a lost answer.
//
// It stores nothing and publishes nothing: issuance tells the story.
package ca

import (
	"context"
	"crypto"
	"crypto/x509"
	"time"

	"deputy/egress"
	"deputy/name"
	"deputy/store"
)

// Client speaks to one CA.
type Client struct{ directory string }

// Config says which CA.
type Config struct {
	Directory string // https:// only
	Egress    *egress.Client
	Tell      store.Sink
}

// New makes a client; it sends nothing yet. A directory over http:// is a fault (CADirectory).
func New(c Config) (*Client, error) { panic("seam") }

// Directory is what a CA says of itself.
type Directory struct {
	Terms       string // URL; "" for none
	Website     string
	Identities  []string          // caaIdentities
	Profiles    map[string]string // name to description
	NeedsEAB    bool
	RenewalInfo bool
}

// Directory reads the directory, once for each client, within 20 s.
func (c *Client) Directory(ctx context.Context) (Directory, error) { panic("seam") }

// Account finds the account of a.Key at the CA (onlyReturnExisting), or makes it; a.Key must be stored before, and
// a.Terms is what was agreed to. The account comes back with its URL. Faults: CATerms, CAAccount.
func (c *Client) Account(ctx context.Context, a store.Account) (store.Account, error) { panic("seam") }

// Order is an order as the CA last told it.
type Order struct {
	URL            string
	Status         string // pending, ready, processing, valid, invalid
	Authorizations []string
	Finalize       string
	Certificate    string
	Expires        time.Time
}

// Wanted is what an order is for.
type Wanted struct {
	Names    []name.Name
	Profile  string
	Replaces string // ARI identifier; ignored where the directory has no renewalInfo
}

// NewOrder opens an order. When the answer is lost it returns an *Lost: the order may or may not exist.
func (c *Client) NewOrder(ctx context.Context, a store.Account, w Wanted) (Order, error) {
	panic("seam")
}

// FindOrder looks for an open order with exactly these names in the account's list of orders (RFC 8555 §7.1.2.1),
// after a lost answer; ok is false when there is none, or the CA has no such list.
func (c *Client) FindOrder(ctx context.Context, a store.Account, w Wanted) (o Order, ok bool, err error) {
	panic("seam")
}

// Order reads an order by its URL. An order that the CA has forgotten is ErrGone.
func (c *Client) Order(ctx context.Context, a store.Account, url string) (Order, error) {
	panic("seam")
}

// Challenge is one dns-01 challenge to answer.
type Challenge struct {
	Name          name.Name // the authorization's identifier, "*." kept for a wildcard
	Authorization string    // URL
	URL           string
	Value         string // the TXT value (RFC 8555 §8.4)
	Expires       time.Time
}

// Challenges reads the order's authorizations and gives the dns-01 challenges of those that are pending; valid ones
// are skipped, unknown types and types without a token ignored. An authorization without dns-01, or one that is
// invalid, is a fault.
func (c *Client) Challenges(ctx context.Context, a store.Account, o Order) ([]Challenge, error) {
	panic("seam")
}

// Respond tells the CA that challenges are in place.
func (c *Client) Respond(ctx context.Context, a store.Account, challenges []Challenge) error {
	panic("seam")
}

// AwaitValid polls the authorizations of challenges until each is valid: for turns, where the order stays pending.
func (c *Client) AwaitValid(ctx context.Context, a store.Account, challenges []Challenge) error {
	panic("seam")
}

// AwaitReady polls the order until it is ready or further; Retry-After is obeyed in both forms. While it stays
// pending for three polls the open authorizations are read, and a challenge that has an error and is still pending is
// posted again. An invalid order is a fault (CAValidation) that names each identifier with what the CA said.
func (c *Client) AwaitReady(ctx context.Context, a store.Account, o Order, told []Challenge) (Order, error) {
	panic("seam")
}

// Finalize sends the CSR (DER) of a ready order. A lost answer is looked up by the order's URL, never sent again
// while the order is not ready.
func (c *Client) Finalize(ctx context.Context, a store.Account, o Order, csr []byte) (Order, error) {
	panic("seam")
}

// AwaitIssued polls the order until it is valid.
func (c *Client) AwaitIssued(ctx context.Context, a store.Account, o Order) (Order, error) {
	panic("seam")
}

// Chain downloads the certificate chain, PEM, leaf first; at most 1 MiB and 16 certificates.
func (c *Client) Chain(ctx context.Context, a store.Account, o Order) ([]byte, error) { panic("seam") }

// RenewalInfo asks when leaf should be renewed (RFC 9773 §4). ok is false where the CA has none, or said nothing usable.
func (c *Client) RenewalInfo(ctx context.Context, leaf *x509.Certificate) (info store.RenewalInfo, ok bool, err error) {
	panic("seam")
}

// RenewalID is leaf's identifier for Wanted.Replaces; "" when it has no authority key identifier.
func RenewalID(leaf *x509.Certificate) string { panic("seam") }

// NewKey makes a key: ec256, ec384, rsa2048, rsa3072 or rsa4096.
func NewKey(keyType string) (crypto.Signer, error) { panic("seam") }

// Lost is a request whose answer did not come.
type Lost struct {
	What string // "newOrder"
	Err  error
}

func (l *Lost) Error() string { return "the answer to " + l.What + " was lost: " + l.Err.Error() }

// Unwrap gives the cause.
func (l *Lost) Unwrap() error { return l.Err }
