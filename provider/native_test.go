package provider

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/store"
)

const (
	findZone = "GET /api/v1/domains/?owns_qname=validation.martdj.dedyn.io"
	readSet  = "GET /api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/"
	putSet   = "PUT /api/v1/domains/martdj.dedyn.io/rrsets/ "
)

func putBody(records string) string {
	return putSet + `[{"subname":"validation","type":"TXT","ttl":60,"records":[` + records + `]}]`
}

func TestNativeAddsAndRemoves(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	both := publications(validation(), "one", "two")
	added, err := i.Change(t.Context(), both, nil)
	if err != nil || len(added) != 2 {
		t.Fatalf("%v, %v", added, err)
	}
	wantRequests(t, s, findZone, readSet, putBody(`"\"one\"","\"two\""`), readSet)
	s.forget()
	values, err := i.Values(t.Context(), validation())
	if err != nil || !slices.Equal(values, []string{"one", "two"}) {
		t.Errorf("values %q, %v", values, err)
	}
	s.forget()
	if _, err := i.Change(t.Context(), nil, both[:1]); err != nil {
		t.Fatal(err)
	}
	wantRequests(t, s, readSet, putBody(`"\"two\""`), readSet)
	s.forget()
	if _, err := i.Change(t.Context(), nil, both); err != nil {
		t.Fatal(err)
	}
	wantRequests(t, s, readSet, putBody(``), readSet)
	if got := s.at(t, "martdj.dedyn.io", "validation"); !strings.Contains(got, "No RRset") {
		t.Errorf("left at the target: %s", got)
	}
	i.silent(t)
}

func TestNativeWritesNothingWhereNothingIsToDo(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	s.put(t, "martdj.dedyn.io", "validation", `"one"`)
	if _, err := i.Change(t.Context(), publications(validation(), "one"), publications(validation(), "gone")); err != nil {
		t.Fatal(err)
	}
	wantRequests(t, s, findZone, readSet)
}

// A value that is added and removed in one change is wanted: another publication has it.
func TestNativeKeepsWhatIsAddedToo(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	s.put(t, "martdj.dedyn.io", "validation", `"same"`, `"old"`)
	if _, err := i.Change(t.Context(), publications(validation(), "same"), publications(validation(), "same", "old")); err != nil {
		t.Fatal(err)
	}
	wantRequests(t, s, findZone, readSet, putBody(`"\"same\""`), readSet)
}

