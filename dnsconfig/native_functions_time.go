package dnsconfig

import (
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// clock is the time of the request.
func (e *evaluation) clock() (time.Time, error) {
	if !e.now.IsZero() {
		return e.now.UTC(), nil
	}
	if seconds, ok := e.env["now"].(int); ok {
		return time.Unix(int64(seconds), 0).UTC(), nil
	}
	return time.Time{}, errors.New("there is no time here")
}

// time writes the time of the request, always UTC.
func (e *evaluation) time(format any) (string, error) {
	given, err := e.texts("time", format)
	if err != nil {
		return "", err
	}
	now, err := e.clock()
	if err != nil {
		return "", fmt.Errorf("time: %w", err)
	}
	layouts := map[string]string{
		"rfc3339": "2006-01-02T15:04:05Z", "rfc1123": http.TimeFormat, "compact": "20060102T150405Z",
		"date": time.DateOnly, "day": "20060102",
	}
	switch layout, known := layouts[given[0]]; {
	case known:
		return now.Format(layout), nil
	case given[0] == "unix":
		return strconv.FormatInt(now.Unix(), 10), nil
	case given[0] == "unix_ms":
		return strconv.FormatInt(now.UnixMilli(), 10), nil
	}
	return "", errors.New("time wants unix, unix_ms, rfc3339, rfc1123, compact, date or day, and it is another text")
}

// Parameters of a one-time password as authenticator apps have them (RFC 6238 §4, RFC 4226 §5.3).
const (
	totpStep   = 30 // seconds
	totpDigits = 6
	totpModulo = 1_000_000
)

// totp gives the time-based one-time password of a secret in base32 (RFC 6238 with SHA-1, 30 seconds, six digits).
func (e *evaluation) totp(secret any) (string, error) {
	given, err := e.texts("totp", secret)
	if err != nil {
		return "", err
	}
	now, err := e.clock()
	if err != nil {
		return "", fmt.Errorf("totp: %w", err)
	}
	// Hosts show the secret in groups, in lower case, and with or without padding.
	text := strings.ToUpper(strings.TrimRight(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(given[0])), "="))
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(key) == 0 {
		return "", errors.New("totp: the secret is not base32 (letters A to Z and digits 2 to 7)")
	}
	counter := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()/totpStep))
	sum := mac(sha1.New, string(key), string(counter))
	offset := sum[len(sum)-1] & 0xf
	code := binary.BigEndian.Uint32(sum[offset:offset+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, code%totpModulo), nil
}
