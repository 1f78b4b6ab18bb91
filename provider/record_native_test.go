package provider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"deputy/fault"
)

// records is a host of the record style.
type records struct {
	mu   sync.Mutex
	next int
	all  []entry
	page int // records of a page; 0: all
	same int // answers to a value that is there already; 0: accepted
}

type entry struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (s *puppet) records() *records {
	h := &records{next: 100}
	s.on("GET /records", h.list)
	s.on("GET /records/{id}", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, each := range h.all {
			if each.ID == r.PathValue("id") {
				_ = json.NewEncoder(w).Encode(each)
				return
			}
		}
		status(404, `{}`)(w, r)
	})
	s.on("POST /records", h.create)
	s.on("DELETE /records/{id}", h.delete)
	return h
}

func (h *records) put(owner, value string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next++
	h.all = append(h.all, entry{"id-" + strconv.Itoa(h.next), owner, value})
}

func (h *records) values() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, each := range h.all {
		all = append(all, each.Value)
	}
	return strings.Join(all, " ")
}

func (h *records) list(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := []entry{}
	for _, each := range h.all {
		if each.Name == r.URL.Query().Get("name") {
			found = append(found, each)
		}
	}
	size := h.page
	if size == 0 {
		size = len(found) + 1
	}
	at, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from, to := min(at*size, len(found)), min((at+1)*size, len(found))
	_ = json.NewEncoder(w).Encode(map[string]any{"records": found[from:to], "total": len(found)})
}

func (h *records) create(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var sent entry
	_ = json.NewDecoder(r.Body).Decode(&sent)
	for _, each := range h.all {
		if h.same != 0 && each.Name == sent.Name && each.Value == sent.Value {
			status(h.same, `{"error":"it exists"}`)(w, r)
			return
		}
	}
	h.next++
	h.all = append(h.all, entry{"id-" + strconv.Itoa(h.next), sent.Name, sent.Value})
	status(201, `{}`)(w, r)
}

func (h *records) delete(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n, each := range h.all {
		if each.ID == r.PathValue("id") {
			h.all = append(h.all[:n], h.all[n+1:]...)
			w.WriteHeader(204)
			return
		}
	}
	status(404, `{}`)(w, r)
}

const listDocument = withKey + `
record:
  list:
    get: /records
    query: {zone: =zone, name: =name, page: =page}
    page: {first: 0, next: "=len(response.records) == 2 ? page + 1 : nil"}
    records: =response.records
    id: =record.id
    value: =record.value
  create:
    post: /records
    body: {zone: =zone, name: =name, value: =value}
    exists: [422]
    message: =response?.error
  delete: {delete: "/records/${id}", absent: [404]}
`

func TestRecordsOnPages(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	h := s.records()
	h.page = 2
	for n := range 4 {
		h.put("a.example.org", fmt.Sprint("foreign", n))
	}
	i.script(t, s, nativeHead(listDocument), "")
	ours := publications(scripted("a"), "ours", "too")
	if _, err := i.Change(t.Context(), ours, nil); err != nil {
		t.Fatal(err)
	}
	page := func(n int) string { return fmt.Sprintf("GET /records?zone=example.org&name=a.example.org&page=%d", n) }
	s.want(t, page(0), page(1), page(2),
		`POST /records {"zone":"example.org","name":"a.example.org","value":"ours"}`, `POST /records {"zone":"example.org","name":"a.example.org","value":"too"}`,
		page(0), page(1), page(2), page(3))
	s.forget()
	if _, err := i.Change(t.Context(), nil, ours); err != nil {
		t.Fatal(err)
	}
	if got := h.values(); got != "foreign0 foreign1 foreign2 foreign3" {
		t.Errorf("left: %s", got)
	}
	if s.count("DELETE /records/id-105") != 1 || s.count("DELETE /records/id-106") != 1 || s.count("DELETE") != 2 {
		t.Errorf("requests:\n%s", strings.Join(s.requests(), "\n"))
	}
}

// "It exists" of a record that another run made meanwhile: reading tells that all is well.
func TestARecordThatExists(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	h := &records{next: 1, same: 422}
	s.turns("GET /records", status(200, `{"records":[]}`), h.list)
	s.on("POST /records", h.create)
	h.put("a.example.org", "ours")
	i.script(t, s, nativeHead(listDocument), "")
	if err := i.addValue(t, scripted("a"), "ours"); err != nil {
		t.Error(err)
	}
	if s.count("POST") != 1 || s.count("GET") != 2 {
		t.Errorf("requests:\n%s", strings.Join(s.requests(), "\n"))
	}
	liar := newScript(t)
	liar.say("GET /records", 200, `{"records":[]}`)
	liar.say("POST /records", 422, `{"error":"it exists, says k3y/of+the=account"}`)
	j := newInstallation(t)
	j.script(t, liar, nativeHead(listDocument), "")
	err := j.addValue(t, scripted("a"), "ours")
	wantFault(t, "it exists, and can't be read", err, fault.HostRefused, "status 422, it says: it exists, says [secret]")
	if got := liar.count("POST"); got != 3 {
		t.Errorf("written %d times", got)
	}
}

