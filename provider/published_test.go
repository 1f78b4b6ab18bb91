package provider_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deputy/dnsconfig"
	"deputy/internal/lab/session"
	"deputy/provider"
	"deputy/store"
)

// publishedPlay is a published DXL with the session of its host, and the items of its account as the session's fields.
type publishedPlay struct {
	file, folder string
	items        map[string]string // an item of the DXL: a field of the session's account, or text behind "="
	minimumTTL   int               // of the zone, where the DXL has a fixed TTL that is under the host's usual minimum
	// tolerated is what the DXL relies on though the documentation does not say it: texts of the session, and what stands for them.
	tolerated [][2]string
}

func publishedPlays() []publishedPlay {
	return []publishedPlay{
		{file: "hcl_certstore_cloudflare.dxl", folder: "cloudflare", items: map[string]string{"cfg_AuthToken": "token"}, tolerated: [][2]string{
			{"request: POST https://api.cloudflare.com/client/v4/zones/{zone.id}/dns_records\n", "request: POST https://api.cloudflare.com/client/v4/zones/{zone.id}/dns_records/\n"},
		}},
		{file: "hcl_certstore_desec.dxl", folder: "desec", items: map[string]string{"cfg_AuthToken": "token"}, minimumTTL: 60},
		{file: "martdj_deSec.dxl", folder: "desec", items: map[string]string{"cfg_AuthToken": "token"}, minimumTTL: 60},
		{file: "martdj_deSec-with-CNAME-delegation.dxl", folder: "desec", items: map[string]string{"cfg_AuthToken": "token"}, minimumTTL: 60},
		// DigitalOcean's documentation has the name without the zone; it takes the whole name with a final dot too, on which HCL relies.
		{file: "hcl_certstore_digitalocean.dxl", folder: "digitalocean", items: map[string]string{"cfg_AuthToken": "token"}, tolerated: [][2]string{
			{`json: {type: TXT, name: "{label}"`, `json: {type: TXT, name: "{fqdn}"`},
		}},
		// HCL's document has a TTL of its own, which Hetzner documents to refuse where the set has another, and repeats name and type.
		{file: "hcl_certstore_hetzner_dns_cloud.dxl", folder: "hetzner-cloud", items: map[string]string{"cfg_AuthToken": "token"}, tolerated: [][2]string{
			{`json: {ttl?: {"{one of}": [3600, null]}, records`, `json: {name?: "{label}", type?: TXT, ttl?: {"{one of}": [3600, 60, null]}, records`},
			{`json: {records: {"{each+}": {value: "{quoted}"`, `json: {name?: "{label}", type?: TXT, ttl?: 60, records: {"{each+}": {value: "{quoted}"`},
		}},
		// Without the zone's id HCL's document takes the first zone of a filter that looks for parts of names: a look-alike, here. It puts the
		// value in quotes, of which the documentation says nothing.
		{file: "hcl_certstore_ionos_cloud.dxl", folder: "ionos-cloud", items: map[string]string{"cfg_AuthToken": "token", "cfg_DnsZone": "=e74d0d15-f567-4b7b-9069-26ee1f93bae3"}, tolerated: [][2]string{
			{`content: "{value}", ttl?`, `content: "{quoted}", ttl?`},
		}},
		{file: "hcl_certstore_kapper.dxl", folder: "kapper", items: map[string]string{"cfg_AuthKey": "key", "cfg_AuthToken": "secret"}},
		{file: "hcl_certstore_acmedns.dxl", folder: "acme-dns", items: map[string]string{"cfg_UserName": "user", "cfg_Password": "key", "cfg_DnsZone": "=8e5700ea-a4bf-41c7-8a77-e990661dcc6a"}},
	}
}

