package lab

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// remote dials a lab's control API.
func remote(t *testing.T, l *Lab) *Remote {
	t.Helper()
	r, err := Dial(l.Control())
	must(t, err)
	t.Cleanup(r.client.CloseIdleConnections)
	return r
}

func TestRemoteZone(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	r, ctx := remote(t, l), t.Context()
	must(t, r.Add(ctx, "martdj.nl", "a 60 IN TXT one", "a 60 IN TXT two"))
	values, err := r.Texts(ctx, "martdj.nl.", "a")
	if err != nil || !slices.Equal(values, []string{"one", "two"}) {
		t.Errorf("texts %q, %v", values, err)
	}
	text, err := r.Show(ctx, "martdj.nl")
	if err != nil || text != l.Zone("martdj.nl").String() || !strings.Contains(text, `"two"`) {
		t.Errorf("zone %q, %v", text, err)
	}
	if n, err := r.Remove(ctx, "martdj.nl", "a", "TXT"); n != 2 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if n, err := r.Remove(ctx, "martdj.nl", "a", ""); n != 0 || err != nil {
		t.Errorf("removed %d again, %v", n, err)
	}
	if values, err := r.Texts(ctx, "martdj.nl", "a"); err != nil || len(values) != 0 {
		t.Errorf("texts after removal %q, %v", values, err)
	}
	if text, err := r.Show(ctx, "."); err != nil || !strings.Contains(text, "a.root-servers.lab.") {
		t.Errorf("the root zone is %q, %v", text, err)
	}
}

func TestRemoteRefusals(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	r, ctx := remote(t, l), t.Context()
	_, show := r.Show(ctx, "elsewhere.nl")
	_, texts := r.Texts(ctx, "elsewhere.nl", "a")
	_, remove := r.Remove(ctx, "martdj.nl", "a", "NOTYPE")
	for name, test := range map[string]struct {
		err  error
		says string
	}{
		"a zone not here":           {show, `the lab has no zone "elsewhere.nl"; it has ., dedyn.io.`},
		"texts of it":               {texts, "no zone"},
		"a record that is none":     {r.Add(ctx, "martdj.nl", "a 60 IN A nonsense"), "record for zone martdj.nl."},
		"a type that is none":       {remove, `"NOTYPE" is no record type`},
		"a server not here":         {r.Behave(ctx, "ns9.martdj.nl", "", servfail), `the lab has no server "ns9.martdj.nl"; it has a.nic.io`},
		"a behaviour that is none":  {r.Behave(ctx, "ns1.martdj.nl", "", "sulking"), `no behaviour "sulking"; there are servfail`},
		"lag of a server not here":  {r.SetLag(ctx, "ns9.martdj.nl", 0), "no server"},
		"a server that is nobody's": {r.Behave(ctx, "", "", servfail), "no server"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s: %v, want %q in it", name, test.err, test.says)
		}
	}
	for _, path := range []string{"/history?since=x", "/lag", "/behave", "/zone/add?zone=martdj.nl"} {
		method := map[bool]string{true: http.MethodGet, false: http.MethodPost}[strings.HasPrefix(path, "/history")]
		request, err := http.NewRequestWithContext(ctx, method, l.Control()+path, strings.NewReader("nonsense"))
		must(t, err)
		resp, err := http.DefaultClient.Do(request)
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s %s: %d", method, path, resp.StatusCode)
		}
	}
}

func TestRemoteBehaveLagHistory(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	r, ctx := remote(t, l), t.Context()
	must(t, r.Behave(ctx, "ns1.martdj.nl", "", refused))
	must(t, r.Behave(ctx, "ns1.martdj.nl", "demohub.martdj.nl", servfail))
	if m := ask(t, l.DNS("ns1.martdj.nl"), "udp", "demohub.martdj.nl.", dns.TypeA); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("one name: %s", brief(m))
	}
	mark := l.History().Mark()
	if m := ask(t, l.DNS("ns1.martdj.nl"), "udp", "martdj.nl.", dns.TypeA); m.Rcode != dns.RcodeRefused {
		t.Errorf("other names: %s", brief(m))
	}
	must(t, r.SetLag(ctx, "ns2.desec.lab", 1500*time.Millisecond))
	if got := l.DNS("ns2.desec.lab").Lag(); got != 1500*time.Millisecond {
		t.Errorf("lag %s", got)
	}
	must(t, r.Add(ctx, "martdj.nl", "a 60 IN TXT one"))
	for _, test := range []struct {
		since        int
		kind, server string
		want         int
	}{{0, "", "", 3}, {mark, "", "", 2}, {0, "dns", "", 2}, {mark, "dns", "ns1.martdj.nl", 1}, {0, "edit", "martdj.nl", 1}, {0, "acme", "", 0}, {99, "", "", 0}} {
		got, err := r.History(ctx, test.since, test.kind, test.server)
		if err != nil || len(got) != test.want {
			t.Errorf("history %+v: %d entries, %v", test, len(got), err)
		}
	}
	all, err := r.History(ctx, mark, "dns", "")
	if want := l.History().Since(mark)[0]; err != nil || !all[0].Time.Equal(want.Time) || all[0].Seq != want.Seq || all[0].What != "A martdj.nl." || RcodeText(all[0].Status) != "REFUSED" {
		t.Errorf("entry %+v, want %+v; %v", all[0], want, err)
	}
}

func TestDialRefuses(t *testing.T) {
	t.Parallel()
	for _, control := range []string{"", "127.0.0.1:1", "https://127.0.0.1:1", "http://", "http://%zz"} {
		if _, err := Dial(control); err == nil {
			t.Errorf("Dial(%q) was taken", control)
		}
	}
	l := startLab(t, Options{})
	r := remote(t, l)
	must(t, l.Close())
	if _, err := r.Show(t.Context(), "martdj.nl"); err == nil || !strings.Contains(err.Error(), "is deputy-lab up still running?") {
		t.Errorf("a lab that is gone: %v", err)
	}
}