// A list of ids alone: each record is read; one that is gone meanwhile is none.
func TestRecordsReadOneByOne(t *testing.T) {
	t.Parallel()
	document := strings.Replace(nativeHead(listDocument), "    value: =record.value\n", "  item: {get: \"/records/${id}\", absent: [404], value: =response.value}\n", 1)
	s, i := newScript(t), newInstallation(t)
	h := s.records()
	h.put("a.example.org", "foreign")
	h.put("a.example.org", "ours")
	gone := false
	s.on("GET /records/id-102", func(w http.ResponseWriter, r *http.Request) {
		if gone {
			status(404, `{}`)(w, r)
			return
		}
		status(200, `{"id":"id-102","value":"ours"}`)(w, r)
	})
	i.script(t, s, document, "")
	list := "GET /records?zone=example.org&name=a.example.org&page=0"
	values, err := i.Values(t.Context(), scripted("a"))
	if err != nil || strings.Join(values, " ") != "foreign ours" {
		t.Errorf("values %q, %v", values, err)
	}
	s.want(t, list, "GET /records?zone=example.org&name=a.example.org&page=1", "GET /records/id-101", "GET /records/id-102")
	gone = true
	values, err = i.Values(t.Context(), scripted("a"))
	if err != nil || strings.Join(values, " ") != "foreign" {
		t.Errorf("values %q, %v", values, err)
	}
	for n := range 200 {
		h.put("b.example.org", fmt.Sprint(n))
	}
	h.put("b.example.org", "one too many")
	_, err = i.Values(t.Context(), scripted("b"))
	wantFault(t, "201 records", err, fault.HostRefused, "the host lists 201 records there")
}

// Hosts without ids remove by value; the request has to name the target and the zone.
func TestRecordsRemovedByValue(t *testing.T) {
	t.Parallel()
	byValue := strings.Replace(nativeHead(listDocument), "    id: =record.id\n", "", 1)
	byValue = strings.Replace(byValue, `delete: {delete: "/records/${id}", absent: [404]}`, `delete: {post: /remove, body: {zone: =zone, entry: =record}}`, 1)
	s, i := newScript(t), newInstallation(t)
	h := s.records()
	h.put("a.example.org", "foreign")
	h.put("a.example.org", "ours")
	s.on("POST /remove", func(w http.ResponseWriter, r *http.Request) {
		var sent struct{ Entry entry }
		_ = json.NewDecoder(r.Body).Decode(&sent)
		r.SetPathValue("id", sent.Entry.ID)
		h.delete(w, r)
	})
	i.script(t, s, byValue, "")
	if err := i.removeValue(t, scripted("a"), "ours"); err != nil {
		t.Error(err)
	}
	if got := h.values(); got != "foreign" || s.count(`POST /remove {"zone":"example.org","entry":{"id":"id-102","name":"a.example.org","value":"ours"}}`) != 1 {
		t.Errorf("left %s; requests:\n%s", got, strings.Join(s.requests(), "\n"))
	}
	s.forget()
	stray := newInstallation(t)
	stray.script(t, s, strings.Replace(byValue, "entry: =record", "value: =value", 1), "")
	err := stray.removeValue(t, scripted("a"), "foreign")
	wantFault(t, "a removal that names no target", err, fault.BadDocument, "it may write and does not name a")
	if s.count("POST") != 0 {
		t.Errorf("it was sent: %q", s.requests())
	}
}

func TestInventedRecords(t *testing.T) {
	t.Parallel()
	for what, id := range map[string]string{"a constant": "='id-4711'", "the zone's id": "=zone", "a part of the answer and more": "=record.id + '-7'"} {
		s, i := newScript(t), newInstallation(t)
		h := s.records()
		h.put("a.example.org", "ours")
		i.script(t, s, strings.Replace(nativeHead(listDocument), "id: =record.id", "id: \""+id+"\"", 1), "")
		err := i.removeValue(t, scripted("a"), "ours")
		wantFault(t, what, err, fault.BadDocument, "takes for a record's id what the host's answer does not say of it")
		if s.count("DELETE") != 0 {
			t.Errorf("%s: it was sent", what)
		}
	}
}
