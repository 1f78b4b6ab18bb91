package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deputy/internal/lab"
)

// TestFollow is the story in follow mode: a ticket, a CNAME, a certificate, and one with its wildcard.
func TestFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))

	r := w.exits(exitDNS, "check", "demohub.martdj.nl")
	if !strings.Contains(r.stdout, "no-delegation") || !strings.Contains(r.stdout, "_acme-challenge.demohub.martdj.nl.") {
		t.Errorf("check printed\n%s", r.stdout)
	}
	target := w.plannedTarget("demohub.martdj.nl")
	w.delegate("demohub", target)
	w.ok("check", "demohub.martdj.nl")
	w.ok("issue", "demohub.martdj.nl")
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")

	both := w.plannedTarget("martdj.nl")
	if both == target {
		t.Error("two names were planned to one target")
	}
	w.delegate("", both)
	w.ok("issue", "martdj.nl", "*.martdj.nl")
	w.verify("martdj.nl", "martdj.nl", "*.martdj.nl")
	label := func(n string) string { return strings.TrimSuffix(n, ".martdj.dedyn.io") }
	w.nothingLeft("martdj.dedyn.io", label(target), label(both))

	mark := w.lab.History().Mark()
	w.ok("issue", "demohub.martdj.nl")
	if asked := w.acme(mark, "newOrder"); len(asked) != 0 {
		t.Error("a certificate that is there and not due was ordered again")
	}
}

// plannedTarget asks plan for a name's target.
func (w *world) plannedTarget(n string) string {
	w.t.Helper()
	r := w.ok("plan", n, "--json")
	_, rest, _ := strings.Cut(r.stdout, `"target":"`)
	target, _, ok := strings.Cut(rest, `"`)
	if !ok {
		w.t.Fatalf("plan printed %s", r.stdout)
	}
	return target
}

// TestCustomValue is the article's own example: the published DXL, unmodified, in custom value mode.
func TestCustomValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.ok("dnsconfig", "import", w.published("martdj_deSec-with-CNAME-delegation.dxl"))
	w.setUp(w.domino("deSec with CNAME Delegation", "martdj.dedyn.io", "registered_domains: [martdj.nl]", "custom_value: validation"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.delegate("", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	w.ok("issue", "martdj.nl", "*.martdj.nl") // two turns: the document holds one value
	w.verify("martdj.nl", "martdj.nl", "*.martdj.nl")
	w.nothingLeft("martdj.dedyn.io", "validation")
}

// TestPublishedFollow issues with the published deSEC files in follow mode: none of them heard of delegation.
func TestPublishedFollow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, configuration string }{
		{"hcl_certstore_desec.dxl", "deSEC"},
		{"martdj_deSec.dxl", "deSec"},
		{"martdj_deSec-with-CNAME-delegation.dxl", "deSec with CNAME Delegation"},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1})
			w.ok("dnsconfig", "import", w.published(c.file))
			w.setUp(w.domino(c.configuration, "martdj.dedyn.io"))
			w.delegate("demohub", "validation.martdj.dedyn.io")
			w.ok("issue", "demohub.martdj.nl")
			w.verify("demohub.martdj.nl", "demohub.martdj.nl")
			w.nothingLeft("martdj.dedyn.io", "validation")
		})
	}
}

// TestPublishedSetTXT issues with HCL's lab file, which speaks pebble's challenge server and can't remove a value.
func TestPublishedSetTXT(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{})
	w.ok("dnsconfig", "import", w.published("hcl_lab_certstore.dxl"))
	w.setUp(w.setTXT())
	w.delegate("demohub", "validation.pebble.lab")
	w.ok("issue", "demohub.martdj.nl")
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	w.exits(exitDone, "provider", "remove", "pebble") // what can't be removed does not keep a provider
}

func (w *world) setTXT() string {
	return w.document("pebble", "Pebble", "pebble.lab", "{}", w.lab.SetTXT().URL(), "wait: {floor: 0s, turn: 0s}")
}

