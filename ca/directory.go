package ca

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"deputy/egress"
	"deputy/fault"
)

// directoryTime bounds reading the directory, tries and waits included.
const directoryTime = 20 * time.Second

// Directory is what a CA says of itself (RFC 8555 §7.1.1).
type Directory struct {
	Terms       string // URL; "" for none
	Website     string
	Identities  []string          // caaIdentities
	Profiles    map[string]string // name to description
	NeedsEAB    bool
	RenewalInfo bool
}

// index is a directory that was read and found fit for use: every URL in it is https.
type index struct {
	Directory
	newAccount  string
	renewalInfo string // "" for none
	library     []byte // JSON, as the library reads it
}

// Directory reads the directory, once for each client, within 20 s.
func (c *Client) Directory(ctx context.Context) (Directory, error) {
	if _, err := c.ready(ctx); err != nil {
		return Directory{}, err
	}
	return c.index.Directory, nil
}

// ready gives the library's client, which exists once the directory was read.
//
// The library keeps directories in a variable of the process for twelve hours, unchecked, and holds a lock of the
// process while it reads one. So the directory is read and checked here, and the library gets it from memory, under an
// address that no other client has.
func (c *Client) ready(ctx context.Context) (*acme.Client, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-c.turn:
	}
	defer func() { c.turn <- struct{}{} }()
	if c.library != nil {
		return c.library, nil
	}
	index, err := c.readDirectory(ctx)
	if err != nil {
		return nil, err
	}
	mark := rand.Text()
	client := c.egress.HTTP()
	client.Transport = wire{next: client.Transport, mark: mark, index: index.library}
	c.index = index
	c.library = &acme.Client{
		Directory: c.directory + "#" + mark, HTTPClient: client, UserAgent: "deputy",
		PollTimeout: -1, // FinalizeOrder polls by itself, unless the time for it is over before it began
	}
	return c.library, nil
}

func (c *Client) readDirectory(ctx context.Context) (*index, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, directoryTime, fmt.Errorf("no directory within %s: %w", directoryTime, context.DeadlineExceeded))
	defer cancel()
	q := query{tried: "read the ACME directory " + c.directory, patience: directoryTime}
	body, err := c.fetch(ctx, q, c.directory)
	if err != nil {
		return nil, directoryFault(err)
	}
	index, err := parseDirectory(body.body)
	if err != nil {
		return nil, c.noDirectory(err)
	}
	return index, nil
}

// directoryFault makes what the CA refused a fault of the directory: nothing else was asked yet.
func directoryFault(err error) error {
	f, ok := fault.From(err)
	if !ok || f.Code != fault.CARefused && f.Code != fault.CAAccount {
		return err
	}
	other := *f
	other.Code, other.Who = fault.CADirectory, fault.Admin
	other.Do = "check the directory's URL against the CA's documentation"
	return &other
}

func (c *Client) noDirectory(err error) *fault.Fault {
	return &fault.Fault{
		Code: fault.CADirectory, Tried: "read the ACME directory " + c.directory, Seen: err.Error(),
		Do: "check the directory's URL against the CA's documentation", Who: fault.Admin, Err: err,
	}
}

// fetch is an unsigned GET, tried again within bounds.
func (c *Client) fetch(ctx context.Context, q query, from string) (answer, error) {
	return c.exchange(ctx, q, func(ctx context.Context) error {
		r, err := c.egress.Do(ctx, egress.Request{Method: http.MethodGet, URL: from})
		x := callOf(ctx)
		if err != nil {
			x.fail(err)
			return err
		}
		x.answered(answer{status: r.Status, header: r.Header, body: r.Body})
		if r.Status >= 500 {
			x.fail(errServer)
		}
		return nil
	})
}

// parseDirectory reads the endpoints strictly and meta leniently: members that are unknown, or of another type than
// they should be, are no reason not to work with a CA.
func parseDirectory(body []byte) (*index, error) {
	var d acme.Directory
	var raw struct {
		NewNonce, NewAccount, NewOrder, RevokeCert, KeyChange, RenewalInfo string
		Meta                                                               map[string]json.RawMessage
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		var kind *json.UnmarshalTypeError
		if !errors.As(err, &kind) || !strings.HasPrefix(strings.ToLower(kind.Field), "meta") {
			return nil, fmt.Errorf("the answer is no ACME directory: %s", quoted(err.Error()))
		}
	}
	d.NewNonce, d.NewAccount, d.NewOrder = raw.NewNonce, raw.NewAccount, raw.NewOrder
	d.RevokeCert, d.KeyChange, d.RenewalInfo = raw.RevokeCert, raw.KeyChange, raw.RenewalInfo
	if err := checkEndpoints(d); err != nil {
		return nil, err
	}
	index := &index{newAccount: d.NewAccount, renewalInfo: d.RenewalInfo, Directory: parseMeta(raw.Meta)}
	index.RenewalInfo = d.RenewalInfo != ""
	d.Meta = &acme.DirectoryMeta{Profiles: index.Profiles}
	var err error
	index.library, err = json.Marshal(d)
	return index, err
}

// checkEndpoints refuses a directory that lacks what is needed, or names anything but https (threats: a CA reached in
// clear text can be played by anybody on the way).
func checkEndpoints(d acme.Directory) error {
	endpoints := map[string]string{
		"newNonce": d.NewNonce, "newAccount": d.NewAccount, "newOrder": d.NewOrder,
		"revokeCert": d.RevokeCert, "keyChange": d.KeyChange, "renewalInfo": d.RenewalInfo,
	}
	for _, key := range slices.Sorted(maps.Keys(endpoints)) {
		target := endpoints[key]
		if target == "" {
			if strings.HasPrefix(key, "new") {
				return fmt.Errorf("it has no %s, so it is no ACME directory", key)
			}
			continue
		}
		if !secure(target) {
			return fmt.Errorf("its %s is %s, which is not an https:// URL", key, quoted(target))
		}
	}
	return nil
}

// secure says whether text is an absolute https URL without credentials in it.
func secure(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}

func parseMeta(meta map[string]json.RawMessage) Directory {
	var d Directory
	read := func(key string, into any) bool { return json.Unmarshal(meta[key], into) == nil }
	read("termsOfService", &d.Terms)
	read("website", &d.Website)
	read("externalAccountRequired", &d.NeedsEAB)
	d.Terms, d.Website = clean(d.Terms), clean(d.Website)
	if !read("caaIdentities", &d.Identities) {
		d.Identities = nil
	}
	for i := range d.Identities {
		d.Identities[i] = clean(d.Identities[i])
	}
	if !read("profiles", &d.Profiles) {
		d.Profiles = nil
	}
	return d
}