// TestPublished plays the published DXL documents, unmodified, against what their hosts document.
func TestPublished(t *testing.T) {
	t.Parallel()
	turn := make(chan struct{}, players)
	for _, p := range publishedPlays() {
		t.Run(p.file, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(filepath.Join("..", "..", "shared", "dxl", p.file))
			if err != nil {
				t.Skipf("the published DNS Configurations are not there: %v", err)
			}
			file := filepath.Join(library, p.folder, "session.txtar")
			told, err := os.ReadFile(file)
			if err != nil {
				t.Skipf("%s has no session yet", p.folder)
			}
			turn <- struct{}{}
			defer func() { <-turn }()
			for _, change := range p.tolerated {
				if !strings.Contains(string(told), change[0]) {
					t.Errorf("the session of %s does not hold %q", p.folder, change[0])
				}
				told = []byte(strings.ReplaceAll(string(told), change[0], change[1]))
			}
			s, err := session.Load(file, told)
			if err != nil {
				t.Fatal(err)
			}
			// Those that keep the values of others write them back without escaping.
			s.Foreign = slices.DeleteFunc(s.Foreign, func(v string) bool { return strings.ContainsAny(v, "\"\\") })
			if p.minimumTTL > 0 {
				s.TTL.Minimum = p.minimumTTL
			}
			p.play(t, s, source)
		})
	}
}

// play adds a value and removes it, then tries a wrong credential.
func (p publishedPlay) play(t *testing.T, s *session.Session, source []byte) {
	t.Helper()
	file, err := dnsconfig.ImportDXL(source)
	if err != nil {
		t.Fatal(err)
	}
	configuration := file.Configurations[0]
	prepare := func(r *provider.Registry) {
		row := store.Configuration{Name: configuration.About().Name, Kind: "dxl", Source: configuration.Source()}
		if _, err := r.Import(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	account := p.account(t, s.Account)
	g := seat(t, s, configuration.About().Name, account, prepare)
	before := g.stand.State()
	added := g.add("the first value", first)
	if !slices.Contains(g.stand.Values(), first) {
		t.Errorf("the host holds %q without the value that was added", g.stand.Values())
	}
	if g.traits.Removable {
		g.remove("the first value", added)
		if slices.Contains(g.stand.Values(), first) {
			t.Errorf("the host still holds the value that was removed: %q", g.stand.Values())
		}
	}
	if g.traits.Removable && !g.traits.Replacing && g.stand.State() != before {
		t.Errorf("an additive document leaves\n%s\nwhere there was\n%s", g.stand.State(), before)
	}
	g.unmatched()
	noSecret(t, "the traces", g.seen.String(), s.Account)
	p.wrong(t, s, configuration.About().Name, prepare)
	t.Logf("%s: %d exchanges", p.file, len(g.stand.Exchanges()))
}

// account translates the session's account into items.
func (p publishedPlay) account(t *testing.T, fields map[string]string) map[string]string {
	t.Helper()
	account := map[string]string{}
	for item, field := range p.items {
		value, ok := fields[field]
		if text, given := strings.CutPrefix(field, "="); given {
			value, ok = text, true
		}
		if !ok {
			t.Fatalf("the session's account has no %s, which %s needs as %s", field, p.file, item)
		}
		account[item] = value
	}
	return account
}

// wrong wants a credential that is not right to be an error that shows no secret.
func (p publishedPlay) wrong(t *testing.T, s *session.Session, configuration string, prepare func(*provider.Registry)) {
	t.Helper()
	fields := map[string]string{}
	for field, value := range s.Account {
		fields[field] = value
		if other, ok := s.Wrong[field]; ok {
			fields[field] = other
		}
	}
	g := seat(t, s, configuration, p.account(t, fields), prepare)
	before := g.stand.State()
	_, err := g.host.Change(t.Context(), []store.Publication{{Target: g.target, Value: first}}, nil)
	if err == nil || g.stand.State() != before {
		t.Errorf("with a wrong credential: %v, and the state is\n%s", err, g.stand.State())
		return
	}
	noSecret(t, "the fault and its traces", err.Error()+"\n"+g.seen.String(), fields)
}