// TestDropIn: with an empty custom value the article's DXL writes _acme-challenge.HOST in its own zone, as the older
// configuration did, and refuses a host outside before any request.
func TestDropIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.ok("dnsconfig", "import", w.published("martdj_deSec-with-CNAME-delegation.dxl"))
	w.setUp(w.domino("deSec with CNAME Delegation", "martdj.dedyn.io", "registered_domains: [martdj.dedyn.io, martdj.nl]"))
	mark := w.lab.History().Mark()
	w.ok("issue", "host.martdj.dedyn.io")
	posts := w.lab.History().Find(func(e lab.Entry) bool { return e.Seq > mark && strings.HasPrefix(e.What, "POST /api") })
	if len(posts) != 1 {
		t.Fatalf("%d POSTs, want one: %v", len(posts), posts)
	}
	_, rest, _ := strings.Cut(posts[0].Body, `"records":["\"`)
	value, _, _ := strings.Cut(rest, `\"`)
	if want := `{ "subname": "_acme-challenge.host","type": "TXT","ttl": 120,"records":["\"` + value + `\""]}`; posts[0].Body != want || len(value) != 43 {
		t.Errorf("POST\n%s\nwant\n%s", posts[0].Body, want)
	}

	mark = w.lab.History().Mark()
	w.delegate("demohub", "validation.martdj.dedyn.io")
	r := w.exits(exitDNS, "issue", "demohub.martdj.nl")
	if !strings.Contains(r.stderr, "at-apex") {
		t.Errorf("refused with\n%s", r.stderr)
	}
	if asked := w.lab.History().Find(func(e lab.Entry) bool { return e.Seq > mark && (e.Kind == "http" || e.Kind == "acme") }); len(asked) > 0 {
		t.Errorf("asked before refusing: %v", asked)
	}
}

