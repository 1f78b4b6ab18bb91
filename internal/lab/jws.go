package lab

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
)

// Payload is what an ACME request says: the decoded payload of its JWS (RFC 8555 §6.2); nil for a POST-as-GET, and for
// what is no JWS. The request's body can be read again afterwards. For interceptors.
func Payload(r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return payload(body)
}

func payload(body []byte) []byte {
	var jws struct {
		Payload string `json:"payload"`
	}
	if json.Unmarshal(body, &jws) != nil || jws.Payload == "" {
		return nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(jws.Payload)
	if err != nil {
		return nil
	}
	return decoded
}
