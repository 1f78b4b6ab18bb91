package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

// loginDocument logs in with the key, and sends the token that came.
const loginDocument = `
api: {base: https://api.example.org, headers: {Authorization: "Bearer ${session.token}"}}
login:
  post: /login
  form: {key: =account.key}
  session: {token: =response.access_token}
  expires: =response.expires_in
  message: =response?.error
logout: {delete: /login}
rrset:
  read: {get: "/zones/${zone}/${label}", absent: [404], values: =response.values, message: =response?.detail}
  replace: {put: "/zones/${zone}/${label}", body: {values: =values}}
`

// doorkeeper lets requests with the newest session's token pass.
type doorkeeper struct {
	mu     sync.Mutex
	logins int
	lasts  int // requests of one session; 0: any number
	used   int
	sets   *rrsets
}

func (d *doorkeeper) token() string { return fmt.Sprintf("%s-%d", sessionToken, d.logins) }

func (s *puppet) doorkeeper(lasts int) *doorkeeper {
	d := &doorkeeper{lasts: lasts, sets: &rrsets{sets: map[string][]string{}, version: map[string]int{}}}
	s.on("/login", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if r.Method == "DELETE" {
			w.WriteHeader(204)
			return
		}
		d.logins++
		d.used = 0
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"refresh_token":"r3fr3sh-of-the-session-%d","expires_in":3600}`, d.token(), d.logins)
	})
	s.on("/zones/{zone}/{label}", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.used++
		good := r.Header.Get("Authorization") == "Bearer "+d.token() && (d.lasts == 0 || d.used <= d.lasts)
		d.mu.Unlock()
		if !good {
			status(401, `{"detail":"no session `+r.Header.Get("Authorization")+`"}`)(w, r)
			return
		}
		d.sets.serve(w, r)
	})
	return d
}

func TestOneLoginServesAllChanges(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.doorkeeper(0)
	i.script(t, s, nativeHead(loginDocument), "")
	for n := range 5 {
		if err := i.addValue(t, scripted("a"), fmt.Sprint("value ", n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.count("POST /login"); got != 1 {
		t.Errorf("%d logins for 5 changes", got)
	}
	if got := s.requests(); got[0] != "POST /login key=k3y%2Fof%2Bthe%3Daccount" || len(got) != 1+5*3 {
		t.Errorf("requests:\n%s", strings.Join(got, "\n"))
	}
	s.forget()
	i.Registry.Close(t.Context())
	s.want(t, "DELETE /login")
	if got := s.headers[0].Get("Authorization"); got != "Bearer "+sessionToken+"-1" {
		t.Errorf("logged out as %q", got)
	}
}

// A login is made by the first; whoever comes meanwhile waits for it.
func TestOneLoginForAllAtOnce(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.doorkeeper(0)
	i.script(t, s, nativeHead(loginDocument), "")
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			if err := i.addValue(t, scripted(fmt.Sprint("a", n)), "v"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := s.count("POST /login"); got != 1 {
		t.Errorf("%d logins for 8 changes at once", got)
	}
}

// A refused login is told to all who waited for it, so that nobody is locked out for trying a wrong password often.
func TestARefusedLoginIsToldToAllWhoWait(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.say("/login", 403, `{"error":"wrong key k3y/of+the=account"}`)
	i.script(t, s, nativeHead(loginDocument), "")
	err := i.addValue(t, scripted("a"), "v")
	wantFault(t, "the first", err, fault.HostRefused, "status 403, it says: wrong key [secret]")
	if !errors.Is(err, store.ErrNothingSent) {
		t.Errorf("%v does not say that nothing was sent", err)
	}
	s.want(t, "POST /login key=k3y%2Fof%2Bthe%3Daccount")
	a, failure := i.account(t.Context(), scripted("a"))
	if failure != nil {
		t.Fatal(failure)
	}
	l := &login{done: make(chan struct{}), err: err}
	close(l.done)
	a.sessions.begun = l // as whoever came while it was on its way saw it
	for range 3 {
		if again := i.addValue(t, scripted("a"), "v"); !strings.Contains(again.Error(), "wrong key") {
			t.Errorf("one who waited: %v", again)
		}
	}
	if got := s.count("POST /login"); got != 1 {
		t.Errorf("%d logins", got)
	}
}

// A waiter whose own time ends says so; one whose leader gave up logs in itself.
func TestWaitingForALogin(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	arrived, release := make(chan bool, 8), make(chan bool)
	s.turns("/login", func(http.ResponseWriter, *http.Request) { arrived <- true; <-release }, status(200, `{"access_token":"`+sessionToken+`"}`))
	t.Cleanup(func() { close(release) })
	i.script(t, s, nativeHead(loginDocument), "")
	a, err := i.account(t.Context(), scripted("a"))
	if err != nil {
		t.Fatal(err)
	}
	in, _ := a.locate(t.Context(), scripted("a"))
	first, giveUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := a.session(first, in); err == nil {
			t.Error("a session without an answer")
		}
	})
	<-arrived
	ended, end := context.WithCancelCause(t.Context())
	end(errors.New("the claim was lost"))
	_, err = a.session(ended, in)
	wantFault(t, "a waiter at its end", err, fault.HostFailed, "another request's login did not end in time: the claim was lost")
	all.Go(func() {
		if got, err := a.session(t.Context(), in); err != nil || got.values["token"] != secret.New(sessionToken) {
			t.Errorf("after the first gave up: %v", err)
		}
	})
	giveUp()
	all.Wait()
}

func TestAnExpiredSessionIsBegunAnewOnce(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	d := s.doorkeeper(4)
	i.script(t, s, nativeHead(loginDocument), "")
	for n := range 4 {
		if err := i.addValue(t, scripted("a"), fmt.Sprint("v", n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.sets.at("example.org a"); len(got) != 4 {
		t.Errorf("at the host: %q", got)
	}
	// 12 requests pass, 4 in each session: 3 sessions, and two of them end with a 401.
	if got, refused := s.count("POST /login"), len(s.requests())-12-s.count("POST /login"); got != 3 || refused != 2 {
		t.Errorf("%d logins, %d requests refused", got, refused)
	}
}

func TestASessionThatEndsAtOnceIsAFault(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.say("/login", 200, `{"access_token":"`+sessionToken+`"}`)
	s.on("/", func(w http.ResponseWriter, r *http.Request) {
		status(401, `{"detail":"no session `+r.Header.Get("Authorization")+`"}`)(w, r)
	})
	i.script(t, s, nativeHead(loginDocument), "")
	err := i.addValue(t, scripted("a"), "v")
	wantFault(t, "401 for good", err, fault.HostRefused, "status 401, it says: no session Bearer [secret]")
	if s.count("POST /login") != 2 || s.count("GET ") != 2 {
		t.Errorf("requests:\n%s", strings.Join(s.requests(), "\n"))
	}
}

// A session is not used up to its very end.
func TestASessionEndsBeforeItsTime(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.doorkeeper(0)
	i.script(t, s, nativeHead(loginDocument), "")
	a, err := i.account(t.Context(), scripted("a"))
	if err != nil {
		t.Fatal(err)
	}
	in, _ := a.locate(t.Context(), scripted("a"))
	before := time.Now()
	got, err := a.session(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if end := got.until.Sub(before); end < 58*time.Minute || end > 59*time.Minute+time.Since(before) {
		t.Errorf("a session of an hour is used for %s", end)
	}
	a.sessions.mu.Lock()
	a.sessions.current.until = before
	a.sessions.mu.Unlock()
	if err := i.addValue(t, scripted("a"), "v"); err != nil || s.count("POST /login") != 2 {
		t.Errorf("after its end: %v, %d logins", err, s.count("POST /login"))
	}
	for lasts, want := range map[time.Duration]time.Duration{time.Hour: time.Minute, 20 * time.Second: 2 * time.Second} {
		if got := margin(lasts); got != want {
			t.Errorf("margin of %s: %s", lasts, got)
		}
	}
}

// What a login gave is nowhere to be seen: not in its own answer, not where the host says it back.
func TestSessionsAreSecret(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.on("/login", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sid=c00k13-of-the-session; Path=/")
		w.Header().Set("X-Also", "an0ther-copy-of-a-token")
		_, _ = io.WriteString(w, `{"access_token":"sh0rt1","refresh_token":"r3fr3sh-t0k3n-uncaptured","kind":"bearer"}`)
	})
	s.on("/", func(w http.ResponseWriter, r *http.Request) {
		status(400, `{"detail":"bad request of sh0rt1, c2gwcnQx"}`)(w, r)
	})
	i.script(t, s, nativeHead(loginDocument), "")
	err := i.addValue(t, scripted("a"), "v")
	wantFault(t, "refused", err, fault.HostRefused, "bad request of [secret], [secret]")
	said := i.tracesOf() + err.Error()
	for _, leak := range []string{"sh0rt1", "r3fr3sh", "c00k13", "an0ther-copy", "k3y/of"} {
		if strings.Contains(said, leak) {
			t.Errorf("%q is seen in:\n%s", leak, said)
		}
	}
	if !strings.Contains(said, `"kind":"bearer"`) {
		t.Errorf("the shape of the login's answer is not seen in:\n%s", said)
	}
}

func TestLoginAnswersThatGiveNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, answer string
		code         int
		want         string
		seen         fault.Code
	}{
		{"no token", `{"token_type":"none"}`, 200, "token", fault.HostFailed},
		{"a page", `<!doctype html><p>please log in</p>`, 200, "web page (HTML)", fault.HostFailed},
		{"an error", `{"error":"locked"}`, 400, "status 400, it says: locked", fault.HostRefused},
		{"a failure", `{}`, 500, "status 500", fault.HostFailed},
	} {
		s, i := newScript(t), newInstallation(t)
		s.say("/login", c.code, c.answer)
		i.script(t, s, nativeHead(loginDocument), "")
		err := i.addValue(t, scripted("a"), "v")
		wantFault(t, c.what, err, c.seen, c.want)
		if !errors.Is(err, store.ErrNothingSent) {
			t.Errorf("%s: %v does not say that nothing was sent", c.what, err)
		}
	}
}

// detour leads what goes to a name to a host of the test.
type detour struct {
	network
	name, host string
}

func (d detour) carry(ctx context.Context, r dnsconfig.Request) (dnsconfig.Response, error) {
	r.URL = strings.Replace(r.URL, d.name, d.host, 1)
	return d.network.carry(ctx, r)
}

// An address that a login names gets the credential only where the administrator has named its host.
func TestTheAddressOfASession(t *testing.T) {
	t.Parallel()
	document := strings.NewReplacer(
		"base: https://api.example.org", `base: "=session.base"`,
		"session: {token: =response.access_token}", "session: {token: =response.access_token, base: =response.api}",
		"post: /login", "post: https://door.example.org/login",
		"delete: /login", "delete: https://door.example.org/login",
	).Replace(nativeHead(loginDocument))
	door, other := newScript(t), newScript(t)
	door.on("/login", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"access_token":"`+sessionToken+`","api":"`+other.URL+`"}`)
	})
	other.rrsets()
	host, known := strings.TrimPrefix(other.URL, "https://"), strings.TrimPrefix(door.URL, "https://")
	for _, c := range []struct{ what, hosts, want string }{
		{"not allowed", `"` + known + `"`, host + " is not among the hosts that may be asked"},
		{"allowed", `"` + known + `", "` + host + `"`, ""},
	} {
		i := newInstallation(t)
		other.forget()
		i.script(t, door, document, "allow: {addresses: [127.0.0.0/8], hosts: ["+c.hosts+"]}\napi_base: \"\"\n")
		a, err := i.account(t.Context(), scripted("a"))
		if err != nil {
			t.Fatal(err)
		}
		a.network = detour{a.network, "https://door.example.org", door.URL}
		err = i.addValue(t, scripted("a"), "v")
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.want != "" {
			wantFault(t, c.what, err, fault.Egress, c.want)
			other.want(t)
		}
	}
}
