package lab

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net/http"

	"github.com/miekg/dns"
)

// dnsMessage is the media type of RFC 8484 §6.
const dnsMessage = "application/dns-message"

// serveDoH serves the public resolvers over HTTPS (RFC 8484), each at /HOST/dns-query. Their behaviours hold here too.
func serveDoH(resolvers []*Nameserver, certificate *tls.Certificate) (*web, error) {
	mux := http.NewServeMux()
	for _, n := range resolvers {
		mux.HandleFunc("/"+n.host+"/dns-query", n.overHTTPS)
	}
	return serveHTTP(mux, certificate)
}

// overHTTPS answers one query that came by GET or POST (RFC 8484 §4.1).
func (n *Nameserver) overHTTPS(w http.ResponseWriter, r *http.Request) {
	query, err := readDoH(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m, what := n.handle("https", r.RemoteAddr, query)
	switch what {
	case nothing:
		<-r.Context().Done()
		return
	case hangUp:
		panic(http.ErrAbortHandler)
	}
	wire, err := m.Pack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", dnsMessage)
	w.Write(wire) // a client that has gone away is no matter
}

func readDoH(r *http.Request) (*dns.Msg, error) {
	wire, err := wireOf(r)
	if err != nil {
		return nil, err
	}
	query := new(dns.Msg)
	if err := query.Unpack(wire); err != nil {
		return nil, err
	}
	if len(query.Question) != 1 {
		return nil, errors.New("a query has one question")
	}
	return query, nil
}

func wireOf(r *http.Request) ([]byte, error) {
	switch {
	case r.Method == http.MethodGet:
		return base64.RawURLEncoding.DecodeString(r.URL.Query().Get("dns"))
	case r.Method == http.MethodPost && r.Header.Get("Content-Type") == dnsMessage:
		return io.ReadAll(io.LimitReader(r.Body, dns.MaxMsgSize))
	}
	return nil, errors.New("send GET with ?dns=, or POST with content type " + dnsMessage)
}