// Rule 3: other people's values survive, in the very strings in which they were written.
func TestNativeLeavesForeignValues(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	s.put(t, "martdj.dedyn.io", "validation", `"v=spf1" " -all"`, `"back\\slash \"q\" \195\164"`)
	ours := publications(validation(), "ours")
	if _, err := i.Change(t.Context(), ours, nil); err != nil {
		t.Fatal(err)
	}
	got := s.at(t, "martdj.dedyn.io", "validation")
	for _, want := range []string{`"\"v=spf1\" \" -all\""`, `\"back\\\\slash \\\"q\\\" \\195\\164\"`, `"\"ours\""`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if _, err := i.Change(t.Context(), nil, ours); err != nil {
		t.Fatal(err)
	}
	if got := s.at(t, "martdj.dedyn.io", "validation"); !strings.Contains(got, "v=spf1") || !strings.Contains(got, "slash") || strings.Contains(got, "ours") {
		t.Errorf("after the removal: %s", got)
	}
}

func TestNativeUsesTheZonesTTL(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	if _, err := i.Change(t.Context(), publications(targetIn("slow.dedyn.io", "a.slow.dedyn.io"), "v"), nil); err != nil {
		t.Fatal(err)
	}
	if log := s.requests(); !strings.Contains(log[2], `"ttl":3600`) {
		t.Errorf("written: %s", log[2])
	}
}

// A zone whose minimum TTL was raised is asked for again once a write was refused.
func TestNativeLearnsANewTTL(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	target := targetIn("slow.dedyn.io", "a.slow.dedyn.io")
	s.interfere("GET", once(answer(200, jsonHeader(), `[{"name":"slow.dedyn.io","minimum_ttl":60}]`, false)))
	_, err := i.Change(t.Context(), publications(target, "v"), nil)
	wantFault(t, "with the TTL of before", err, fault.HostRefused, "greater than or equal to 3600")
	if _, err := i.Change(t.Context(), publications(target, "v"), nil); err != nil {
		t.Errorf("once it was refused: %v", err)
	}
}

// answer is a meddling hand that answers a fixed thing, having committed or not.
func answer(status int, header http.Header, body string, committed bool) func(http.ResponseWriter, func()) bool {
	return func(w http.ResponseWriter, commit func()) bool {
		if committed {
			commit()
		}
		for key, values := range header {
			w.Header()[key] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// lose closes the connection instead of answering.
func lose(committed bool) func(http.ResponseWriter, func()) bool {
	return func(w http.ResponseWriter, commit func()) bool {
		if committed {
			commit()
		}
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = connection.Close()
		}
		return true
	}
}

// once does f for the first request only.
func once(f func(http.ResponseWriter, func()) bool) func(http.ResponseWriter, func()) bool {
	done := false
	return func(w http.ResponseWriter, commit func()) bool {
		if done {
			return false
		}
		done = true
		return f(w, commit)
	}
}

func jsonHeader(pairs ...string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	for n := 0; n+1 < len(pairs); n += 2 {
		h[pairs[n]] = []string{pairs[n+1]}
	}
	return h
}

// Each misbehaviour of a host gets its verdict, and as many writes as that needs.
func TestNativeVerdicts(t *testing.T) {
	t.Parallel()
	future := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		what   string
		method string
		hand   func(http.ResponseWriter, func()) bool
		puts   int
		code   fault.Code // "" for success
		seen   string
		doubt  bool
	}{
		{"301", "PUT", answer(301, http.Header{"Location": {"/api/v1/elsewhere/"}}, "", false), 1, fault.HostRedirected, "elsewhere", false},
		{"500, but committed", "PUT", answer(500, jsonHeader(), `{"detail":"Internal Server Error. We're on it!"}`, true), 1, "", "", false},
		{"500 once", "PUT", once(answer(500, jsonHeader(), `{}`, false)), 2, "", "", false},
		{"500 for good", "PUT", answer(500, jsonHeader(), `{"detail":"We're on it!"}`, false), 3, fault.HostFailed, "status 500, it says: We're on it!", false},
		{"500 with a page", "PUT", answer(500, http.Header{"Content-Type": {"text/html"}}, "<!doctype html><h1>Server Error</h1>", false), 3, fault.HostFailed, "web page (HTML)", false},
		{"409 once", "PUT", once(answer(409, jsonHeader(), `{"detail":"Conflict"}`, false)), 2, "", "", false},
		{"200 and nothing done", "PUT", answer(200, jsonHeader(), `[{"records":["\"ours\""]}]`, false), 1, fault.NotWritten, `"ours" is not there; it has ["foreign"]`, false},
		{"a login page", "PUT", answer(200, http.Header{"Content-Type": {"text/html"}}, "<html>"+strings.Repeat("log in ", 100), false), 1, fault.HostFailed, "web page (HTML)", false},
		{"the answer is lost, but committed", "PUT", lose(true), 1, "", "", false},
		{"the answer is lost", "PUT", lose(false), 1, fault.HostFailed, "no usable answer", true},
		{"429, then free", "PUT", once(answer(429, jsonHeader("Retry-After", "0"), `{}`, false)), 2, "", "", false},
		{"429 by a date that has passed", "PUT", once(answer(429, jsonHeader("Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), `{}`, false)), 2, "", "", false},
		{"429 without a time, then free", "PUT", once(answer(429, jsonHeader(), `{}`, false)), 2, "", "", false},
		{"503 with a time, then free", "PUT", once(answer(503, jsonHeader("Retry-After", "0"), `{}`, false)), 2, "", "", false},
		{"429 for an hour", "PUT", answer(429, jsonHeader("Retry-After", "3600"), `{"detail":"Request was throttled."}`, false), 1, fault.HostThrottled, "left alone for 1h0m0s", false},
		{"429 until a date", "PUT", answer(429, jsonHeader("Retry-After", future), `{}`, false), 1, fault.HostThrottled, "left alone for", false},
		{"429 without end", "PUT", answer(429, jsonHeader("Retry-After", "0"), `{}`, false), 5, fault.HostThrottled, "status 429", false},
		{"401", "PUT", answer(401, jsonHeader(), `{"detail":"Invalid token `+ourToken+`."}`, false), 1, fault.HostRefused, "Invalid token [secret].", false},
		{"403", "PUT", answer(403, jsonHeader(), `{"detail":"Insufficient token permissions."}`, false), 1, fault.HostRefused, "Insufficient token permissions.", false},
		{"400", "PUT", answer(400, jsonHeader(), `[{"ttl":["Ensure this value is greater."]}]`, false), 1, fault.HostRefused, "Ensure this value is greater.", false},
		{"a long message", "PUT", answer(400, jsonHeader(), strings.Repeat("x", 500), false), 1, fault.HostRefused, "it says: " + strings.Repeat("x", 200) + "…", false},
		{"the reading is no JSON", "GET", answer(200, jsonHeader(), `hello`, false), 0, fault.HostFailed, "JSON was expected", false},
		{"the reading is a page", "GET", answer(200, http.Header{"Content-Type": {"text/html"}}, "<html>", false), 0, fault.HostFailed, "HTML", false},
		{"the reading is refused", "GET", answer(401, jsonHeader(), `{"detail":"Invalid token."}`, false), 0, fault.HostRefused, "Invalid token.", false},
		{"the reading fails", "GET", answer(502, jsonHeader(), `{}`, false), 0, fault.HostFailed, "status 502", false},
		{"the reading is lost", "GET", lose(false), 0, fault.HostFailed, "no usable answer", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s, i := newStand(t), newInstallation(t)
			i.native(t, s)
			s.put(t, "martdj.dedyn.io", "validation", `"foreign"`)
			s.interfere(c.method, c.hand)
			_, err := i.Change(t.Context(), publications(validation(), "ours"), nil)
			if got := s.count("PUT"); got != c.puts {
				t.Errorf("%d writes, want %d", got, c.puts)
			}
			if errors.Is(err, store.ErrDoubt) != c.doubt {
				t.Errorf("doubt is %v, want %v: %v", !c.doubt, c.doubt, err)
			}
			i.silent(t, err)
			if c.code != "" {
				wantFault(t, c.what, err, c.code, c.seen)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := s.at(t, "martdj.dedyn.io", "validation"); !strings.Contains(got, "ours") || !strings.Contains(got, "foreign") {
				t.Errorf("at the target: %s", got)
			}
		})
	}
}

// A host that fails after it took the write, so that it can't be read back, leaves doubt.
func TestNativeDoubtWhereItCannotBeReadBack(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	written := false
	s.mu.Lock()
	s.meddle = func(w http.ResponseWriter, r *http.Request, commit func()) bool {
		written = written || r.Method == "PUT"
		return written && answer(503, jsonHeader(), `{}`, r.Method == "PUT")(w, commit)
	}
	s.mu.Unlock()
	_, err := i.Change(t.Context(), publications(validation(), "ours"), nil)
	wantFault(t, "503 on everything", err, fault.HostFailed, "status 503")
	if !errors.Is(err, store.ErrDoubt) {
		t.Errorf("%v leaves no doubt, though the write was committed", err)
	}
}

// A Retry-After beyond the deadline is told at once, and the request is not sent again.
func TestNativeThrottledBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	s.interfere("PUT", answer(429, jsonHeader("Retry-After", "60"), `{}`, false))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	_, err := i.Change(ctx, publications(validation(), "ours"), nil)
	wantFault(t, "60 s of 50 s", err, fault.HostThrottled, "left alone for 1m0s")
	if got := s.count("PUT"); got != 1 {
		t.Errorf("%d writes, want 1", got)
	}
}

// Rule 2 holds whatever a Target says: nothing is even asked.
func TestNativeStaysInItsZones(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	for _, c := range []struct {
		what, zone, owner string
		code              fault.Code
	}{
		{"a zone that the provider does not name", "dedyn.io", "validation.martdj.dedyn.io", fault.Unmanaged},
		{"an owner outside the zone", "martdj.dedyn.io", "validation.example.org", fault.Unmanaged},
		{"an owner that only ends alike", "martdj.dedyn.io", "xmartdj.dedyn.io", fault.Unmanaged},
		{"the zone's own name", "martdj.dedyn.io", "martdj.dedyn.io", fault.AtApex},
	} {
		target := targetIn(c.zone, c.owner)
		_, err := i.Change(t.Context(), publications(target, "v"), nil)
		wantFault(t, c.what, err, c.code, "")
		_, err = i.Values(t.Context(), target)
		wantFault(t, c.what+", read", err, c.code, "")
	}
	wantRequests(t, s)
}

func TestNativeZoneAtTheHost(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	for _, c := range []struct {
		what, zone, owner string
		code              fault.Code
		seen              string
	}{
		{"a deeper zone hides it", "slow.dedyn.io", "a.deep.slow.dedyn.io", fault.HiddenByCut, "the zone deep.slow.dedyn.io, not in slow.dedyn.io"},
		{"another account's zone", "other.dedyn.io", "a.other.dedyn.io", fault.HostRefused, "no zone at the host"},
	} {
		_, err := i.Change(t.Context(), publications(targetIn(c.zone, c.owner), "v"), nil)
		wantFault(t, c.what, err, c.code, c.seen)
	}
	if got := s.count("PUT"); got != 0 {
		t.Errorf("%d writes", got)
	}
}

// A token that may write only one name is refused elsewhere, in the host's words.
func TestNativeScopedToken(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.add(t, s, "name: desec\nconfiguration: desec\nzones: [martdj.dedyn.io]", "account: {token: "+scopedToken+"}\n")
	if _, err := i.Change(t.Context(), publications(validation(), "v"), nil); err != nil {
		t.Fatal(err)
	}
	_, err := i.Change(t.Context(), publications(targetIn("martdj.dedyn.io", "elsewhere.martdj.dedyn.io"), "v"), nil)
	wantFault(t, "elsewhere", err, fault.HostRefused, "Insufficient token permissions.")
	i.silent(t, err)
}

// A Target names the revision it was bound with: its credentials are used, even after the provider was changed.
func TestRevisionExact(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	i.add(t, s, "name: desec\nconfiguration: desec\nzones: [slow.dedyn.io]", "account: {token: a-new-but-wrong-one}\n")
	if _, err := i.Change(t.Context(), publications(validation(), "v"), nil); err != nil {
		t.Errorf("through revision 1: %v", err)
	}
	newer := validation()
	newer.Revision = 2
	_, err := i.Change(t.Context(), publications(newer, "v"), nil)
	wantFault(t, "revision 2 does not name the zone", err, fault.Unmanaged, "slow.dedyn.io")
	bound, err := i.Bind(t.Context(), certName(t, "x.example.org"), targetIn("slow.dedyn.io", "a.slow.dedyn.io").Owner)
	if err != nil || bound.Revision != 2 {
		t.Errorf("bound to %+v, %v; want the newest revision", bound, err)
	}
}

func TestRemovedProvider(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	if err := i.Store.Do(t.Context(), func(tx *store.Tx) error { return tx.RemoveProvider("desec") }); err != nil {
		t.Fatal(err)
	}
	_, err := i.Change(t.Context(), publications(validation(), "v"), nil)
	wantFault(t, "removed", err, fault.NoProvider, "removed")
	_, err = i.Traits(store.Target{Provider: "nobody", Revision: 1})
	wantFault(t, "never there", err, fault.NoProvider, "")
	_, err = i.Bind(t.Context(), certName(t, "x.example.org"), validation().Owner)
	wantFault(t, "bind", err, fault.NoProvider, "no DNS Provider yet")
}

func TestChangeOfTwoTargetsIsRefused(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	_, err := i.Change(t.Context(), publications(validation(), "v"), publications(targetIn("martdj.dedyn.io", "b.martdj.dedyn.io"), "v"))
	if err == nil || !strings.Contains(err.Error(), "two targets") {
		t.Errorf("%v", err)
	}
	wantRequests(t, s)
}

// Traces show every request and answer, header names included, and no secret in any encoding.
func TestTraces(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	s.interfere("GET", once(answer(500, jsonHeader("X-Echo", "Token "+ourToken), `{"url":"/?t=t0k3n%2Fwith%2Bsigns%3D%3D","b64":"dDBrM24vd2l0aCtzaWducz09"}`, false)))
	if _, err := i.Change(t.Context(), publications(validation(), "v"), nil); err != nil {
		t.Fatal(err)
	}
	i.silent(t)
	if len(i.traces) != len(s.requests()) {
		t.Fatalf("%d traces of %d requests", len(i.traces), len(s.requests()))
	}
	first := i.traces[0]
	if first.Request.Header[0] != [2]string{"Authorization", "Token " + hidden} || first.Response.Status != 500 || first.Response.Header["X-Echo"] == nil {
		t.Errorf("the first trace: %+v", first)
	}
	for _, want := range s.wants {
		if want != "Token "+ourToken {
			t.Errorf("the host got the credential %q", want)
		}
	}
}

// Writes of all revisions of a DNS Provider wait in one queue, as fast as the document says.
func TestWritesShareAQueue(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	i.native(t, s)
	newer := validation()
	newer.Revision = 2
	first, err := i.account(t.Context(), validation())
	if err != nil {
		t.Fatal(err)
	}
	second, err := i.account(t.Context(), newer)
	if err != nil {
		t.Fatal(err)
	}
	if first == second || first.queue != second.queue || first.queue.Limit() != 2 {
		t.Errorf("queues %p and %p of %v writes a second", first.queue, second.queue, first.queue.Limit())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = i.Change(ended, publications(validation(), "v"), nil)
	if err == nil {
		t.Error("a change succeeded after its context had ended")
	}
	if got := s.count("PUT"); got != 0 {
		t.Errorf("%d writes", got)
	}
}

// A write of a native document is held to its target as a DXL's is: no document makes deputy write at another name or in
// another zone, whatever it takes for the zone's id.
func TestNativeWritesNameTheirTarget(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../dnsconfig/library/desec/document.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const put = "put: /domains/${zone}/rrsets/"
	for _, c := range []struct {
		what    string
		changes []string // old, new, old, new
		seen    string
	}{
		{"another name", []string{"subname: =label", "subname: victim"}, "does not name validation"},
		{"another zone", []string{put, "put: /domains/slow.dedyn.io/rrsets/"}, "does not name the zone martdj.dedyn.io"},
		{"a name in another zone", []string{put, "put: /domains/slow.dedyn.io/rrsets/", "subname: =label", "subname: victim"}, "does not name validation"},
		{"an id that nobody gave", []string{"id: =first(response)?.name", `id: ="slow.dedyn.io"`}, "what the host's answer does not say"},
	} {
		text := strings.NewReplacer(append(c.changes, "name: desec\n", "name: stranger\n")...).Replace(string(source))
		s, i := newStand(t), newInstallation(t)
		i.add(t, s, "name: desec\nconfiguration: "+i.configuration(t, "native", []byte(text))+"\nzones: [martdj.dedyn.io]", "account: {token: \""+ourToken+"\"}\n")
		_, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
		wantFault(t, c.what, err, fault.BadDocument, c.seen)
		if !errors.Is(err, store.ErrNothingSent) {
			t.Errorf("%s: it does not say that nothing was sent: %v", c.what, err)
		}
		if len(s.requests()) != s.count("GET") {
			t.Errorf("%s: let leave %q", c.what, s.requests())
		}
	}
}

// The writes of a document of the record style, too: the record that is made, and the one that is removed.
func TestRecordWritesNameTheirTarget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, old, new, seen string }{
		{"made at another name", "name: =name, content", "name: victim.martdj.dedyn.io, content", "does not name validation"},
		{"made in another zone", "post: /zones/${zone}/records\n    ok: =response.success\n    body: {type: TXT, name: =name,", "post: /zones/17/records\n    ok: =response.success\n    body: {type: TXT, name: =label,", "does not name the zone"},
		{"removed by an id of its own", "delete: /zones/${zone}/records/${id}", "delete: /zones/${zone}/records/17", "does not name validation"},
	} {
		h, s := newRecordHost(t)
		h.content[0], h.next = `"old"`, 1
		i := newInstallation(t)
		i.add(t, s, "name: desec\nconfiguration: "+i.configuration(t, "native", []byte(strings.Replace(recordDocument, c.old, c.new, 1)))+"\nzones: [martdj.dedyn.io]", "account: {key: \""+ourToken+"\"}\n")
		_, err := i.Change(t.Context(), publications(validation(), "v1"), publications(validation(), "old"))
		wantFault(t, c.what, err, fault.BadDocument, c.seen)
		if h.content[0] != `"old"` || len(h.content) != 1 {
			t.Errorf("%s: the host has %v", c.what, h.content)
		}
	}
}

// TestHostsThatChangeValues: a host that says yes and stores another spelling is found out by reading back, and told with both.
func TestHostsThatChangeValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, stored, seen string }{
		{"in lower case", `"abc_-1"`, `"ABC_-1" is not there; it has ["abc_-1"]`},
		{"with quotes of its own", `"\"ABC_-1\""`, `"ABC_-1" is not there; it has ["\"ABC_-1\""]`},
		{"cut short", `"ABC"`, `"ABC_-1" is not there; it has ["ABC"]`},
	} {
		s, i := newStand(t), newInstallation(t)
		i.native(t, s)
		s.interfere("PUT", func(w http.ResponseWriter, _ func()) bool {
			s.put(t, "martdj.dedyn.io", "validation", c.stored)
			return answer(200, jsonHeader(), "[]", false)(w, nil)
		})
		_, err := i.Change(t.Context(), publications(validation(), "ABC_-1"), nil)
		wantFault(t, c.what, err, fault.NotWritten, c.seen)
		i.silent(t, err)
	}
	s, i := newStand(t), newInstallation(t)
	i.native(t, s)
	s.interfere("PUT", func(w http.ResponseWriter, _ func()) bool { // two character strings of one record are one value
		s.put(t, "martdj.dedyn.io", "validation", `"ABC" "_-1"`)
		return answer(200, jsonHeader(), "[]", false)(w, nil)
	})
	if _, err := i.Change(t.Context(), publications(validation(), "ABC_-1"), nil); err != nil {
		t.Errorf("split: %v", err)
	}
}