// TestStops: what must stop an order before any write, and before the CA hears of it.
func TestStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		zone  func(*world)
		host  string
		code  int
		fault string
	}{
		{"managed middle", func(w *world) {
			must(w.t, w.lab.Zone("martdj.dedyn.io").Add("middle 60 IN CNAME validation.example.nl."))
		}, "managed-middle.martdj.nl", exitDNS, "unmanaged-target"},
		{"cname at host", func(w *world) {
			must(w.t, w.lab.Zone("martdj.nl").Add("athost 60 IN CNAME validation.martdj.dedyn.io."))
		}, "athost.martdj.nl", exitDNS, "cname-at-host"},
		{"loop", func(*world) {}, "loop.martdj.nl", exitDNS, "loop"},
		{"too long", func(*world) {}, "hops9.martdj.nl", exitDNS, "too-long"},
		{"servfail", func(w *world) { w.customer("servfail") }, "demohub.martdj.nl", exitUnknown, "no-answer"},
		{"silence", func(w *world) { w.customer("silent") }, "demohub.martdj.nl", exitUnknown, "no-answer"},
		{"refused", func(w *world) { w.customer("refused") }, "demohub.martdj.nl", exitUnknown, "no-answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{ExtraHops: true, SecondaryLag: -1})
			w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
			w.delegate("demohub", "validation.martdj.dedyn.io")
			c.zone(w)
			mark := w.lab.History().Mark()
			r := w.exits(c.code, "issue", c.host)
			if !strings.Contains(r.stderr, "deputy: "+c.fault+"\n") {
				t.Errorf("want %s, got\n%s", c.fault, r.stderr)
			}
			if len(w.writes(mark)) > 0 || len(w.acme(mark, "newOrder")) > 0 {
				t.Errorf("%d writes and %d orders after the fault", len(w.writes(mark)), len(w.acme(mark, "newOrder")))
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// customer makes both servers of martdj.nl behave so.
func (w *world) customer(how string) {
	w.lab.DNS("ns1.martdj.nl").Behave(how)
	w.lab.DNS("ns2.martdj.nl").Behave(how)
}

// TestCustomValueUnlikeCNAME: the chain must end where custom value and zone say.
func TestCustomValueUnlikeCNAME(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{})
	w.ok("dnsconfig", "import", w.published("martdj_deSec-with-CNAME-delegation.dxl"))
	w.setUp(w.domino("deSec with CNAME Delegation", "martdj.dedyn.io", "registered_domains: [martdj.nl]", "custom_value: validation"))
	w.delegate("demohub", "other.martdj.dedyn.io")
	mark := w.lab.History().Mark()
	r := w.exits(exitDNS, "issue", "demohub.martdj.nl")
	if !strings.Contains(r.stderr, "wrong-target") || !strings.Contains(r.stderr, "validation.martdj.dedyn.io.") {
		t.Errorf("stopped with\n%s", r.stderr)
	}
	if len(w.writes(mark)) > 0 || len(w.acme(mark, "newOrder")) > 0 {
		t.Error("something was written or ordered")
	}
}

// TestThreeProviders: one certificate over three DNS Providers; then one of them fails, the others' values are
// withdrawn, and the message names it.
func TestThreeProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.ok("dnsconfig", "import", w.published("hcl_lab_certstore.dxl"))
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"), w.desec("other.dedyn.io", "LAB_DESEC_OTHER_TOKEN"), w.setTXT())
	w.delegate("demohub", "a.martdj.dedyn.io")
	w.delegate("mail", "b.other.dedyn.io")
	w.delegate("www", "c.pebble.lab")
	names := []string{"demohub.martdj.nl", "mail.martdj.nl", "www.martdj.nl"}
	w.ok(append([]string{"issue"}, names...)...)
	w.verify("demohub.martdj.nl", names...)

	w.lab.DeSEC().Intercept(func(r *http.Request) lab.Intervention {
		if r.Method != http.MethodGet && strings.Contains(r.URL.Path, "other.dedyn.io") {
			return lab.Intervention{Status: http.StatusForbidden, Body: `{"detail":"Insufficient token permissions."}`}
		}
		return lab.Intervention{}
	})
	// Other names for the same certificate: pebble offers the authorizations of the first ones again, one time in a hundred.
	w.delegate("demohub2", "a.martdj.dedyn.io")
	w.delegate("mail2", "b.other.dedyn.io")
	w.delegate("www2", "c.pebble.lab")
	r := w.deputy("issue", "--cert-name", "demohub.martdj.nl", "demohub2.martdj.nl", "mail2.martdj.nl", "www2.martdj.nl")
	if r.code == 0 || !strings.Contains(r.stderr, "desec-other.dedyn.io") || !strings.Contains(r.stderr, "Insufficient token permissions") {
		t.Errorf("exit %d, and said\n%s", r.code, r.stderr)
	}
	w.nothingLeft("martdj.dedyn.io", "a")
	w.nothingLeft("other.dedyn.io", "b")
	w.verify("demohub.martdj.nl", names...) // the old certificate is untouched
}

// TestForeignValue: a native document leaves somebody else's value alone; a replacing DXL refuses, until it is told
// that it may.
func TestForeignValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	must(t, w.lab.Zone("martdj.dedyn.io").Add(`validation 60 IN TXT "somebody else's"`))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.ok("issue", "demohub.martdj.nl")
	if left := w.lab.Zone("martdj.dedyn.io").Texts("validation"); len(left) != 1 || left[0] != "somebody else's" {
		t.Errorf("afterwards there is %q", left)
	}

	other := w.beside()
	other.ok("dnsconfig", "import", w.published("martdj_deSec.dxl"))
	other.setUp(w.domino("deSec", "martdj.dedyn.io"))
	mark := w.lab.History().Mark()
	r := other.exits(exitFailed, "issue", "demohub.martdj.nl")
	if !strings.Contains(r.stderr, "foreign-value") || !strings.Contains(r.stderr, "replace_foreign: true") {
		t.Errorf("refused with\n%s", r.stderr)
	}
	if len(w.writes(mark)) > 0 {
		t.Errorf("written all the same: %v", w.writes(mark))
	}
}

