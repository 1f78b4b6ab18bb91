// Package ca speaks ACME (RFC 8555, RFC 9773): directories, accounts, orders, renewal information. It is the only
// room that knows the ACME library, and it never repeats newAccount, newOrder or finalize blindly after a lost answer.
//
// It stores nothing and publishes nothing: issuance tells the story.
package ca

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"deputy/egress"
	"deputy/fault"
	"deputy/store"
)

// Client speaks to one CA. It is safe for concurrent use.
type Client struct {
	directory string
	egress    *egress.Client
	tell      store.Sink

	turn    chan struct{} // holds one token: whoever has it may read or set index and library
	index   *index        // nil until the directory was read
	library *acme.Client

	// Tests count waits and tell the time; nobody else sets these.
	wait func(context.Context, time.Duration) error
	now  func() time.Time
}

// Config says which CA.
type Config struct {
	Directory string // https:// only
	Egress    *egress.Client
	Tell      store.Sink // nil: nobody listens
}

// New makes a client; it sends nothing yet. A directory over http:// is a fault (CADirectory).
func New(c Config) (*Client, error) {
	if c.Egress == nil {
		return nil, errors.New("ca: no egress client to speak through")
	}
	u, err := url.Parse(c.Directory)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, &fault.Fault{
			Code: fault.CADirectory, Tried: "use the ACME directory " + quoted(c.Directory), Seen: "it is not an https:// URL",
			Do: "give the CA's directory as it documents it, beginning with https://", Who: fault.Admin,
		}
	}
	client := &Client{
		directory: c.Directory, egress: c.Egress, tell: c.Tell, turn: make(chan struct{}, 1),
		wait: pause, now: time.Now,
	}
	client.turn <- struct{}{}
	return client, nil
}

// pause waits for d or the end of ctx, whichever comes first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

func (c *Client) report(ctx context.Context, kind, text string) {
	if c.tell != nil {
		c.tell(ctx, store.Event{Kind: kind, Text: text})
	}
}

// ErrGone is an order that the CA does not know any more.
var ErrGone = errors.New("the CA does not know the order any more")

// Lost is a request whose answer did not come: the CA may or may not have carried it out. Err holds a fault for people.
type Lost struct {
	What string // "newOrder"
	Err  error
}

func (l *Lost) Error() string { return "the answer to " + l.What + " was lost: " + l.Err.Error() }

// Unwrap gives the cause.
func (l *Lost) Unwrap() error { return l.Err }

// Limited is the cause of a fault CALimited: the CA named a time before which it wants no further try.
type Limited struct {
	Until time.Time
}

// NotBefore is Until, for rooms that know nothing of CAs.
func (l *Limited) NotBefore() time.Time { return l.Until }

func (l *Limited) Error() string {
	return fmt.Sprintf("the CA wants no further try before %s", l.Until.UTC().Format(time.RFC3339))
}
