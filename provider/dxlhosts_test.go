package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// record is a TXT record at a stand-in of a DNS host.
type record struct{ id, owner, value string }

// host is what the stand-ins of this folder's dxlhost files share: the records of one account, and what was asked. A stand-in
// refuses what the host's documentation does not allow; what it says then is the host's, as far as that is documented.
type host struct {
	mu      sync.Mutex
	next    int
	records []record
	asked   []string // "POST /path"
	calls   []call
}

// call is one kind of request that a host answers.
type call struct {
	method string
	path   string // parts that begin with : are given to answer, in order
	answer func(r *http.Request, parts []string, body []byte) (status int, answer any)
}

// ServeHTTP finds the call; hosts answer 404 to what they don't have, and 405 to another method.
func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, r.Method+" "+r.URL.Path)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	status := http.StatusNotFound
	for _, c := range h.calls {
		parts, ok := matched(c.path, r.URL.Path)
		if !ok {
			continue
		}
		if c.method != r.Method {
			status = http.StatusMethodNotAllowed
			continue
		}
		status, answer := c.answer(r, parts, body)
		write(w, status, answer)
		return
	}
	write(w, status, map[string]any{"message": "no such call"})
}

func write(w http.ResponseWriter, status int, answer any) {
	if answer == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func matched(pattern, path string) (parts []string, ok bool) {
	wants, gets := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(wants) != len(gets) {
		return nil, false
	}
	for i, want := range wants {
		switch {
		case strings.HasPrefix(want, ":"):
			parts = append(parts, gets[i])
		case want != gets[i]:
			return nil, false
		}
	}
	return parts, true
}

// put makes a record and gives its id.
func (h *host) put(owner, value string) string {
	h.next++
	id := fmt.Sprintf("rec-%04d", h.next)
	h.records = append(h.records, record{id, strings.ToLower(strings.TrimSuffix(owner, ".")), value})
	return id
}

// drop removes records, and says how many there were.
func (h *host) drop(which func(record) bool) int {
	before := len(h.records)
	h.records = slices.DeleteFunc(h.records, which)
	return before - len(h.records)
}

func (h *host) has(owner, value string) bool {
	return slices.ContainsFunc(h.records, func(r record) bool { return r.owner == owner && r.value == value })
}

// at is what stands at a name.
func (h *host) at(owner string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var values []string
	for _, r := range h.records {
		if r.owner == owner {
			values = append(values, r.value)
		}
	}
	return strings.Join(values, " ")
}

// strict reads a JSON body into v, without members that v does not have.
func strict(r *http.Request, body []byte, v any) error {
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		return fmt.Errorf("Content-Type is %q", got)
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	return decoder.Decode(v)
}

// quotedTXT reads a TXT string in quotes; ok is false where it has none.
func quotedTXT(content string) (value string, ok bool) {
	value, begins := strings.CutPrefix(content, `"`)
	value, ends := strings.CutSuffix(value, `"`)
	return value, begins && ends && !strings.Contains(value, `"`)
}

// Two values as CAs have them; acme-dns takes no others.
const (
	valueOne = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
	valueTwo = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo"
	foreign  = "Zm9yZWlnbiB2YWx1ZSBvZiBzb21lYm9keSBlbHNlIQ0"
)

// publishedRun is a published DNS Configuration against a stand-in of its host.
type publishedRun struct {
	file    string
	host    func(*testing.T) (h http.Handler, at func(owner string) string)
	base    string // of cfg_URL, behind the host
	account string
	wrong   string // an account that the host refuses; "" where it refuses none
	refusal string // what the fault shows of the host's own words

	target string // default: validation.martdj.dedyn.io
	zone   string

	one, two     string // what stands at the target with one value, and with both; F is the foreign one
	left         string // what is left when both are removed again; "stays" where the document can't
	asksTo, asks string // the requests of the first addition and of its removal: "GET POST"
}

func publishedRuns() []publishedRun {
	token := `cfg_AuthToken: "` + ourToken + `"`
	return []publishedRun{
		{file: "hcl_certstore_cloudflare.dxl", host: cloudflare, base: "/client/v4/zones", account: token, wrong: "cfg_AuthToken: nobodys", refusal: "Invalid access token",
			one: "F 1", two: "F 1 2", left: "F", asksTo: "GET POST", asks: "DELETE"},
		{file: "hcl_certstore_cloudflare.dxl", host: cloudflare, base: "/client/v4/zones",
			account: `cfg_InternetAddress: me@example.org, cfg_AuthKey: "` + ourToken + `", cfg_DnsZone: 023e105f4ecef8ad9ca31a8372d0c353`,
			wrong:   "cfg_InternetAddress: me@example.org, cfg_AuthKey: nobodys, cfg_DnsZone: 023e105f4ecef8ad9ca31a8372d0c353", refusal: "Unknown X-Auth-Key or X-Auth-Email",
			one: "F 1", two: "F 1 2", left: "F", asksTo: "POST", asks: "DELETE"},
		{file: "hcl_certstore_hetzner.dxl", host: hetznerLegacy, base: "/api/v1", account: token, wrong: "cfg_AuthToken: nobodys", refusal: "Invalid authentication credentials",
			one: "F 1", two: "F 1 2", left: "F", asksTo: "GET POST", asks: "DELETE"},
		{file: "hcl_certstore_hetzner_dns_cloud.dxl", host: hetznerCloud, base: "/v1", account: token, wrong: "cfg_AuthToken: nobodys", refusal: "unable to authenticate",
			one: "F 1", two: "F 1 2", left: "F", asksTo: "POST", asks: "POST"},
		{file: "hcl_certstore_digitalocean.dxl", host: digitalOcean, base: "/v2/domains", account: token, wrong: "cfg_AuthToken: nobodys", refusal: "Unable to authenticate you",
			one: "F 1", two: "F 1 2", left: "F", asksTo: "POST", asks: "DELETE"},
		{file: "hcl_certstore_ionos_cloud.dxl", host: ionosCloud, account: token, wrong: "cfg_AuthToken: nobodys", refusal: "Unauthorized",
			one: "F 1", two: "F 1 2", left: "F", asksTo: "GET POST", asks: "DELETE"},
		{file: "hcl_certstore_kapper.dxl", host: kapper, base: "/API/1.2", account: `cfg_AuthKey: key-of-ours, cfg_AuthToken: plain-secret-of-ours`, wrong: "cfg_AuthKey: key-of-ours, cfg_AuthToken: nobodys",
			refusal: "the document's status formula makes that 400", one: "F 1", two: "F 1 2", left: "", asksTo: "GET", asks: "GET"},
		{file: "hcl_certstore_acmedns.dxl", host: acmeDNS, account: `cfg_UserName: 36e4f0c0-6b4c-4f1e-9d0e-1f5a4a3b2c1d, cfg_Password: "` + acmeDNSKey + `", cfg_DnsZone: ` + acmeDNSName,
			wrong: `cfg_UserName: 36e4f0c0-6b4c-4f1e-9d0e-1f5a4a3b2c1d, cfg_Password: nobodys, cfg_DnsZone: ` + acmeDNSName, refusal: "forbidden",
			target: acmeDNSName + ".auth.example.net", zone: "auth.example.net", one: "F 1", two: "1 2", left: "stays", asksTo: "POST"},
		{file: "hcl_lab_certstore.dxl", host: challtestsrv, base: "/set-txt", one: "F 1", two: "F 1 2", left: "stays", asksTo: "POST"},
		{file: "hcl_certstore_desec.dxl", host: deSEC, base: "/api/v1", account: token, wrong: "cfg_AuthToken: nobodys", refusal: "Invalid token",
			one: "F 1", two: "F 1 2", left: "F", asksTo: "GET PUT", asks: "GET PUT"},
		{file: "martdj_deSec.dxl", host: deSEC, base: "/api/v1", account: token, wrong: "cfg_AuthToken: nobodys", refusal: "Invalid token",
			one: "1", two: "2", left: "", asksTo: "DELETE POST", asks: "DELETE"},
		{file: articleFile, host: deSEC, base: "/api/v1", account: token, wrong: "cfg_AuthToken: nobodys", refusal: "Invalid token",
			one: "1", two: "2", left: "", asksTo: "DELETE POST", asks: "DELETE"},
	}
}

// TestElevenOfEleven: every published DNS Configuration, unmodified, adds two values at its host's stand-in and removes them
// again, beside somebody else's; and is refused with another's credential, in the host's words.
func TestElevenOfEleven(t *testing.T) {
	t.Parallel()
	ran := map[string]bool{}
	for _, r := range publishedRuns() {
		ran[r.file] = true
		if r.target == "" {
			r.target, r.zone = "validation.martdj.dedyn.io", "martdj.dedyn.io"
		}
		t.Run(r.file+" "+r.asksTo, func(t *testing.T) {
			t.Parallel()
			r.addsAndRemoves(t)
			r.isRefused(t)
		})
	}
	if len(ran) != 11 {
		t.Errorf("%d of 11 published DNS Configurations run", len(ran))
	}
}

// marked writes what stands at a name with F, 1 and 2 for the values, whatever their order.
func marks(text string) string {
	parts := strings.Fields(strings.NewReplacer(foreign, "F", valueOne, "1", valueTwo, "2", `"`, "").Replace(text))
	slices.SortFunc(parts, func(a, b string) int {
		return strings.Compare(strings.ReplaceAll(a, "F", "0"), strings.ReplaceAll(b, "F", "0"))
	})
	return strings.Join(parts, " ")
}

// start gives an installation with the configuration and an account at a fresh stand-in.
func (r publishedRun) start(t *testing.T, account string) (i *installation, at func(string) string, log *[]string) {
	t.Helper()
	h, at := r.host(t)
	log = &[]string{}
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		*log = append(*log, req.Method)
		mu.Unlock()
		h.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	i = newInstallation(t)
	configured := i.configuration(t, "dxl", published(t, r.file))
	d, err := Parse([]byte("deputy: dns-provider/1\nname: desec\nconfiguration: "+configured+"\nzones: ["+r.zone+"]\napi_base: "+server.URL+r.base+
		"\nallow: {plain_http: true, addresses: [127.0.0.0/8]}\naccount: {"+account+"}\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Registry.Add(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return i, at, log
}

func (r publishedRun) aim() store.Target {
	return store.Target{Provider: "desec", Revision: 1, Zone: name.MustParseOwner(r.zone), Owner: name.MustParseOwner(r.target), Cert: name.MustParseOwner("demohub.martdj.nl")}
}

func (r publishedRun) addsAndRemoves(t *testing.T) {
	t.Helper()
	i, at, log := r.start(t, r.account)
	target := r.aim()
	change := func(what, requests, want string, add, remove []store.Publication) []store.Publication {
		t.Helper()
		*log = nil
		added, err := i.Change(t.Context(), add, remove)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := marks(at(r.target)); got != want {
			t.Errorf("%s: %q stands there, want %q", what, got, want)
		}
		if got := strings.Join(*log, " "); requests != "" && got != requests {
			t.Errorf("%s: it asked %s, want %s", what, got, requests)
		}
		return added
	}
	one := change("the first value", r.asksTo, r.one, publications(target, valueOne), nil)
	two := change("the second value", r.asksTo, r.two, publications(target, valueTwo), nil)
	traits, err := i.Traits(target)
	if err != nil || traits.Removable != (r.left != "stays") {
		t.Errorf("removable is %v, %v", traits.Removable, err)
	}
	if traits.Removable {
		change("without the second", r.asks, strings.TrimSpace(strings.ReplaceAll(r.middle(), "2", "")), nil, two)
		change("without both", r.asks, r.left, nil, one)
	}
	i.silent(t)
}

// middle is what is left when the second of two values is removed.
func (r publishedRun) middle() string {
	if r.left == "" {
		return "" // the whole set goes at once
	}
	return r.two
}

func (r publishedRun) isRefused(t *testing.T) {
	t.Helper()
	if r.wrong == "" {
		return
	}
	i, at, _ := r.start(t, r.wrong)
	before := at(r.target)
	_, err := i.Change(t.Context(), publications(r.aim(), valueOne), nil)
	f, ok := fault.From(err)
	if !ok || f.Code != fault.HostRefused || !strings.Contains(f.Seen, r.refusal) {
		t.Errorf("refused: %v, want %q of the host", err, r.refusal)
	}
	if after := at(r.target); after != before {
		t.Errorf("refused, and %q stands there", marks(after))
	}
	if secret.NewRedactor(secret.New(ourToken)).Find(fmt.Sprint(errors.Unwrap(err))) {
		t.Errorf("a credential is seen in %v", err)
	}
}

// deSEC is the stand-in that was measured against the transcript of the real one.
func deSEC(t *testing.T) (http.Handler, func(string) string) {
	s := newStand(t)
	s.put(t, "martdj.dedyn.io", "validation", `"`+foreign+`"`)
	return s.host, func(string) string {
		var set struct{ Records []string }
		if err := json.Unmarshal([]byte(s.at(t, "martdj.dedyn.io", "validation")), &set); err != nil {
			t.Error(err)
		}
		return strings.Join(set.Records, " ")
	}
}
