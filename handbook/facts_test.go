package handbook

import (
	"net/netip"
	"testing"
	"time"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

func date(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func owner(text string) name.Name { return name.MustParseOwner(text) }

func server(host, address string) resolver.Server {
	return resolver.Server{Host: owner(host), Addr: netip.MustParseAddrPort(address + ":53")}
}

// chainTo is a healthy delegation of host, whose zone is ownerZone, to target in zone.
func chainTo(host, ownerZone, target, zone string) Delegation {
	cert := owner(host)
	challenge, _ := cert.Challenge()
	return Delegation{Name: cert, Chain: delegation.Chain{
		Cert: cert, Challenge: challenge, Target: owner(target), Zone: owner(zone), OwnerZone: owner(ownerZone),
		Hops:      []delegation.Hop{{Owner: challenge, Target: owner(target), TTL: 3600, Server: server("ns1."+ownerZone, "192.0.2.1"), Zone: owner(ownerZone)}},
		Authority: resolver.Authority{Zone: owner(zone), Servers: []resolver.Server{server("ns1.desec.io", "198.51.100.1"), server("ns2.desec.org", "203.0.113.1")}},
		View:      "from the root",
	}}
}

// story is the article's: one certificate, its CNAME at martdj.nl, its target at deSEC in custom value mode.
func story(t *testing.T) Facts {
	return Facts{
		Made: date(t, "2026-11-25 08:00:00"), State: "/var/lib/deputy", Version: "0.6", Binary: "/usr/local/bin/deputy", Host: "certs.martdj.nl", User: "root",
		Settings: []Setting{{"resolver", "https://dns.quad9.net/dns-query"}},
		Certificates: []Certificate{{Certificate: store.Certificate{
			Name: "demohub.martdj.nl", Names: []name.Name{owner("demohub.martdj.nl")}, KeyType: "ec256", Account: "default",
			DeployHook: "systemctl reload nginx", Version: 3, Deployed: true, NotBefore: date(t, "2026-10-01 06:00:00"), NotAfter: date(t, "2026-12-30 06:00:00"),
		}, Next: "renews 2026-11-30"}},
		Accounts: []store.Account{{Name: "default", Directory: "https://acme-v02.api.letsencrypt.org/directory", Email: "admin@martdj.nl", URL: "https://acme-v02.api.letsencrypt.org/acme/acct/123456"}},
		Providers: []Provider{{
			Name: "desec-martdj", Configuration: "desec", Title: "deSEC", Zones: []name.Name{owner("martdj.dedyn.io")}, RegisteredDomains: []name.Name{owner("martdj.nl")},
			CustomValue: "validation", Contact: "dns-team@martdj.nl", Fields: []string{"token"}, Hosts: []string{"desec.io"},
		}},
		Planned: []store.PlannedTarget{{Name: owner("demohub.martdj.nl"), Target: owner("validation.martdj.dedyn.io")}},
		Chains:  []Delegation{chainTo("demohub.martdj.nl", "martdj.nl", "validation.martdj.dedyn.io", "martdj.dedyn.io")},
		Looks: []store.Look{{Name: owner("demohub.martdj.nl"), Verdict: "ok", Since: date(t, "2026-09-01 04:00:00"), Last: date(t, "2026-11-25 04:10:00"), Next: date(t, "2026-11-26 05:00:00"),
			Chain: "_acme-challenge.demohub.martdj.nl\n  └ CNAME validation.martdj.dedyn.io"}},
		Runs: []Run{
			{Where: "deputy-renew.timer", When: "03:00 and 15:00", Command: "/usr/local/bin/deputy renew --quiet"},
			{Where: "/etc/cron.d/deputy", When: "47 * * * *", Command: "/usr/local/bin/deputy watch --quiet"},
		},
	}
}

// several are three certificates at two DNS hosts, one of them in follow mode, a wildcard, a CA with external binding.
func several(t *testing.T) Facts {
	f := story(t)
	f.Certificates = append(f.Certificates,
		Certificate{Certificate: store.Certificate{
			Name: "_wildcard.shop.example.org", Names: []name.Name{owner("*.shop.example.org"), owner("shop.example.org")}, KeyType: "rsa2048", Account: "zerossl", Profile: "classic",
			Version: 1, Deployed: true, NotBefore: date(t, "2026-11-01 00:00:00"), NotAfter: date(t, "2027-01-30 00:00:00"),
		}},
		Certificate{Certificate: store.Certificate{Name: "intern", Names: []name.Name{owner("wiki.example.org")}, KeyType: "ec384", Account: "default", Failures: 3,
			LastError: "no-delegation; _acme-challenge.wiki.example.org does not exist", RetryAt: date(t, "2026-11-26 03:00:00")}},
	)
	f.Accounts = append(f.Accounts, store.Account{Name: "zerossl", Directory: "https://acme.zerossl.com/v2/DV90", EABKeyID: "kid-7"})
	f.Providers = append(f.Providers, Provider{Name: "powerdns", Configuration: "powerdns", Title: "PowerDNS", Zones: []name.Name{owner("acme.example.net")}, Fields: []string{"api_key", "server_id"}, Hosts: []string{"pdns.example.net"}, APIBase: "https://pdns.example.net:8081/api/v1"})
	shop := chainTo("shop.example.org", "example.org", "kx7q2m.acme.example.net", "acme.example.net")
	shop.Chain.CAA = delegation.CAA{Of: owner("example.org"), At: owner("example.org"), Records: []delegation.CAARecord{{Tag: "issue", Value: "sectigo.com; accounturi=https://acme.zerossl.com/v2/DV90/account/abc"}}}
	wiki := Delegation{Name: owner("wiki.example.org"), Chain: delegation.Chain{
		Cert: owner("wiki.example.org"), Challenge: owner("_acme-challenge.wiki.example.org"), Target: owner("_acme-challenge.wiki.example.org"), Zone: owner("example.org"), OwnerZone: owner("example.org"), NegTTL: 900,
		Server: server("ns1.example.org", "192.0.2.7"),
	}, Faults: []*fault.Fault{{Code: fault.NoDelegation, Tried: "follow _acme-challenge.wiki.example.org", Seen: "ns1.example.org (192.0.2.7:53) says that _acme-challenge.wiki.example.org does not exist",
		Do: "add this record\n    _acme-challenge.wiki.example.org. IN CNAME z9y8x7.acme.example.net.", Who: fault.DNSOwner, At: owner("_acme-challenge.wiki.example.org")}}}
	f.Chains = append(f.Chains, shop, wiki)
	f.Planned = append(f.Planned, store.PlannedTarget{Name: owner("shop.example.org"), Target: owner("kx7q2m.acme.example.net")}, store.PlannedTarget{Name: owner("wiki.example.org"), Target: owner("z9y8x7.acme.example.net")})
	f.Leftovers = []store.Publication{{Target: store.Target{Provider: "powerdns", Owner: owner("kx7q2m.acme.example.net")}, Certificate: "_wildcard.shop.example.org", Error: "host-failed: status 502"}}
	f.Runs = nil
	return f
}

// nothingYet is an installation right after deputy init.
func nothingYet(t *testing.T) Facts {
	f := story(t)
	f.State, f.User, f.Binary = "/home/ann lee/.local/state/deputy", "ann", ""
	f.Certificates, f.Chains, f.Looks, f.Planned, f.Runs, f.Settings = nil, nil, nil, nil, nil, nil
	return f
}

// broken has a chain that leads to a zone that nobody here holds, seen by the watch alone.
func broken(t *testing.T) Facts {
	f := story(t)
	f.Chains = nil
	f.Looks[0].Verdict, f.Looks[0].Code, f.Looks[0].Seen = "fault", "wrong-target", "the chain ends at other.example instead of validation.martdj.dedyn.io, says ns1.martdj.nl (192.0.2.1:53)"
	f.Looks[0].Do = "change the CNAME at _acme-challenge.demohub.martdj.nl to this\n    _acme-challenge.demohub.martdj.nl. IN CNAME validation.martdj.dedyn.io."
	f.Looks[0].Who, f.Looks[0].Chain = "the owner of the DNS", "_acme-challenge.demohub.martdj.nl\n  └ CNAME other.example"
	f.Certificates[0].Failures, f.Certificates[0].LastError, f.Certificates[0].RetryAt = 2, "wrong-target: the chain ends at other.example", date(t, "2026-11-25 10:00:00")
	f.Made = date(t, "2026-12-31 08:00:00")
	f.MasterKey = "the systemd credential deputy-master-key"
	return f
}

// hostile has mark-up wherever text comes from elsewhere.
func hostile(t *testing.T) Facts {
	f := story(t)
	evil := "</code></pre><script>alert(1)</script>\"'`x`` ```\n# owned\n[x](javascript:1) ![](http://evil.example/x.png) **b** | \u202e\x1b[31m"
	c := &f.Certificates[0]
	c.DeployHook, c.LastError, c.Next, c.Profile, c.Failures = evil, evil, evil, evil, 1
	f.Host, f.User, f.Version, f.MasterKey, f.State = evil, evil, evil, evil, "/tmp/"+evil
	f.Settings = []Setting{{evil, evil}}
	f.Accounts[0].Email, f.Accounts[0].URL, f.Accounts[0].EABKeyID, f.Accounts[0].Directory = evil, evil, evil, evil
	q := &f.Providers[0]
	q.Name, q.Title, q.Configuration, q.CustomValue, q.Contact, q.Fields, q.Hosts, q.APIBase = evil, evil, evil, "validation", evil, []string{evil}, []string{evil}, evil
	f.Looks[0].Chain, f.Looks[0].Seen, f.Looks[0].Do, f.Looks[0].Code = evil, evil, evil, evil
	f.Chains[0].Chain.Hops[0].Target = owner("<b>`x`.evil.example")
	f.Chains[0].Faults = []*fault.Fault{{Code: fault.Code(evil), Seen: evil, Do: evil, Who: fault.Party(evil)}}
	f.Leftovers = []store.Publication{{Target: store.Target{Provider: evil, Owner: owner("validation.martdj.dedyn.io")}, Error: evil}}
	f.Runs = []Run{{Where: evil, When: evil, Command: evil}}
	return f
}
