package dnsconfig

import (
	"slices"
	"strings"
	"testing"
)

func TestNativeLint(t *testing.T) {
	t.Parallel()
	const head = "deputy: dns-configuration/1\nname: a\nversion: \"1\"\ndocumentation: [https://example.org/]\n"
	const token = head + "account: {token: {secret: true, help: ask}}\napi: {base: https://example.org, headers: {A: =account.token}}\n"
	const sets = token + "rrset:\n  read: {get: \"/sets?name=${name}\", values: =response}\n"
	const replace = "  replace: {put: \"/sets?name=${name}\", body: =values}\n"
	const record = token + "record:\n  list: {get: \"/r?name=${name}\", records: =response, id: =record.id, value: =record.value}\n"
	const create = "  create: {post: /r, body: {name: =name, value: =value, TTL: 30}}\n"
	const remove = "  delete: {delete: \"/r/${id}\", absent: [404]}\n"
	for _, c := range []struct {
		what, source string
		want         []string
	}{
		{"nothing", sets + replace, nil},
		{"nothing, records", record + create + remove, nil},
		{"no documentation and version", strings.NewReplacer("version: \"1\"\n", "", "documentation: [https://example.org/]\n", "").Replace(sets + replace), []string{
			"documentation is missing: name the pages that the document was made from", "version is missing: nobody can tell this document from a later one"}},
		{"an account without fields", head + "api: {base: https://example.org}\n" + strings.TrimPrefix(sets, token) + replace, []string{"the account has no fields: anybody could make these requests"}},
		{"a field that nothing uses", strings.Replace(sets+replace, "account: {", "account: {view: {optional: true}, ", 1), []string{"nothing uses the account field view"}},
		{"a field without help", strings.Replace(sets+replace, ", help: ask", "", 1), []string{"the account field token has no help: where does one get it?"}},
		{"a secret that is not marked", strings.Replace(sets+replace, "secret: true, ", "", 1), []string{"the account field token is not marked secret, and will be shown and logged"}},
		{"a session that nothing uses", strings.Replace(sets+replace, "rrset:", "login: {post: https://l.example.org/, form: {a: =account.token}, session: {token: =response.t}}\nrrset:", 1), []string{"nothing uses session.token, which login keeps"}},
		{"a secret in a path", strings.Replace(sets+replace, "/sets?name=${name}\", values", "/${account.token}/sets?name=${name}\", values", 1), []string{"read has the secret account.token in its address: it will stand in the host's logs"}},
		{"a secret in a query", strings.Replace(sets+replace, "read: {", "read: {query: {t: =account.token}, ", 1), []string{"read has the secret account.token in its address: it will stand in the host's logs"}},
		{"a harmless part of a secret in a path", strings.Replace(sets+replace, "/sets?name=${name}\", values", "/${unjson(account.token).project_id}/sets?name=${name}\", values", 1), nil},
		{"a harmful part of a secret in a path", strings.Replace(sets+replace, "/sets?name=${name}\", values", "/${unjson(account.token).private_key}/sets?name=${name}\", values", 1), []string{"read has the secret account.token in its address: it will stand in the host's logs"}},
		{"a session's token in a path", strings.Replace(strings.Replace(sets+replace, "rrset:", "login: {post: https://l.example.org/, form: {a: =account.token}, session: {token: =response.t}}\nrrset:", 1), "/sets?name=${name}\", values", "/${session.token}/sets?name=${name}\", values", 1), []string{"read has session.token in its address: it will stand in the host's logs"}},
		{"variables without =", record + strings.Replace(create, "value: =value", "value: =value, ttl: ttl, content: value, text: quote(value), type: TXT, x: f(x)", 1) + remove, []string{
			`create: ttl is sent as the text "ttl"; = in front makes it the variable`, `create: value is sent as the text "value"; = in front makes it the variable`,
			`create: quote(value) is sent as the text "quote(value)"; = in front makes it the function`}},
		{"found that nothing sets", strings.Replace(sets+replace, "body: =values", "body: \"=[values, found]\"", 1), []string{"replace uses found, and read sets none: it is nothing"}},
		{"a page that is not asked for", strings.Replace(record+create+remove, "records: =response", "page: {first: 1, next: =page + 1}, records: =response", 1), []string{"list does not use page: it asks for the same page again"}},
		{"a write by GET", strings.Replace(sets+replace, "put:", "get:", 1), []string{"replace changes something by GET, which caches and proxies may repeat"}},
		{"a reading by PUT", strings.Replace(sets+replace, "read: {get:", "read: {put:", 1), []string{"read only reads, and its method PUT is for changes: it will be refused"}},
		{"read by name without absent", strings.Replace(sets+replace, "/sets?name=${name}\", values", "/sets/${name}\", values", 1), []string{"read names no absent: a name without values is 404 at most hosts"}},
		{"delete without absent", record + create + strings.Replace(remove, ", absent: [404]", "", 1), []string{"delete names no absent: what is gone already is 404 at most hosts"}},
		{"exists in delete", record + create + strings.Replace(remove, "absent: [404]", "absent: [404], exists: [409]", 1), []string{"exists means nothing in delete, which creates nothing"}},
		{"expired without a login", record + create + strings.Replace(remove, "absent: [404]", "absent: [404], expired: [440]", 1), []string{"delete names expired, and there is no login"}},
		{"a poll that nothing asks", sets + replace + "poll: {get: \"/${job}\", done: =true}\n", []string{"poll never runs: no call gives a job"}},
		{"a job that is not used", strings.Replace(sets+replace, "body: =values", "body: =values, job: =response.id", 1) + "poll: {get: /jobs, done: =true}\n", []string{"poll does not use job"}},
		{"replace beside add and remove", sets + replace + "  add: {post: \"/a?name=${name}\", body: =values}\n  remove: {post: \"/r?name=${name}\", body: =values}\n", []string{"replace never runs: add and remove write"}},
		{"create beside add", sets + replace + "  add: {post: \"/a?name=${name}\", body: =values}\n  create: {post: \"/a?name=${name}\", body: =values}\n", []string{"create never runs: add writes"}},
		{"delete beside remove", sets + replace + "  remove: {post: \"/a?name=${name}\", body: =values}\n  delete: {delete: \"/a?name=${name}\", absent: [404]}\n", []string{"delete never runs: remove writes"}},
		{"a single value that stays", token + "single: {write: {post: /u, form: {n: =name, v: =value}}}\n", []string{"clear is missing: the last value stays at the host"}},
		{"rolling values", token + "limits: {values: 2}\nsingle: {write: {post: /u, form: {n: =name, v: =value}}}\n", nil},
		{"a write without a value", token + "single: {write: {post: /u, form: {n: =name}}, clear: {post: /u, form: {n: =name}}}\n", []string{"write does not use value"}},
		{"a write without a name", sets + strings.Replace(replace, "?name=${name}", "", 1), []string{"replace does not use name, fqdn or label: it does the same for every name"}},
		{"a deletion of what", record + create + strings.Replace(remove, "/r/${id}", "/r/${name}", 1), []string{"delete does not use id, value or record"}},
		{"TTLs below the minimum", "" + strings.Replace(record+create+remove, "record:", "limits: {minimum_ttl: 60, ttls: [30, 60]}\nrecord:", 1), []string{
			"ttls has 30, which is below minimum_ttl 60", "create sends the TTL 30, which is below minimum_ttl 60"}},
	} {
		if got := parsed(t, c.source).Lint(); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.what, got, c.want)
		}
	}
}

// doubts are those of documents whose hosts leave no choice.
func doubts(name string) []string {
	switch name {
	case "duckdns", "kapper", "dreamhost", "zonomi":
		return []string{"it will stand in the host's logs", "by GET"}
	case "godaddy":
		return []string{"read names no absent"} // a name without values is an empty list, and 404 a domain that is not there
	case "azure-dns", "hostinger":
		return []string{"delete names no absent"}
	}
	return nil
}

func TestDocumentsLint(t *testing.T) {
	t.Parallel()
	for file, source := range documents(t) {
		n := parsed(t, string(source))
		for _, finding := range n.Lint() {
			if !slices.ContainsFunc(doubts(n.About().Name), func(known string) bool { return strings.Contains(finding, known) }) {
				t.Errorf("%s: %s", file, finding)
			}
		}
	}
}
