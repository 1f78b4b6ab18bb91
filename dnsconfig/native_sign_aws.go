package dnsconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// awsSigning is AWS Signature Version 4 as AWS's services but S3 want it: "Signature Version 4 for API requests" of the
// IAM User Guide. Signed are host, content-type and x-amz-*.
type awsSigning struct {
	accessKey, secretKey, sessionToken, region, service value
}

// compileAWS reads aws4.
func compileAWS(n ast.Node, variables types.Map) (*awsSigning, error) {
	pairs, err := pairsOf(n)
	if err != nil {
		return nil, err
	}
	s := &awsSigning{}
	places := map[string]*value{
		"access_key": &s.accessKey, "secret_key": &s.secretKey, "session_token": &s.sessionToken, "region": &s.region, "service": &s.service,
	}
	for _, pair := range pairs {
		key := keyOf(pair)
		place, known := places[key]
		if !known {
			return nil, &leafError{pair.Key, fmt.Errorf("there is no key %q in aws4; access_key, secret_key, session_token, region and service can be there", cut(key, 80))}
		}
		if *place, err = compileLeaf(pair.Value, variables); err != nil {
			return nil, &leafError{pair.Value, err}
		}
	}
	for _, key := range []string{"access_key", "secret_key", "region", "service"} {
		if *places[key] == nil {
			return nil, &leafError{n, fmt.Errorf("%s is missing in aws4", key)}
		}
	}
	return s, nil
}

// awsKeys are the evaluated parts.
type awsKeys struct{ access, secret, session, region, service string }

func (s *awsSigning) keys(e *evaluation) (awsKeys, error) {
	var k awsKeys
	for _, part := range []struct {
		name  string
		value value
		into  *string
	}{
		{"access_key", s.accessKey, &k.access}, {"secret_key", s.secretKey, &k.secret}, {"session_token", s.sessionToken, &k.session},
		{"region", s.region, &k.region}, {"service", s.service, &k.service},
	} {
		if part.value == nil {
			continue
		}
		v, err := part.value.give(e)
		if err != nil {
			return k, fmt.Errorf("sign: %s: %w", part.name, err)
		}
		if v == nil && part.name == "session_token" {
			continue
		}
		if *part.into, err = textOf(v); err != nil {
			return k, fmt.Errorf("sign: %s: %w", part.name, err)
		}
		if *part.into == "" && part.name != "session_token" {
			return k, fmt.Errorf("sign: %s is empty", part.name)
		}
	}
	return k, nil
}

// apply adds X-Amz-Date, X-Amz-Security-Token where there is a session, and Authorization.
func (s *awsSigning) apply(e *evaluation, r *Request, now time.Time) error {
	keys, err := s.keys(e)
	if err != nil {
		return err
	}
	request, ok := e.env["request"].(map[string]any)
	if !ok {
		return errors.New("sign: there is no request")
	}
	at := now.UTC().Format("20060102T150405Z")
	setHeader(r, "X-Amz-Date", at)
	if keys.session != "" {
		if err := plainHeader("X-Amz-Security-Token", keys.session); err != nil {
			return err
		}
		setHeader(r, "X-Amz-Security-Token", keys.session)
	}
	names, headers := awsHeaders(r, request["host"].(string))
	query, err := canonicalQuery(request["query"].(string))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	body := sha256.Sum256(r.Body)
	canonical := strings.Join([]string{
		r.Method, escapeParts(request["path"].(string), escapeText), query, headers, names, hex.EncodeToString(body[:]),
	}, "\n")
	parts := []string{at[:8], keys.region, keys.service, "aws4_request"}
	scope := strings.Join(parts, "/")
	sum := sha256.Sum256([]byte(canonical))
	key := []byte("AWS4" + keys.secret)
	for _, part := range parts {
		key = mac(sha256.New, string(key), part)
	}
	signature := mac(sha256.New, string(key), strings.Join([]string{"AWS4-HMAC-SHA256", at, scope, hex.EncodeToString(sum[:])}, "\n"))
	authorization := fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", keys.access, scope, names, signature)
	if err := plainHeader("Authorization", authorization); err != nil {
		return err
	}
	setHeader(r, "Authorization", authorization)
	return nil
}

// awsHeaders gives the names of the signed headers, and each with its value on a line of its own.
func awsHeaders(r *Request, host string) (names, lines string) {
	values := map[string]string{"host": host}
	all := []string{"host"}
	for _, h := range r.Header {
		key := strings.ToLower(h[0])
		if key != "content-type" && !strings.HasPrefix(key, "x-amz-") {
			continue
		}
		value := strings.Join(strings.Fields(h[1]), " ")
		if _, again := values[key]; again {
			values[key] += "," + value
			continue
		}
		values[key] = value
		all = append(all, key)
	}
	slices.Sort(all)
	var b strings.Builder
	for _, key := range all {
		b.WriteString(key + ":" + values[key] + "\n")
	}
	return strings.Join(all, ";"), b.String()
}
