package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"deputy/fault"
	"deputy/store"
)

// recordDocument is of the record style, for the host below: zones by name with an id, answers in an envelope.
const recordDocument = `deputy: dns-configuration/1
name: records
account:
  key: {title: Key, secret: true, help: somewhere}
api:
  headers: {X-Key: "${account.key}"}
zone:
  get: /zones?name=${zone_name}
  ok: =response.success
  id: =first(response.result)?.id
  name: =first(response.result)?.name
record:
  list:
    get: /zones/${zone}/records?type=TXT&name=${name}
    ok: =response.success
    records: =response.result
    id: =record.id
    value: =unquote(record.content)
  create:
    post: /zones/${zone}/records
    ok: =response.success
    body: {type: TXT, name: =name, content: "=quote(value)", ttl: =ttl}
  delete:
    delete: /zones/${zone}/records/${id}
    absent: [404]
`

// recordHost is a strict host of the record style. Its key is checked, ids are numbers, a second record with the same
// content is refused inside status 200.
type recordHost struct {
	mu      sync.Mutex
	next    int
	content map[int]string
	log     []string
	meddle  func(w http.ResponseWriter, r *http.Request, commit func()) bool
}

func newRecordHost(t *testing.T) (*recordHost, *stand) {
	t.Helper()
	h := &recordHost{content: map[int]string{}}
	server := httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(server.Close)
	return h, &stand{Server: server}
}

func (h *recordHost) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), "/api/v1"))
	commit := func() { h.answer(httptest.NewRecorder(), r) }
	if h.meddle == nil || !h.meddle(w, r, commit) {
		h.answer(w, r)
	}
}

func (h *recordHost) answer(w http.ResponseWriter, r *http.Request) {
	say := func(status int, success bool, result any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"success": success, "result": result})
	}
	path := strings.TrimPrefix(r.URL.Path, "/api/v1")
	switch {
	case r.Header.Get("X-Key") != ourToken:
		say(403, false, "bad key "+r.Header.Get("X-Key"))
	case r.Method == "GET" && path == "/zones" && r.URL.Query().Get("name") == "martdj.dedyn.io":
		say(200, true, []any{map[string]any{"id": "z 1/x", "name": "martdj.dedyn.io"}})
	case r.Method == "GET" && path == "/zones":
		say(200, true, []any{})
	case r.Method == "GET" && path == "/zones/z 1/x/records" && r.URL.Query().Get("name") == "validation.martdj.dedyn.io":
		result := []any{}
		for id := range h.next {
			if content, ok := h.content[id]; ok {
				result = append(result, map[string]any{"id": 12345678901234567 + id, "content": content})
			}
		}
		say(200, true, result)
	case r.Method == "POST" && path == "/zones/z 1/x/records":
		h.create(r, say)
	case r.Method == "DELETE":
		h.remove(path, say)
	default:
		say(404, false, "no such route")
	}
}

