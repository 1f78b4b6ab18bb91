package provider

import (
	"net/http"
	"testing"
)

// hetznerCloud is a stand-in of the DNS part of Hetzner's Cloud API, after https://docs.hetzner.cloud/reference/cloud#dns.
func hetznerCloud(*testing.T) (http.Handler, func(string) string) {
	h := &host{}
	h.put("validation.martdj.dedyn.io", foreign)
	// https://docs.hetzner.cloud/reference/cloud#errors: an error has a code and a message.
	no := func(status int, code, message string) (int, any) {
		return status, map[string]any{"error": map[string]any{"code": code, "message": message, "details": nil}}
	}
	type body struct {
		Name, Type string // the published configuration repeats these of the path, which is let pass
		TTL        int
		Records    []struct{ Value, Comment string }
	}
	// What both actions ask for: a token as Bearer; a zone by id or name; a set by relative name and type; records of which a
	// TXT's value is in double quotes.
	read := func(r *http.Request, parts []string, source []byte) (owner string, values []string, status int, refusal any) {
		var want body
		if r.Header.Get("Authorization") != "Bearer "+ourToken {
			status, refusal = no(401, "unauthorized", "unable to authenticate")
			return owner, nil, status, refusal
		}
		if parts[0] != "martdj.dedyn.io" && parts[0] != "4711" {
			status, refusal = no(404, "not_found", "zone not found")
			return owner, nil, status, refusal
		}
		if err := strict(r, source, &want); err != nil {
			status, refusal = no(400, "json_error", err.Error())
			return owner, nil, status, refusal
		}
		if parts[1] == "" || parts[2] != "TXT" || len(want.Records) == 0 || want.TTL < 60 {
			status, refusal = no(422, "invalid_input", "invalid name, type, ttl or records")
			return owner, nil, status, refusal
		}
		for _, record := range want.Records {
			value, quoted := quotedTXT(record.Value)
			if !quoted {
				status, refusal = no(422, "invalid_input", "TXT records must be fully quoted with double quotes")
				return owner, nil, status, refusal
			}
			values = append(values, value)
		}
		return parts[1] + ".martdj.dedyn.io", values, 0, nil
	}
	// https://docs.hetzner.cloud/reference/cloud#zone-rrset-actions: the answer is an action that runs on its own.
	action := func(command string) (int, any) {
		return 201, map[string]any{"action": map[string]any{"id": 1, "command": command, "status": "running", "progress": 0, "error": nil}}
	}
	add := func(r *http.Request, parts []string, source []byte) (int, any) {
		owner, values, status, refusal := read(r, parts, source)
		if status != 0 {
			return status, refusal
		}
		for _, value := range values {
			if h.has(owner, value) {
				return no(409, "uniqueness_error", "record already exists")
			}
			h.put(owner, value)
		}
		return action("add_rrset_records")
	}
	remove := func(r *http.Request, parts []string, source []byte) (int, any) {
		owner, values, status, refusal := read(r, parts, source)
		if status != 0 {
			return status, refusal
		}
		for _, value := range values {
			if h.drop(func(r record) bool { return r.owner == owner && r.value == value }) == 0 {
				return no(404, "not_found", "record not found")
			}
		}
		return action("remove_rrset_records")
	}
	h.calls = []call{
		{"POST", "/v1/zones/:zone/rrsets/:name/:type/actions/add_records", add},
		{"POST", "/v1/zones/:zone/rrsets/:name/:type/actions/remove_records", remove},
	}
	return h, h.at
}
