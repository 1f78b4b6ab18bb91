package ca

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/mholt/acmez/v3/acme"
	"golang.org/x/sync/errgroup"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// abreast is how many requests of one order are on their way at once.
const abreast = 8

// tokenPattern is RFC 8555 §8.1's alphabet, with an upper bound: tokens of hostile CAs have become paths and shell words
// elsewhere.
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Challenge is one dns-01 challenge to answer.
type Challenge struct {
	Name          name.Name // the authorization's identifier, "*." kept for a wildcard
	Authorization string    // URL
	URL           string
	Value         string // the TXT value (RFC 8555 §8.4)
	Expires       time.Time
}

// Challenges reads the order's authorizations and gives the dns-01 challenges of those that are pending, in the
// order's order; valid ones are skipped, unknown types and types without a token ignored. An authorization without
// dns-01, one for a name that the order is not for, or one that is invalid, is a fault.
func (c *Client) Challenges(ctx context.Context, a store.Account, o Order) ([]Challenge, error) {
	account, err := credentials(a)
	if err != nil {
		return nil, err
	}
	thumbprint, err := account.Thumbprint()
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", a.Name, err)
	}
	found := make([][]Challenge, len(o.Authorizations))
	err = each(ctx, len(o.Authorizations), func(ctx context.Context, i int) error {
		authz, err := c.authorization(ctx, a, o.Authorizations[i])
		if err != nil {
			return err
		}
		if !slices.Contains(o.Names, authz.name) {
			return nonsense("read the authorizations of the order", fmt.Errorf("one is for %s, which the order is not for", authz.name))
		}
		found[i], err = c.open(authz, thumbprint)
		return err
	})
	return slices.Concat(found...), err
}

// each runs f for 0 to n-1, some abreast, until one fails.
func each(ctx context.Context, n int, f func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(abreast)
	for i := range n {
		group.Go(func() error { return f(ctx, i) })
	}
	return group.Wait()
}

// authorization is an authorization (RFC 8555 §7.1.4) as the CA last told it.
type authorization struct {
	acme.Authorization
	name  name.Name // "*." kept for a wildcard
	retry time.Duration
	told  bool // the answer had a Retry-After
}

func (c *Client) authorization(ctx context.Context, a store.Account, url string) (authorization, error) {
	q := query{tried: "read an authorization of the order", patience: maxPatience}
	got, err := c.read(ctx, a, q, url)
	if err != nil {
		return authorization{}, err
	}
	authz, err := parseAuthorization(url, got)
	if err != nil {
		return authorization{}, nonsense(q.tried, err)
	}
	return authz, nil
}

func parseAuthorization(url string, a answer) (authorization, error) {
	var authz authorization
	if err := json.Unmarshal(a.body, &authz.Authorization); err != nil {
		return authz, fmt.Errorf("the answer is no authorization: %s", quoted(err.Error()))
	}
	authz.Location = url
	authz.retry, authz.told = a.retryAfter()
	n, err := name.Parse(authz.IdentifierValue())
	if err != nil || authz.Identifier.Type != "dns" {
		return authz, fmt.Errorf("an authorization is for %s %s, which is no name", quoted(authz.Identifier.Type), quoted(authz.Identifier.Value))
	}
	authz.name = n
	return authz, nil
}

// open gives the challenge to answer: none of a valid authorization, one of a pending one.
func (c *Client) open(z authorization, thumbprint string) ([]Challenge, error) {
	switch z.Status {
	case acme.StatusValid:
		return nil, nil
	case acme.StatusPending:
	default:
		return nil, c.validationFault([]failure{z.failure()})
	}
	for _, ch := range z.Challenges {
		if ch.Type != acme.ChallengeTypeDNS01 || !tokenPattern.MatchString(ch.Token) || !secure(ch.URL) {
			continue
		}
		// The CA may send a key authorization of its own making (early drafts did); only ours proves anything.
		ch.KeyAuthorization = ch.Token + "." + thumbprint
		return []Challenge{{Name: z.name, Authorization: z.Location, URL: ch.URL, Value: ch.DNS01KeyAuthorization(), Expires: z.Expires}}, nil
	}
	return nil, &fault.Fault{
		Code: fault.CARefused, Tried: "prove control of " + z.name.String() + " by DNS", Seen: "the CA offers no usable dns-01 challenge for it",
		Do: "ask the CA whether the account may use dns-01, or use another CA", Who: fault.Admin,
	}
}

// Respond tells the CA that challenges are in place (RFC 8555 §7.5.1). A challenge that the CA will not hear of again,
// as after a lost answer, is looked at: if the CA is at it, or done, that is as good.
func (c *Client) Respond(ctx context.Context, a store.Account, challenges []Challenge) error {
	return each(ctx, len(challenges), func(ctx context.Context, i int) error {
		err := c.respond(ctx, a, challenges[i])
		if !refusalOf(err).is("malformed") {
			return err
		}
		authz, readErr := c.authorization(ctx, a, challenges[i].Authorization)
		switch {
		case readErr != nil:
			return readErr
		case authz.Status == acme.StatusValid:
			return nil
		case authz.Status != acme.StatusPending:
			return c.validationFault([]failure{authz.failure()})
		case authz.challenge(challenges[i].URL).Status == acme.StatusPending:
			return err
		}
		return nil
	})
}

func (c *Client) respond(ctx context.Context, a store.Account, ch Challenge) error {
	q := query{tried: "tell the CA that the value for " + ch.Name.String() + " is in place"}
	_, err := c.signed(ctx, a, q, func(ctx context.Context, library *acme.Client, account acme.Account) error {
		_, err := library.InitiateChallenge(ctx, account, acme.Challenge{URL: ch.URL})
		return err
	})
	return err
}

// challenge finds the challenge at url; the zero value where there is none.
func (z authorization) challenge(url string) acme.Challenge {
	for _, ch := range z.Challenges {
		if ch.URL == url {
			return ch
		}
	}
	return acme.Challenge{}
}
