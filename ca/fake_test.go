package ca

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/egress"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// reply is what a scripted CA does with one request.
type reply struct {
	status int // 0: handle the request as usual
	header map[string]string
	body   string
	drop   bool // close the connection, and do nothing
	lose   bool // handle the request, then close the connection
	commit bool // with status: handle the request first, and throw its answer away
}

// fakeCA is a CA for what pebble does not do. It checks no signatures, accepts every proof, and counts.
type fakeCA struct {
	*httptest.Server
	on func(resource string, nth int, payload string) reply // nth counts from 1; nil: nothing unusual

	mu       sync.Mutex
	log      []string // resources in the order in which they were asked for, without directory and nonces
	seen     map[string]int
	payloads map[string][]string
	accounts map[string]bool // by their JWK
	orders   []*fakeOrder
	list     bool   // accounts have a list of orders
	meta     string // of the directory
	ari      bool   // the directory has renewalInfo
}

type fakeOrder struct {
	names     []string
	told      map[string]bool
	finalized bool
	polled    bool
}

func (o *fakeOrder) status() string {
	switch {
	case o.finalized && o.polled:
		return "valid"
	case o.finalized:
		return "processing"
	case len(o.told) == len(o.names):
		return "ready"
	}
	return "pending"
}

func newFake(t *testing.T, on func(resource string, nth int, payload string) reply) *fakeCA {
	t.Helper()
	f := &fakeCA{on: on, seen: map[string]int{}, payloads: map[string][]string{}, accounts: map[string]bool{}, list: true, meta: "{}"}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

// client gives a client of f and how long it was asked to wait, each time.
func (f *fakeCA) client(t *testing.T) (*Client, *waits) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	e, err := egress.New(egress.Policy{AnyHost: true, AnyAddress: true, Roots: roots, MaxBody: 8 << 20, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c, err := New(Config{Directory: f.URL + "/directory", Egress: e})
	if err != nil {
		t.Fatal(err)
	}
	w := &waits{}
	c.wait = w.wait
	return c, w
}

// waits counts instead of waiting.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) wait(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, d)
	return context.Cause(ctx)
}

func (w *waits) sum() (total time.Duration) {
	for _, d := range w.all {
		total += d
	}
	return total
}

// counts are how often each resource was asked for.
func (f *fakeCA) counts() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]int{}
	for _, resource := range f.log {
		all[resource]++
	}
	return all
}

func (f *fakeCA) sequence() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.log, " ")
}

// ServeHTTP handles one request as the script says.
func (f *fakeCA) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	resource := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")[0]
	protected, payload := readJWS(r)
	f.seen[resource]++
	if resource != "newNonce" && resource != "directory" {
		f.log = append(f.log, resource)
		f.payloads[resource] = append(f.payloads[resource], payload)
	}
	var does reply
	if f.on != nil {
		does = f.on(resource, f.seen[resource], payload)
	}
	if does.drop {
		panic(http.ErrAbortHandler)
	}
	usual := httptest.NewRecorder()
	usual.Header().Set("Replay-Nonce", fmt.Sprintf("nonce-%d", len(f.log)))
	usual.Header().Set("Content-Type", "application/json")
	if does.status == 0 || does.commit {
		f.handle(usual, r, resource, protected, payload)
	}
	if does.lose {
		panic(http.ErrAbortHandler)
	}
	for key, values := range usual.Header() {
		w.Header()[key] = values
	}
	if does.status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	for key, value := range does.header {
		w.Header().Set(key, value)
	}
	if does.status != 0 {
		w.WriteHeader(does.status)
		_, _ = io.WriteString(w, does.body)
		return
	}
	w.WriteHeader(usual.Code)
	_, _ = w.Write(usual.Body.Bytes())
}

func readJWS(r *http.Request) (protected, payload string) {
	var jws struct{ Protected, Payload string }
	if json.NewDecoder(r.Body).Decode(&jws) != nil {
		return "", ""
	}
	one, _ := base64.RawURLEncoding.DecodeString(jws.Protected)
	two, _ := base64.RawURLEncoding.DecodeString(jws.Payload)
	return string(one), string(two)
}

