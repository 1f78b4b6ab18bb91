package provider_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"deputy/dnsconfig"
	"deputy/internal/lab/session"
	"deputy/name"
	"deputy/secret"
)

// BenchmarkNativeMedian makes the request that reads the values at a name, judges its answer and reads it, for each document
// of the library that reads; the answers are those of the sessions' stand-ins. It gives the median over the documents as
// "median-ns", and the slowest one's time as "slowest-ns".
func BenchmarkNativeMedian(b *testing.B) {
	var all []played
	files, err := filepath.Glob(filepath.Join(library, "*", "session.txtar"))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		if p := fetched(b, file); p.op != "" {
			all = append(all, p)
		}
	}
	took := make([]time.Duration, len(all))
	for b.Loop() {
		for i, p := range all {
			start := time.Now()
			p.again(b)
			took[i] += time.Since(start)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/float64(b.N), "median-ns")
	b.ReportMetric(float64(took[len(took)-1].Nanoseconds())/float64(b.N), "slowest-ns")
	b.ReportMetric(float64(len(all)), "documents")
}

// played is a reading request with its answer.
type played struct {
	native *dnsconfig.Native
	op     dnsconfig.Op // "" where the document reads nothing
	in     dnsconfig.Inputs
	answer dnsconfig.Response
	client *http.Client
}

// again makes, judges and reads once more.
func (p played) again(b *testing.B) dnsconfig.Result {
	if _, err := p.native.Request(p.op, p.in); err != nil {
		b.Fatal(err)
	}
	if j := p.native.Judge(p.op, p.in, p.answer); j.Outcome != dnsconfig.Accepted && j.Outcome != dnsconfig.Absent {
		b.Fatalf("%s: %+v", p.native.About().Name, j)
	}
	result, err := p.native.Read(p.op, p.in, p.answer)
	if err != nil {
		b.Fatalf("%s: %v", p.native.About().Name, err)
	}
	return result
}

// fetched goes as far as the reading of the values at the target.
func fetched(b *testing.B, file string) played {
	source, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	s, err := session.Load(file, source)
	if err != nil {
		b.Fatal(err)
	}
	p := played{}
	if p.native, _, err = dnsconfig.FromLibrary(filepath.Base(filepath.Dir(file))); err != nil {
		b.Fatal(err)
	}
	stand, err := s.Serve()
	if err != nil {
		b.Fatal(err)
	}
	defer stand.Close()
	p.client = trusting(stand)
	p.in = inputsOf(b, s)
	p.find(b, s.Zone.Name)
	for _, op := range []dnsconfig.Op{dnsconfig.Read, dnsconfig.List} {
		if p.native.Has(op) {
			p.fetch(b, op)
		}
	}
	return p
}

// find logs in, and finds the zone.
func (p *played) find(b *testing.B, zone string) {
	if p.native.Has(dnsconfig.Login) {
		p.in.Session = p.fetch(b, dnsconfig.Login).Session
	}
	switch {
	case p.native.Has(dnsconfig.Zone):
		result := p.fetch(b, dnsconfig.Zone)
		p.in.ZoneID, p.in.ZoneTTL = result.ZoneID, result.ZoneTTL
	case p.native.Has(dnsconfig.Zones):
		p.search(b, zone)
	}
	p.op, p.in.Page, p.in.PageURL = "", nil, ""
}

// search looks through the pages of the zones.
func (p *played) search(b *testing.B, zone string) {
	for {
		result := p.fetch(b, dnsconfig.Zones)
		at := slices.IndexFunc(result.Zones, func(z dnsconfig.ZoneAt) bool { return z.Name == zone })
		if at >= 0 {
			p.in.ZoneID, p.in.ZoneTTL = result.Zones[at].ID, result.Zones[at].TTL
			return
		}
		p.in.Page, p.in.PageURL = result.NextPage, result.NextURL
		if p.in.Page == nil && p.in.PageURL == "" {
			b.Fatalf("%s: the session has no zone %s", p.native.About().Name, zone)
		}
	}
}

// fetch sends the request of op, and keeps the answer.
func (p *played) fetch(b *testing.B, op dnsconfig.Op) dnsconfig.Result {
	request, err := p.native.Request(op, p.in)
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.Context(), request.Method, request.URL, bytes.NewReader(request.Body))
	if err != nil {
		b.Fatal(err)
	}
	for _, h := range request.Header {
		r.Header.Add(h[0], h[1])
	}
	answer, err := p.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	p.op, p.answer = op, dnsconfig.Response{Status: answer.StatusCode, Header: answer.Header, Body: body}
	return p.again(b)
}

func inputsOf(b *testing.B, s *session.Session) dnsconfig.Inputs {
	in := dnsconfig.Inputs{
		Account: map[string]secret.Value{}, Name: name.MustParseOwner(s.Target), Zone: name.MustParseOwner(s.Zone.Name),
	}
	for field, v := range s.Account {
		in.Account[field] = secret.New(v)
	}
	if s.Provider == "" {
		return in
	}
	var further struct {
		Base string `json:"api_base"`
	}
	if err := json.Unmarshal([]byte(s.Provider), &further); err != nil {
		b.Fatal(err)
	}
	in.Base = further.Base
	return in
}

// trusting reaches a stand-in and nothing else.
func trusting(stand *session.Stand) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(stand.CA)
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(stand.Proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
}
