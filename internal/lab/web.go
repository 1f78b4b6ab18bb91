package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// web is one HTTP server on 127.0.0.1.
type web struct {
	server  *http.Server
	url     string
	running sync.WaitGroup
}

// serveHTTP serves handler on a free port; with a certificate over HTTPS.
func serveHTTP(handler http.Handler, certificate *tls.Certificate) (*web, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	// Connections that a test cuts are meant to be cut: they are no news.
	w := &web{server: &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}}
	w.url = "http://" + listener.Addr().String()
	if certificate != nil {
		w.url = "https://" + listener.Addr().String()
		w.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	w.running.Go(func() {
		if certificate != nil {
			w.server.ServeTLS(listener, "", "")
			return
		}
		w.server.Serve(listener)
	})
	return w, nil
}

// stop lets open requests end for stopTime, then cuts them.
func (w *web) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	err := w.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = w.server.Close()
	}
	w.running.Wait()
	return err
}
