package ca

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/mholt/acmez/v3/acme"

	"deputy/fault"
	"deputy/store"
)

// newAccountTries bounds how often newAccount is sent in one call of Account: again only after the CA has said, to a
// look-up, that the account is not there.
const newAccountTries = 3

// Account finds the account of a.Key at the CA, or makes it; a.Key must be stored before, and a.Terms is what was
// agreed to. The account comes back with its URL. An account that has its URL already is returned as it is, with no
// request. Faults: CATerms, CAAccount.
//
// One newAccount does both: for a key that has an account the CA returns that one (RFC 8555 §7.3), so neither a crash
// nor a lost answer makes a second. Where an answer is lost, or a CA refuses a binding (EAB) that the lost try has used
// up, the account is looked up with onlyReturnExisting (§7.3.1), which needs no binding.
func (c *Client) Account(ctx context.Context, a store.Account) (store.Account, error) {
	if a.URL != "" {
		return a, nil
	}
	library, err := c.ready(ctx)
	if err != nil {
		return a, err
	}
	if err := c.checkTerms(a); err != nil {
		return a, err
	}
	wanted, err := c.newAccount(ctx, library, a)
	if err != nil {
		return a, err
	}
	made, err := c.makeAccount(ctx, library, a, wanted)
	if err != nil {
		return a, accountFault(err)
	}
	return c.located(a, made)
}

// makeAccount sends newAccount, and looks before it sends it again.
func (c *Client) makeAccount(ctx context.Context, library *acme.Client, a store.Account, wanted acme.Account) (answer, error) {
	q := query{tried: "make an account at " + a.Directory, once: "newAccount"}
	for try := 1; ; try++ {
		made, err := c.exchange(ctx, q, func(ctx context.Context) error {
			_, err := library.NewAccount(ctx, wanted)
			return err
		})
		lost := errors.As(err, new(*Lost))
		bindingRefused := a.EABKeyID != "" && refusalOf(err).answer.status != 0
		if !lost && !bindingRefused {
			return made, err
		}
		found, findErr := c.findAccount(ctx, library, a, wanted)
		if findErr == nil {
			return found, nil
		}
		absent := refusalOf(findErr).is("accountDoesNotExist")
		if !lost || !absent || try == newAccountTries {
			return answer{}, err
		}
	}
}

// checkTerms says whether the CA's terms are those that were agreed to.
func (c *Client) checkTerms(a store.Account) error {
	if c.index.Terms == "" || c.index.Terms == a.Terms {
		return nil
	}
	return &fault.Fault{
		Code: fault.CATerms, Tried: "make an account at " + a.Directory,
		Seen: "the CA's terms of service, " + c.index.Terms + ", are not agreed to",
		Do:   "read them, and agree with deputy account add --agree-tos", Who: fault.Admin,
	}
}

// newAccount is a as the library wants it.
func (c *Client) newAccount(ctx context.Context, library *acme.Client, a store.Account) (acme.Account, error) {
	key, err := ParseKey(a.Key)
	if err != nil {
		return acme.Account{}, err
	}
	wanted := acme.Account{PrivateKey: key, TermsOfServiceAgreed: a.Terms != "" || c.index.Terms == ""}
	if a.Email != "" {
		wanted.Contact = []string{"mailto:" + a.Email}
	}
	lacks := func(seen string) error {
		return &fault.Fault{
			Code: fault.CAAccount, Tried: "make an account at " + a.Directory, Seen: seen,
			Do: "get a key id and HMAC key from the CA, and give them with --eab-kid and --eab-hmac-key-file", Who: fault.Admin,
		}
	}
	if a.EABKeyID == "" {
		if c.index.NeedsEAB {
			return acme.Account{}, lacks("the CA makes accounts only for its customers (external account binding)")
		}
		return wanted, nil
	}
	// Some CAs show the key in the plain alphabet, or padded; RFC 8555 §7.3.4 wants base64url.
	mac := strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(strings.TrimSpace(a.EABKey.Reveal()))
	if err := wanted.SetExternalAccountBinding(ctx, library, acme.EAB{KeyID: a.EABKeyID, MACKey: mac}); err != nil {
		return acme.Account{}, lacks("the HMAC key of the external account binding is not base64url")
	}
	return wanted, nil
}

// findAccount looks the account of the key up, and never makes one.
func (c *Client) findAccount(ctx context.Context, library *acme.Client, a store.Account, wanted acme.Account) (answer, error) {
	return c.exchange(ctx, query{tried: "look the account of our key up at " + a.Directory}, func(ctx context.Context) error {
		_, err := library.GetAccount(ctx, acme.Account{PrivateKey: wanted.PrivateKey})
		return err
	})
}

// located reads the account's URL from the Location (RFC 8555 §7.3).
func (c *Client) located(a store.Account, made answer) (store.Account, error) {
	var body struct{ Status string }
	_ = json.Unmarshal(made.body, &body) // what counts is in the header; a status that can't be read is none
	url := made.header.Get("Location")
	bad := &fault.Fault{Code: fault.CAAccount, Tried: "make an account at " + a.Directory, Who: fault.CA}
	switch {
	case body.Status != "" && body.Status != acme.StatusValid:
		bad.Seen = "the account of our key is " + clean(body.Status)
		bad.Do, bad.Who = "make another account with deputy account add", fault.Admin
	case !secure(url):
		bad.Seen = "the CA gives the account no https:// URL, but " + quoted(url)
		bad.Do = "report it to the CA; an account's URL comes in the Location header (RFC 8555 §7.3)"
	default:
		a.URL = url
		return a, nil
	}
	return a, bad
}

// accountFault makes "unauthorized" the account's fault: at newAccount that is what it is about.
func accountFault(err error) error {
	f, ok := fault.From(err)
	if !ok || f.Code != fault.CARefused {
		return err
	}
	other := *f
	other.Code = fault.CAAccount
	if refusalOf(err).is("unauthorized") {
		other.Do = "check with the CA whether the account was deactivated or its binding used up; deputy account add makes another"
	}
	return &other
}

// credentials is a known account as the library wants it.
func credentials(a store.Account) (acme.Account, error) {
	if a.URL == "" {
		return acme.Account{}, &fault.Fault{
			Code: fault.CAAccount, Tried: "use the account " + a.Name, Seen: "the CA has not made it yet",
			Do: "deputy account add, or deputy init", Who: fault.Admin,
		}
	}
	key, err := ParseKey(a.Key)
	if err != nil {
		return acme.Account{}, err
	}
	return acme.Account{PrivateKey: key, Location: a.URL}, nil
}