// handle is the usual behaviour; f.mu is held.
func (f *fakeCA) handle(w *httptest.ResponseRecorder, r *http.Request, resource, protected, payload string) {
	rest := strings.TrimPrefix(r.URL.Path, "/"+resource+"/")
	switch resource {
	case "directory":
		fmt.Fprintf(w, `{"newNonce":"%[1]s/newNonce","newAccount":"%[1]s/newAccount","newOrder":"%[1]s/newOrder","revokeCert":"%[1]s/revokeCert","keyChange":"%[1]s/keyChange","random":["x"],%[2]s"meta":%[3]s}`,
			f.URL, map[bool]string{true: `"renewalInfo":"` + f.URL + `/renewalInfo",`}[f.ari], f.meta)
	case "newNonce":
	case "newAccount":
		f.newAccount(w, protected, payload)
	case "account":
		fmt.Fprintf(w, `{"status":"valid"%s}`, map[bool]string{true: `,"orders":"` + f.URL + `/orders"`}[f.list])
	case "orders":
		f.listOrders(w)
	case "newOrder":
		f.newOrder(w, payload)
	case "order":
		o := f.order(rest)
		f.show(w, rest)
		o.polled = o.finalized
	case "authorization":
		f.authorization(w, rest)
	case "challenge":
		number, host, _ := strings.Cut(rest, "/")
		f.order(number).told[host] = true
		fmt.Fprintf(w, `{"type":"dns-01","status":"processing","url":"%s%s","token":"t"}`, f.URL, r.URL.Path)
	case "finalize":
		f.order(rest).finalized = true
		f.show(w, rest)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (f *fakeCA) order(number string) *fakeOrder {
	var n int
	if _, err := fmt.Sscan(number, &n); err != nil || n < 1 || n > len(f.orders) {
		return &fakeOrder{told: map[string]bool{}}
	}
	return f.orders[n-1]
}

func (f *fakeCA) newAccount(w *httptest.ResponseRecorder, protected, payload string) {
	var head struct{ JWK json.RawMessage }
	_ = json.Unmarshal([]byte(protected), &head)
	known := f.accounts[string(head.JWK)]
	if !known && strings.Contains(payload, "onlyReturnExisting") {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"type":"urn:ietf:params:acme:error:accountDoesNotExist","detail":"no such account"}`)
		return
	}
	f.accounts[string(head.JWK)] = true
	w.Header().Set("Location", f.URL+"/account/1")
	if !known {
		w.WriteHeader(http.StatusCreated)
	}
	_, _ = io.WriteString(w, `{"status":"valid"}`)
}

func (f *fakeCA) newOrder(w *httptest.ResponseRecorder, payload string) {
	var wanted struct{ Identifiers []struct{ Value string } }
	_ = json.Unmarshal([]byte(payload), &wanted)
	o := &fakeOrder{told: map[string]bool{}}
	for _, id := range wanted.Identifiers {
		o.names = append(o.names, id.Value)
	}
	f.orders = append(f.orders, o)
	w.Header().Set("Location", fmt.Sprintf("%s/order/%d", f.URL, len(f.orders)))
	w.WriteHeader(http.StatusCreated)
	f.show(w, fmt.Sprint(len(f.orders)))
}

func (f *fakeCA) show(w io.Writer, number string) {
	o := f.order(number)
	ids, urls := []map[string]string{}, []string{}
	for _, n := range o.names {
		ids = append(ids, map[string]string{"type": "dns", "value": n})
		urls = append(urls, fmt.Sprintf("%s/authorization/%s/%s", f.URL, number, n))
	}
	shown := map[string]any{"status": o.status(), "identifiers": ids, "authorizations": urls, "finalize": f.URL + "/finalize/" + number, "expires": "2999-01-01T00:00:00Z"}
	if o.status() == "valid" {
		shown["certificate"] = f.URL + "/certificate/" + number
	}
	_ = json.NewEncoder(w).Encode(shown)
}

func (f *fakeCA) authorization(w io.Writer, rest string) {
	number, host, _ := strings.Cut(rest, "/")
	status := "pending"
	if f.order(number).told[host] {
		status = "valid"
	}
	bare, wildcard := strings.CutPrefix(host, "*.")
	fmt.Fprintf(w, `{"status":%q,"identifier":{"type":"dns","value":%q},"wildcard":%v,"challenges":[
		{"type":"dns-persist-01","url":"%[4]s/x","status":"pending","accounturi":"x","issuer-domain-names":["ca.example"]},
		{"type":"dns-account-01","url":"%[4]s/x","status":"pending","token":"other"},
		{"type":"dns-01","url":"%[4]s/challenge/%[5]s/%[6]s","status":"pending","token":"t"}]}`, status, bare, wildcard, f.URL, number, host)
}

func (f *fakeCA) listOrders(w io.Writer) {
	urls := []string{}
	for n := range f.orders {
		urls = append(urls, fmt.Sprintf("%s/order/%d", f.URL, n+1))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"orders": urls})
}

// problem is a problem document of that type.
func problem(kind, detail string) string {
	text, _ := json.Marshal(map[string]string{"type": "urn:ietf:params:acme:error:" + kind, "detail": detail})
	return string(text)
}

// newKeyed is an account with a key, and no URL yet.
func newKeyed(t *testing.T, f *fakeCA) store.Account {
	t.Helper()
	key, err := NewKey("ec256")
	if err != nil {
		t.Fatal(err)
	}
	text, err := MarshalKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return store.Account{Name: "default", Directory: f.URL + "/directory", Key: text}
}

// made is an account that the CA knows.
func made(t *testing.T, f *fakeCA) store.Account {
	t.Helper()
	a := newKeyed(t, f)
	a.URL = f.URL + "/account/1"
	return a
}

func names(t *testing.T, texts ...string) []name.Name {
	t.Helper()
	var all []name.Name
	for _, text := range texts {
		n, err := name.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// wantFault checks the code of err and that people can read it: all four parts, no control characters, bounded.
func wantFault(t *testing.T, err error, code fault.Code) *fault.Fault {
	t.Helper()
	f, ok := fault.From(err)
	if !ok {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	if f.Code != code || f.Tried == "" || f.Seen == "" || f.Do == "" || f.Who == "" {
		t.Fatalf("got %#v, want %s with all four parts", f, code)
	}
	return f
}