// TestHostLies: what a host may answer to a write, and the verdict of each.
func TestHostLies(t *testing.T) {
	t.Parallel()
	put := func(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodPatch }
	for _, c := range []struct {
		name  string
		act   lab.Intervention
		once  bool
		code  int
		fault string
	}{
		{"301", lab.Intervention{Status: 301, Header: http.Header{"Location": {"/elsewhere/"}}}, false, exitFailed, "host-redirected"},
		{"500 but committed", lab.Intervention{Commit: true, Status: 500, Body: `{"detail":"Internal Server Error. We're on it!"}`}, false, exitDone, ""},
		{"lost answer", lab.Intervention{Lose: true}, true, exitDone, ""},
		{"200 and nothing done", lab.Intervention{Status: 200, Body: `[]`}, false, exitFailed, "not-written"},
		{"429 with Retry-After", lab.Intervention{Status: 429, Header: http.Header{"Retry-After": {"1"}}, Body: `{"detail":"Request was throttled."}`}, true, exitDone, ""},
		{"403", lab.Intervention{Status: 403, Body: `{"detail":"Insufficient token permissions."}`}, false, exitFailed, "host-refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
			w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
			w.delegate("demohub", "validation.martdj.dedyn.io")
			var acted atomic.Int32
			w.lab.DeSEC().Intercept(func(r *http.Request) lab.Intervention {
				if !put(r) || acted.Add(1) > 1 && c.once {
					return lab.Intervention{}
				}
				return c.act
			})
			r := w.exits(c.code, "issue", "demohub.martdj.nl")
			if c.fault != "" && !strings.Contains(r.stderr, "deputy: "+c.fault+"\n") {
				t.Errorf("want %s, got\n%s", c.fault, r.stderr)
			}
			if acted.Load() == 0 {
				t.Error("no write came by: the test shows nothing")
			}
			if c.code == exitDone {
				w.verify("demohub.martdj.nl", "demohub.martdj.nl")
				w.nothingLeft("martdj.dedyn.io", "validation")
			}
		})
	}
}

// TestThrottledLonger: a host that wants to be left alone for longer than one request may last is left alone, and asked
// again after that.
func TestThrottledLonger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.env["DEPUTY_LEASE"] = "3s" // so that a request lasts 2 s at most
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	var held atomic.Int32
	w.lab.DeSEC().Intercept(func(r *http.Request) lab.Intervention {
		if r.Method == http.MethodGet || held.Add(1) > 1 {
			return lab.Intervention{}
		}
		return lab.Intervention{Status: 429, Header: http.Header{"Retry-After": {"4"}}, Body: `{"detail":"Request was throttled."}`}
	})
	w.ok("issue", "demohub.martdj.nl")
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	writes := w.writes(0)
	if len(writes) < 2 || writes[0].Status != 429 {
		t.Fatalf("the host was asked %v", writes)
	}
	if waited := writes[1].Time.Sub(writes[0].Time); waited < 4*time.Second {
		t.Errorf("asked again after %s, and was to be left alone for 4 s", waited)
	}
}

// TestLag: the CA is never told before the late secondary shows the value.
func TestLag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: 3e9})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	history := w.lab.History()
	told := w.acme(0, "challenge")
	if len(told) != 1 {
		t.Fatalf("the CA was told %d times", len(told))
	}
	_, value, _ := strings.Cut(w.writes(0)[0].Body, `\"`)
	value, _, _ = strings.Cut(value, `\"`)
	shown := history.Find(func(e lab.Entry) bool {
		return e.Kind == "dns" && e.Server == "ns2.desec.lab" && strings.HasPrefix(e.What, "TXT validation.") && strings.Contains(e.Answer, value)
	})
	if value == "" || len(shown) == 0 || shown[0].Seq > told[0].Seq {
		t.Errorf("the CA was told at %d, before the secondary was seen to show %q", told[0].Seq, value)
	}
}

// TestKeyTypes: every key type, in the certificate that came.
func TestKeyTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	for _, keyType := range []string{"ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"} {
		w.ok("issue", "--cert-name", keyType, "--key-type", keyType, "demohub.martdj.nl")
		w.verify(keyType, "demohub.martdj.nl")
	}
	w.exits(exitUsage, "issue", "--key-type", "dsa", "demohub.martdj.nl")
}
