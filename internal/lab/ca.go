package lab

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// CA is pebble with a door in front. Its validation asks the lab's "ca-resolver", three times for each challenge.
type CA struct {
	door   *door
	web    *web
	manage http.Handler // pebble's management interface; not served
	roots  []byte       // PEM
}

// Intercept decides on each ACME request before pebble sees it; nil takes the interception away. Payload reads what a
// request says. An answer given instead of pebble's has no Replay-Nonce unless Header brings one.
func (c *CA) Intercept(f func(*http.Request) Intervention) { c.door.set(f) }

// Roots are the roots of what the CA issues, PEM.
func (c *CA) Roots() []byte { return c.roots }

// SetRenewalInfo makes the CA answer renewalInfo requests (RFC 9773 §4.1) for the certificate (PEM) with response, as
// it stands, malformed or not.
func (c *CA) SetRenewalInfo(certificate []byte, response string) error {
	body, err := json.Marshal(map[string]string{"certificate": string(certificate), "ariResponse": response})
	if err != nil {
		return err
	}
	if _, err := c.ask(http.MethodPost, "/set-renewal-info/", body); err != nil {
		return fmt.Errorf("set renewal information: %w", err)
	}
	return nil
}

// ask asks pebble's management interface.
func (c *CA) ask(method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequest(method, path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "deputy-lab") // pebble refuses requests without one
	answer := &recording{header: http.Header{}, status: http.StatusOK}
	c.manage.ServeHTTP(answer, r)
	if answer.status != http.StatusOK {
		return nil, fmt.Errorf("pebble answers %d: %s", answer.status, answer.body.String())
	}
	return answer.body.Bytes(), nil
}

// pebbleEnvironment guards the process's environment while a pebble is made. pebble reads its knobs there when it is
// made, and only then, so each lab of a process has its own.
var pebbleEnvironment sync.Mutex

// newCA makes a pebble, strict, with EC keys and one intermediate, and serves it over HTTPS.
func newCA(h *History, o Options, resolver netip.AddrPort, certificate *tls.Certificate) (*CA, error) {
	store := db.NewMemoryStore()
	for id, key := range o.EAB {
		if err := store.AddExternalAccountKeyByID(id, key); err != nil {
			return nil, fmt.Errorf("external account key %s: %w", id, err)
		}
	}
	front, err := newPebble(store, o, resolver)
	if err != nil {
		return nil, err
	}
	c := &CA{manage: front.ManagementHandler()}
	if c.roots, err = c.ask(http.MethodGet, "/roots/0", nil); err != nil {
		return nil, fmt.Errorf("the CA's root: %w", err)
	}
	c.door = &door{history: h, inside: front.Handler(), entry: acmeEntry}
	if c.web, err = serveHTTP(c.door, certificate); err != nil {
		return nil, fmt.Errorf("serve the CA: %w", err)
	}
	return c, nil
}

// newPebble wires pebble's parts as its own main does.
func newPebble(store *db.MemoryStore, o Options, resolver netip.AddrPort) (*wfe.WebFrontEndImpl, error) {
	pebbleEnvironment.Lock()
	defer pebbleEnvironment.Unlock()
	restore, err := setEnvironment(map[string]string{
		"PEBBLE_VA_NOSLEEP":      "1",
		"PEBBLE_VA_ALWAYS_VALID": "",
		"PEBBLE_WFE_NONCEREJECT": strconv.Itoa(o.NonceReject),
		"PEBBLE_AUTHZREUSE":      strconv.Itoa(o.AuthzReuse),
	})
	if err != nil {
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0)
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{
		"default":    {Description: "90 days", ValidityPeriod: 90 * 24 * 3600},
		"shortlived": {Description: "6 days", ValidityPeriod: 6 * 24 * 3600},
	})
	// The ports are those of http-01 and tls-alpn-01, which nobody answers here.
	validator := va.New(quiet, 5002, 5001, true, resolver.String(), store)
	front := wfe.New(quiet, store, validator, issuer, []string{"pebble.lab"}, true, len(o.EAB) > 0, o.OrderRetry, o.OrderRetry)
	return &front, restore()
}

// setEnvironment sets variables, and gives what sets them back.
func setEnvironment(values map[string]string) (restore func() error, err error) {
	var undo []func() error
	restore = func() error {
		var all []error
		for _, f := range undo {
			all = append(all, f())
		}
		return errors.Join(all...)
	}
	for key, value := range values {
		before, was := os.LookupEnv(key)
		if err := os.Setenv(key, value); err != nil {
			return nil, errors.Join(err, restore())
		}
		undo = append(undo, func() error {
			if was {
				return os.Setenv(key, before)
			}
			return os.Unsetenv(key)
		})
	}
	return restore, nil
}

// acmeEntry is an ACME request as the history keeps it.
func acmeEntry(r *http.Request, body []byte) Entry {
	return Entry{
		Kind: "acme", Server: "ca", From: r.RemoteAddr,
		What:     r.Method + " " + r.URL.Path,
		Resource: resource(r.URL.Path),
		Body:     string(payload(body)),
	}
}

// resource is what RFC 8555 §7.1 (and RFC 9773) calls what pebble has at path; "" for what it does not have.
func resource(path string) string {
	for _, each := range [][2]string{
		{"/dir", "directory"},
		{"/nonce-plz", "newNonce"},
		{"/sign-me-up", "newAccount"},
		{"/order-plz", "newOrder"},
		{"/my-order/", "order"},
		{"/finalize-order/", "finalize"},
		{"/my-account/", "account"},
		{"/authZ/", "authorization"},
		{"/chalZ/", "challenge"},
		{"/certZ/", "certificate"},
		{"/revoke-cert", "revokeCert"},
		{"/rollover-account-key", "keyChange"},
		{"/list-orderz/", "orders"},
		{"/draft-ietf-acme-ari-03/renewalInfo/", "renewalInfo"},
	} {
		if path == each[0] || strings.HasSuffix(each[0], "/") && strings.HasPrefix(path, each[0]) {
			return each[1]
		}
	}
	return ""
}
