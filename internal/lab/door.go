package lab

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// bodyLimit bounds a request's body, in octets.
const bodyLimit = 1 << 20

// Intervention is what happens to one request instead of, or after, being handled. The zero value: nothing unusual.
// Interceptors and their Before and After run on the server's goroutines, several at once when requests come so.
type Intervention struct {
	Drop   bool // the connection is closed without an answer, the request not handled
	Lose   bool // handled, then the connection is closed without an answer
	Commit bool // with Status: handled first, the answer thrown away
	Status int  // answer this instead
	Header http.Header
	Body   string
	Before func() // called before the request is handled, for order and hand-over in tests
	After  func() // called after it was handled, before the answer is sent
}

// door stands before a handler: it records each request and lets a test intervene.
type door struct {
	history *History
	inside  http.Handler
	entry   func(r *http.Request, body []byte) Entry

	mu        sync.Mutex
	intercept func(*http.Request) Intervention
}

func (d *door) set(f func(*http.Request) Intervention) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.intercept = f
}

// decide asks the interceptor; r's body can be read by it and is whole again afterwards.
func (d *door) decide(r *http.Request, body []byte) Intervention {
	d.mu.Lock()
	f := d.intercept
	d.mu.Unlock()
	if f == nil {
		return Intervention{}
	}
	defer func() { r.Body = io.NopCloser(bytes.NewReader(body)) }()
	return f(r)
}

// ServeHTTP records the request, asks the interceptor, has it handled and sends the answer.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		http.Error(w, "the body can't be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	seq := d.history.add(d.entry(r, body))
	does := d.decide(r, body)
	if does.Before != nil {
		does.Before()
	}
	if does.Drop {
		panic(http.ErrAbortHandler)
	}
	answer := d.handle(r, does)
	if does.After != nil {
		does.After()
	}
	if does.Lose {
		panic(http.ErrAbortHandler)
	}
	d.history.answered(seq, answer.status, answer.body.String())
	answer.send(w)
}

// handle has the request handled, unless something is to be answered instead.
func (d *door) handle(r *http.Request, does Intervention) *recording {
	handled := &recording{header: http.Header{}, status: http.StatusOK}
	if does.Status == 0 || does.Commit {
		d.inside.ServeHTTP(handled, r)
	}
	if does.Status == 0 {
		return handled
	}
	instead := &recording{header: http.Header{}, status: does.Status}
	for key, values := range does.Header {
		instead.header[http.CanonicalHeaderKey(key)] = values
	}
	instead.body.WriteString(does.Body)
	return instead
}

// recording is an answer held back.
type recording struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

// Header gives the answer's header.
func (a *recording) Header() http.Header { return a.header }

// WriteHeader sets the status, the first time.
func (a *recording) WriteHeader(status int) {
	if !a.wrote {
		a.status, a.wrote = status, true
	}
}

func (a *recording) Write(p []byte) (int, error) {
	a.wrote = true
	return a.body.Write(p)
}

func (a *recording) send(w http.ResponseWriter) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.WriteHeader(a.status)
	w.Write(a.body.Bytes()) // a client that has gone away is no matter
}

// hostEntry makes the history's entry of a request to a DNS host's API.
func hostEntry(server string) func(*http.Request, []byte) Entry {
	return func(r *http.Request, body []byte) Entry {
		return Entry{
			Kind: "http", Server: server, From: r.RemoteAddr,
			What: r.Method + " " + r.URL.RequestURI(),
			Body: string(body),
		}
	}
}
