package main

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// server is a CA that has a short name here.
type server struct{ name, directory string }

// servers are the CAs with short names. Each directory is the CA's own statement of November 2026; everything else
// about a CA is read from its directory when it is used.
func servers() []server {
	return []server{
		{"letsencrypt", "https://acme-v02.api.letsencrypt.org/directory"},
		{"letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory"},
		{"google", "https://dv.acme-v02.api.pki.goog/directory"},
		{"google-staging", "https://dv.acme-v02.test-api.pki.goog/directory"},
		{"zerossl", "https://acme.zerossl.com/v2/DV90"},
		{"sslcom-rsa", "https://acme.ssl.com/sslcom-dv-rsa"},
		{"sslcom-ecc", "https://acme.ssl.com/sslcom-dv-ecc"},
		{"actalis", "https://acme-api.actalis.com/acme/directory"},
	}
}

func knownServers() []string {
	var names []string
	for _, s := range servers() {
		names = append(names, s.name)
	}
	return names
}

// directory is the ACME directory that the flags mean. A URL is kept as it was typed: with and without a final slash
// are different strings to some CAs.
func (f accountFlags) directory() (string, error) {
	given := f.server
	if f.staging {
		if given != "" && given != "letsencrypt" && given != "letsencrypt-staging" {
			return "", usageError{errors.New("--staging means Let's Encrypt's; it does not go with --server " + given)}
		}
		given = "letsencrypt-staging"
	}
	at := slices.IndexFunc(servers(), func(s server) bool { return s.name == given })
	if at >= 0 {
		return servers()[at].directory, nil
	}
	u, err := url.Parse(given)
	if err == nil && u.User != nil {
		return "", usageError{errors.New("--server holds a user name or password, which an ACME directory never does")}
	}
	if err != nil || u.Host == "" {
		return "", usageError{errors.New("--server " + given + " is neither a URL nor one of " + strings.Join(knownServers(), ", "))}
	}
	return given, nil
}

// serverName is the short name of a directory, else its host.
func serverName(directory string) string {
	at := slices.IndexFunc(servers(), func(s server) bool { return s.directory == directory })
	if at >= 0 {
		return servers()[at].name
	}
	u, err := url.Parse(directory)
	if err != nil {
		return directory
	}
	return u.Hostname()
}
