package dnsconfig

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/fault"
)

// usualDocument says in api how answers are judged, and otherwise in some calls.
func usualDocument() string {
	return strings.NewReplacer(
		"  sign:\n    values:", `  ok: =status == 200 && response.code == 0
  message: =response.reason
  throttled: =response.code == 5
  wait: =response.seconds
  expired: =response.code == 6
  sign:
    values:`,
		"    absent: [404]\n    value:", "    absent: [404]\n    ok: ~\n    message: null\n    throttled: ~\n    wait: ~\n    expired: ~\n    value:",
	).Replace(recordDocument)
}

func TestUsualJudgement(t *testing.T) {
	t.Parallel()
	n := parsed(t, usualDocument())
	for _, c := range []struct {
		what   string
		op     Op
		status int
		body   string
		want   Judgement
	}{
		{"api's ok", Zone, 200, `{"code":0,"id":1}`, Judgement{Outcome: Accepted}},
		{"no by api's ok", Zone, 200, `{"code":1,"reason":"not yours"}`, Judgement{Outcome: Refused, Message: "not yours"}},
		{"api's throttled and wait", Zone, 200, `{"code":5,"reason":"slow","seconds":7}`, Judgement{Outcome: Throttled, Message: "slow", Wait: 7 * time.Second}},
		{"api's expired", List, 200, `{"code":6,"reason":"over"}`, Judgement{Outcome: Expired, Message: "over"}},
		{"the call's own absent comes first", Zone, 404, `{"code":1}`, Judgement{Outcome: Absent}},
		{"the call's own ok", Create, 202, `{"ok":true,"code":1}`, Judgement{Outcome: Accepted}},
		{"the call's own message", Create, 400, `{"text":"own","reason":"api's"}`, Judgement{Outcome: Refused, Message: "own"}},
		{"the call's own throttled", Create, 202, `{"ok":true,"code":5}`, Judgement{Outcome: Accepted}},
		{"the call's own expired", Create, 440, `{}`, Judgement{Outcome: Expired}},
		{"switched off", Item, 200, `{"code":6,"value":"v"}`, Judgement{Outcome: Accepted}},
		{"a message switched off", Item, 400, `{"code":5,"reason":"api's"}`, Judgement{Outcome: Refused}},
		{"a wait switched off", Item, 429, `{"code":5,"seconds":7}`, Judgement{Outcome: Throttled}},
		{"the log-in takes none", Login, 200, `{"code":6,"token":"t"}`, Judgement{Outcome: Accepted}},
		{"nor its words", Login, 403, `{"reason":"api's"}`, Judgement{Outcome: Refused}},
	} {
		if got := n.Judge(c.op, recordInputs(), Response{Status: c.status, Body: []byte(c.body)}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
	if _, err := n.Read(Zone, recordInputs(), Response{Status: 200, Body: []byte(`{"code":1,"id":1}`)}); err == nil {
		t.Error("an answer that api's ok refuses is read")
	}
	if err := compiledSchema(t).Validate(asJSON(t, []byte(usualDocument()))); err != nil {
		t.Errorf("the schema refuses it: %v", err)
	}
}

func TestUsualRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, old, new, seen string }{
		{"a variable of one call", "reason", "reason + zone", "unknown name zone"},
		{"a number for ok", "ok: =status == 200 && response.code == 0", "ok: =status", "true or false is wanted"},
		{"another key of calls", "message: =response.reason", "absent: [404]", `there is no key "absent" here`},
		{"a secret in words for people", "message: =response.reason", "message: =account.password", "this is shown to people"},
		{"statuses that are none", "throttled: =response.code == 5", "throttled: [4290]", "from 100 to 599"},
	} {
		_, err := ParseNative([]byte(changed(t, usualDocument(), c.old, c.new)))
		if f, ok := fault.From(err); !ok || !strings.Contains(f.Seen, c.seen) {
			t.Errorf("%s: %v, want %q", c.what, err, c.seen)
		}
	}
}

func TestUsualLint(t *testing.T) {
	t.Parallel()
	const document = "deputy: dns-configuration/1\nname: a\nversion: \"1\"\ndocumentation: [https://example.org/]\n" +
		"account: {token: {secret: true, help: ask}}\napi: {base: https://example.org, headers: {A: =account.token}, ok: =response.ok}\n" +
		"single:\n  write: {post: /u, form: {n: =name, v: =value}}\n  clear: {post: /u, form: {n: =name}}\n"
	own := strings.NewReplacer("v: =value}", "v: =value}, ok: =response.yes", "{n: =name}}", "{n: =name}, ok: ~}").Replace(document)
	for _, c := range []struct {
		what, source string
		want         []string
	}{
		{"nothing", document, nil},
		{"for no call", own, []string{"nothing uses api.ok: each call has its own, or switches it off"}},
		{"expired without a login", strings.Replace(document, "ok: =response.ok", "expired: [440]", 1), []string{"api names expired, and there is no login"}},
	} {
		if got := parsed(t, c.source).Lint(); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.what, got, c.want)
		}
	}
}
