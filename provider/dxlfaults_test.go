package provider

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

// bomb answers with a little that unpacks to 64 MiB.
func bomb(w http.ResponseWriter, _ func()) bool {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	z.Close()
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(packed.Bytes())
	return true
}

// endless answers until nobody listens any more.
func endless(w http.ResponseWriter, _ func()) bool {
	w.Header().Set("Content-Type", "application/json")
	for {
		if _, err := w.Write(bytes.Repeat([]byte(" "), 64<<10)); err != nil {
			return true
		}
	}
}

// The catalogue's faults of DNS APIs, injected into a run of the published deSEC configuration, with all that a person reads.
func TestFaultsOfDNSAPIs(t *testing.T) {
	t.Parallel()
	const (
		query = "send the request QryAdd (GET) of the DNS Configuration deSEC for the DNS Provider desec"
		add   = "send the request Add (PUT) of the DNS Configuration deSEC for the DNS Provider desec"
	)
	page := "<html><title>Log in</title>" + ourToken + strings.Repeat(" please log in", 100)
	shown := "it sent a web page (HTML) instead of JSON: <html><title>Log in</title>[secret] please log in"
	for _, c := range []struct {
		what, method string
		hand         func(http.ResponseWriter, func()) bool
		code         fault.Code
		tried, seen  string
		writes       int
		doubt        bool
	}{
		{"8: a login page for a query", "GET", answer(200, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, page, false), fault.HostFailed, query,
			"JSON was expected; status 200, " + shown, 0, false},
		{"8: a login page for a write", "PUT", answer(200, http.Header{"Content-Type": {"text/html"}}, page, false), fault.HostFailed, add,
			"JSON was expected; status 200, " + shown, 1, true},
		{"9: a gzip bomb", "GET", bomb, fault.HostFailed, query, "no usable answer came: ", 0, false},
		{"9: an answer without end", "PUT", endless, fault.HostFailed, add, "no usable answer came: ", 1, true},
		{"10: a query redirected to the cloud's metadata", "GET", answer(302, http.Header{"Location": {"http://169.254.169.254/latest/"}}, "", false), fault.Egress, "", "169.254.169.254", 0, false},
		{"10: a write redirected to another host", "PUT", answer(307, http.Header{"Location": {"https://elsewhere.example/?t=" + ourToken}}, "", false), fault.HostRedirected, "", "elsewhere.example", 1, false},
	} {
		s := newStand(t)
		i := withDXL(t, s, hclFile, "martdj.dedyn.io", "")
		target := i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io")
		s.interfere(c.method, c.hand)
		_, err := i.Change(t.Context(), publications(target, "v1"), nil)
		f, ok := fault.From(err)
		if !ok || f.Code != c.code || c.tried != "" && f.Tried != c.tried || !strings.Contains(f.Seen, c.seen) || f.Do == "" {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if len([]rune(f.Seen)) > 400 {
			t.Errorf("%s: the page is not cut: %s", c.what, f.Seen)
		}
		if s.count("PUT") != c.writes || errors.Is(err, store.ErrDoubt) != c.doubt {
			t.Errorf("%s: %d writes, in doubt %v: %v", c.what, s.count("PUT"), errors.Is(err, store.ErrDoubt), err)
		}
		if secret.NewRedactor(secret.New(ourToken)).Find(err.Error()) {
			t.Errorf("%s: the credential is seen: %v", c.what, err)
		}
		i.silent(t, err)
	}
}

// 11: a DXL has no way to ask for a second page. The published one that looks its zone up asks by name, and takes nothing for it
// where the first page does not have it.
func TestZoneOnAnotherPageIsNotGuessed(t *testing.T) {
	t.Parallel()
	r := publishedRun{file: "hcl_certstore_hetzner.dxl", base: "/api/v1", zone: "martdj.dedyn.io", target: "validation.martdj.dedyn.io"}
	r.host = func(*testing.T) (http.Handler, func(string) string) {
		h := &host{}
		h.calls = []call{{"GET", "/api/v1/zones", func(*http.Request, []string, []byte) (int, any) {
			return 200, map[string]any{"zones": []any{}, "meta": map[string]any{"pagination": map[string]any{"page": 1, "last_page": 2}}}
		}}}
		return h, h.at
	}
	i, _, log := r.start(t, `cfg_AuthToken: "`+ourToken+`"`)
	_, err := i.Change(t.Context(), publications(r.aim(), valueOne), nil)
	wantFault(t, "another page", err, fault.BadDocument, "it may write and does not name the zone martdj.dedyn.io, neither itself nor by an id")
	if strings.Join(*log, " ") != "GET" {
		t.Errorf("it asked %v", *log)
	}
}
