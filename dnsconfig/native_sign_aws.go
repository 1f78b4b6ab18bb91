package dnsconfig

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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
	signed, err := awsRequest(r)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	credentials := aws.Credentials{AccessKeyID: keys.access, SecretAccessKey: keys.secret, SessionToken: keys.session}
	sum := sha256.Sum256(r.Body)
	err = v4.NewSigner().SignHTTP(context.Background(), credentials, signed, hex.EncodeToString(sum[:]), keys.service, keys.region, now)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	for _, header := range []string{"X-Amz-Date", "X-Amz-Security-Token", "Authorization"} {
		value := signed.Header.Get(header)
		if value == "" {
			continue
		}
		if err := plainHeader(header, value); err != nil {
			return err
		}
		setHeader(r, header, value)
	}
	return nil
}

// awsRequest is what the signer sees of r: the headers that are signed, and no length, which the transport sets.
func awsRequest(r *Request) (*http.Request, error) {
	signed, err := http.NewRequest(r.Method, r.URL, nil)
	if err != nil {
		return nil, errors.New("the request has no address that can be signed")
	}
	for _, h := range r.Header {
		key := strings.ToLower(h[0])
		if key == "content-type" || strings.HasPrefix(key, "x-amz-") {
			signed.Header.Add(h[0], h[1])
		}
	}
	return signed, nil
}