func (h *recordHost) create(r *http.Request, say func(int, bool, any)) {
	var in struct {
		Type, Name, Content string
		TTL                 int
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Type != "TXT" || in.Name != "validation.martdj.dedyn.io" || !strings.HasPrefix(in.Content, `"`) || in.TTL < 60 {
		say(400, false, fmt.Sprintf("bad record %+v", in))
		return
	}
	for _, content := range h.content {
		if content == in.Content {
			say(200, false, "record already exists")
			return
		}
	}
	h.content[h.next] = in.Content
	h.next++
	say(200, true, nil)
}

func (h *recordHost) remove(path string, say func(int, bool, any)) {
	for id := range h.content {
		if path == fmt.Sprintf("/zones/z 1/x/records/%d", 12345678901234567+id) {
			delete(h.content, id)
			say(200, true, nil)
			return
		}
	}
	say(404, false, "no such record")
}

func (h *recordHost) put(contents ...string) {
	for _, c := range contents {
		h.content[h.next] = c
		h.next++
	}
}

// there are the contents, sorted.
func (h *recordHost) there() []string {
	var all []string
	for _, c := range h.content {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

func recordInstallation(t *testing.T, s *stand) *installation {
	t.Helper()
	i := newInstallation(t)
	i.configuration(t, "native", []byte(recordDocument))
	i.add(t, s, "name: desec\nconfiguration: records\nzones: [martdj.dedyn.io, slow.dedyn.io]", "account: {key: \""+ourToken+"\"}\n")
	return i
}

const (
	listRecords = "GET /zones/z%201%2Fx/records?type=TXT&name=validation.martdj.dedyn.io"
	postRecord  = "POST /zones/z%201%2Fx/records"
)

func TestRecordStyle(t *testing.T) {
	t.Parallel()
	h, s := newRecordHost(t)
	i := recordInstallation(t, s)
	h.put(`"foreign" "strings"`, "bare text", `"old"`)
	if _, err := i.Change(t.Context(), publications(validation(), "one", "two", "one"), publications(validation(), "old", "never there")); err != nil {
		t.Fatal(err)
	}
	if got, want := h.there(), []string{`"foreign" "strings"`, `"one"`, `"two"`, "bare text"}; !slices.Equal(got, want) {
		t.Errorf("at the host %q, want %q", got, want)
	}
	want := []string{"GET /zones?name=martdj.dedyn.io", listRecords, postRecord, postRecord, "DELETE /zones/z%201%2Fx/records/12345678901234569", listRecords}
	if !slices.Equal(h.log, want) {
		t.Errorf("requests\n%s\nwant\n%s", strings.Join(h.log, "\n"), strings.Join(want, "\n"))
	}
	values, err := i.Values(t.Context(), validation())
	if err != nil || !slices.Equal(values, []string{"foreignstrings", "bare text", "one", "two"}) {
		t.Errorf("values %q, %v", values, err)
	}
	if _, err := i.Change(t.Context(), nil, publications(validation(), "one", "two")); err != nil {
		t.Fatal(err)
	}
	if got, want := h.there(), []string{`"foreign" "strings"`, "bare text"}; !slices.Equal(got, want) {
		t.Errorf("after the removal %q, want %q", got, want)
	}
	i.silent(t)
}

func TestRecordStyleVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		method string
		hand   func(http.ResponseWriter, func()) bool
		writes int
		code   fault.Code
		seen   string
		doubt  bool
	}{
		{"500, but committed", "POST", answer(500, jsonHeader(), `{}`, true), 1, "", "", false},
		{"500 once", "POST", once(answer(500, jsonHeader(), `{}`, false)), 2, "", "", false},
		{"lost, but committed", "POST", lose(true), 1, "", "", false},
		{"lost", "POST", lose(false), 1, fault.HostFailed, "no usable answer", true},
		{"200 and nothing done", "POST", answer(200, jsonHeader(), `{"success":true}`, false), 1, fault.NotWritten, `"ours" is not there`, false},
		{"no inside 200", "POST", answer(200, jsonHeader(), `{"success":false,"result":"quota of `+ourToken+`"}`, false), 1, fault.HostRefused, "quota of [secret]", false},
		{"200 without an answer", "POST", answer(200, jsonHeader(), ``, false), 1, fault.HostFailed, "", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			h, s := newRecordHost(t)
			i := recordInstallation(t, s)
			h.meddle = func(w http.ResponseWriter, r *http.Request, commit func()) bool {
				return r.Method == c.method && c.hand(w, commit)
			}
			_, err := i.Change(t.Context(), publications(validation(), "ours"), nil)
			writes := len(slices.DeleteFunc(slices.Clone(h.log), func(r string) bool { return strings.HasPrefix(r, "GET") }))
			if writes != c.writes {
				t.Errorf("%d writes, want %d", writes, c.writes)
			}
			if errors.Is(err, store.ErrDoubt) != c.doubt {
				t.Errorf("doubt is %v: %v", !c.doubt, err)
			}
			i.silent(t, err)
			if c.code != "" {
				wantFault(t, c.what, err, c.code, c.seen)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := h.there(); !slices.Equal(got, []string{`"ours"`}) {
				t.Errorf("at the host %q: exactly one record was wanted", got)
			}
		})
	}
}

// A record that somebody else removed in between is gone as wanted.
func TestRecordStyleDeletesWhatIsGone(t *testing.T) {
	t.Parallel()
	h, s := newRecordHost(t)
	i := recordInstallation(t, s)
	h.put(`"old"`)
	h.meddle = func(w http.ResponseWriter, r *http.Request, commit func()) bool {
		if r.Method == "DELETE" {
			h.content = map[int]string{}
		}
		return false
	}
	if _, err := i.Change(t.Context(), nil, publications(validation(), "old")); err != nil {
		t.Errorf("%v", err)
	}
}

func TestRecordStyleHasNoSuchZone(t *testing.T) {
	t.Parallel()
	_, s := newRecordHost(t)
	i := recordInstallation(t, s)
	_, err := i.Values(t.Context(), targetIn("slow.dedyn.io", "a.slow.dedyn.io"))
	wantFault(t, "slow.dedyn.io", err, fault.HostRefused, "no zone at the host")
}
