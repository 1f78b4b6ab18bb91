package provider

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// challtestsrv is a stand-in of Pebble's challenge test server, after
// https://github.com/letsencrypt/pebble/blob/main/cmd/pebble-challtestsrv/README.md: set-txt takes a host with a final dot and a
// value, adds it to those that are there, and answers with an empty body; it asks for no credential.
func challtestsrv(*testing.T) (http.Handler, func(string) string) {
	h := &host{}
	h.put("validation.martdj.dedyn.io", foreign)
	h.calls = []call{{"POST", "/set-txt", func(_ *http.Request, _ []string, body []byte) (int, any) {
		var want struct{ Host, Value string }
		if err := json.Unmarshal(body, &want); err != nil || !strings.HasSuffix(want.Host, ".") || want.Value == "" {
			return 400, nil
		}
		h.put(want.Host, want.Value)
		return 200, nil
	}}}
	return h, h.at
}
