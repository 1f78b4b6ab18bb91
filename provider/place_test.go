package provider

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// strange are names that DNS allows and that would change a URL they are glued into.
var strange = []string{
	"victim%2f%54%58%54%2f?x.martdj.dedyn.io", "victim%2f%54%58%54%2f#x.martdj.dedyn.io", "*.martdj.dedyn.io",
	"a&b=c.martdj.dedyn.io", "a+b.martdj.dedyn.io", "a'b.martdj.dedyn.io", "{a}.martdj.dedyn.io", "validation.x%2e.martdj.dedyn.io",
}

// A name that could change what a request means is never written at, nor read: Bind refuses it, and Host does for a
// Target that came some other way, without a request.
func TestTargetsArePlainNames(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	native := newInstallation(t)
	native.native(t, s)
	for what, i := range map[string]*installation{"native": native, "DXL": withDXL(t, s, "martdj_deSec.dxl", "martdj.dedyn.io", "")} {
		for _, text := range strange {
			_, err := i.Bind(t.Context(), certName(t, "demohub.martdj.nl"), name.MustParseOwner(text))
			wantFault(t, what+" bind "+text, err, fault.BadTarget, "letters, digits, hyphens and underscores")
			target := targetIn("martdj.dedyn.io", text)
			for _, change := range [][2][]store.Publication{{publications(target, "v1"), nil}, {nil, publications(target, "v1")}} {
				_, err := i.Change(t.Context(), change[0], change[1])
				wantFault(t, what+" change "+text, err, fault.BadTarget, "")
				if !errors.Is(err, store.ErrNothingSent) {
					t.Errorf("%s: it does not say that nothing was sent: %v", what, err)
				}
			}
		}
	}
	if _, err := native.Values(t.Context(), targetIn("martdj.dedyn.io", strange[0])); err == nil {
		t.Error("values were read at a strange name")
	}
	domain := validation()
	domain.Domain = name.MustParseOwner("a?b.nl")
	_, err := native.Change(t.Context(), publications(domain, "v1"), nil)
	wantFault(t, "registered domain", err, fault.BadTarget, "a?b.nl")
	wantRequests(t, s)
}

// dxl is a document with the given methods, URLs and bodies: "Add", "P", `url formula`, `body formula`.
func dxl(requests ...[4]string) []byte {
	var b strings.Builder
	item := func(name, text string) {
		text = strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text)
		fmt.Fprintf(&b, "<item name='%s'><text>%s</text></item>", name, text)
	}
	b.WriteString("<?xml version='1.0' encoding='utf-8'?><database xmlns='http://www.lotus.com/dxl'><document form='DnsProviderConfig'>")
	item("DnsProviderConfigName", "stranger")
	item("DnsProviderType", "H")
	item("cfg_URL", "https://dns.example")
	for _, r := range requests {
		item("Req"+r[0]+"HttpType", r[1])
		item("Req"+r[0]+"UrlFormula", r[2])
		item("Req"+r[0]+"PostDataFormula", r[3])
	}
	b.WriteString("</document></database>")
	return []byte(b.String())
}

const (
	rrset   = `cfg_URL + "/domains/" + cfg_DnsZone + "/rrsets/`
	goodURL = rrset + `validation/TXT/"`
	body    = `"{\"name\":\"" + param_DnsTxtName + "\",\"value\":\"" + param_DnsTxtValue + "\"}"`
)

// What a document sends is looked at before it leaves: each request that may write, by its method or its operation, has
// to be for the target, in both phases.
func TestWritesNameTheirTarget(t *testing.T) {
	t.Parallel()
	add := [4]string{"Add", "P", cfgRecords, body}
	for _, c := range []struct {
		what     string
		requests [][4]string
		remove   bool
		seen     string
		leave    int // requests that may leave before
	}{
		{"Add for another name", [][4]string{{"Add", "P", cfgRecords, `"{\"name\":\"victim\"}"`}}, false, "does not name validation", 0},
		{"Add for a name that only begins alike", [][4]string{{"Add", "P", cfgRecords, `"{\"name\":\"validation2\"}"`}}, false, "does not name validation", 0},
		{"Add in another zone", [][4]string{{"Add", "P", `cfg_URL + "/domains/slow.dedyn.io/rrsets/validation/TXT/"`, `"x"`}}, false, "does not name the zone", 0},
		{"Add by GET", [][4]string{{"Add", "G", `cfg_URL + "/?action=new&name=victim&zone=" + cfg_DnsZone`, ""}}, false, "does not name validation", 0},
		{"Add after a fragment", [][4]string{{"Add", "P", rrset + `victim/TXT/#validation"`, body}}, false, "a #", 0},
		{"Add with an escaped slash", [][4]string{{"Add", "P", rrset + `victim%2fTXT?validation"`, body}}, false, "an escaped slash", 0},
		{"a query with an empty part", [][4]string{{"QryAdd", "G", rrset + `/TXT/"`, ""}, add}, false, "would be empty", 0},
		{"a look-up that writes", [][4]string{{"Lookup", "P", `cfg_URL + "/zones"`, `"{}"`}, add}, false, "does not name validation", 0},
		{"a query that deletes", [][4]string{{"QryAdd", "D", rrset + `victim/TXT/"`, ""}, add}, false, "does not name validation", 0},
		{"a removal elsewhere stops the writing", [][4]string{add, {"Del", "D", rrset + `victim/TXT/"`, ""}}, false, "does not name validation", 0},
		{"a query of the removal elsewhere, too", [][4]string{add, {"QryDel", "D", rrset + `victim/TXT/"`, ""}, {"Del", "D", goodURL, ""}}, false, "does not name validation", 0},
		{"Add that an answer leads astray", [][4]string{{"QryAdd", "G", goodURL, ""}, {"Add", "P", cfgRecords, `"{\"name\":\"victim" + @Text(ret_QryAddStatus) + "\"}"`}}, false, "does not name validation", 1},
		{"a status in the place of the zone's id", [][4]string{{"QryAdd", "G", goodURL, ""}, {"Add", "P", `cfg_URL + "/domains/slow.dedyn.io/rrsets/"`, `"{\"subname\":\"validation\",\"value\":\"" + @Text(ret_QryAddStatus) + "\"}"`}}, false, "does not name the zone", 1},
		{"removing elsewhere", [][4]string{add, {"Del", "D", rrset + `victim/TXT/"`, ""}}, true, "does not name validation", 0},
		{"removing by GET elsewhere", [][4]string{add, {"Del", "G", `cfg_URL + "/?action=del&name=victim"`, ""}}, true, "does not name validation", 0},
		{"removing by an id that nobody gave", [][4]string{add, {"Del", "D", `cfg_URL + "/records/17"`, ""}}, true, "does not name validation", 0},
		{"removing by an id that did not come", [][4]string{add, {"Del", "D", `cfg_URL + "/records/" + retJSON_Add.id`, ""}}, true, "does not name validation", 0},
		{"removing what an answer leads to", [][4]string{add, {"QryDel", "G", goodURL, ""}, {"Del", "D", rrset + `victim" + @Text(ret_QryDelStatus) + "/TXT/"`, ""}}, true, "does not name validation", 1},
	} {
		s, i := newStand(t), newInstallation(t)
		i.add(t, s, "name: desec\nconfiguration: "+i.configuration(t, "dxl", dxl(c.requests...))+"\nzones: [martdj.dedyn.io]", "account: {cfg_AuthToken: x}\n")
		change := [2][]store.Publication{publications(validation(), "v1"), nil}
		if c.remove {
			change[0], change[1] = change[1], change[0]
		}
		_, err := i.Change(t.Context(), change[0], change[1])
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument || f.Who != fault.Admin || !strings.Contains(f.Seen, c.seen) || f.Do == "" {
			t.Errorf("%s: %v", c.what, err)
		}
		if !errors.Is(err, store.ErrNothingSent) {
			t.Errorf("%s: it does not say that nothing was sent that writes: %v", c.what, err)
		}
		if got := s.requests(); len(got) != c.leave || s.count("GET") != c.leave {
			t.Errorf("%s: let leave %q", c.what, got)
		}
	}
}

// A slash at the end of the API's address is not an empty part of a path.
func TestSlashAtTheEndOfTheAddress(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"api_base", "cfg_URL"} {
		s, i := newStand(t), newInstallation(t)
		head := "deputy: dns-provider/1\nname: desec\nconfiguration: " + i.configuration(t, "dxl", dxl([4]string{"Add", "P", goodURL, body})) +
			"\nzones: [martdj.dedyn.io]\nallow: {plain_http: true, addresses: [127.0.0.0/8], hosts: [\"" + strings.TrimPrefix(s.URL, "http://") + "\"]}\n"
		tail := "api_base: " + s.URL + "/api//\naccount: {cfg_AuthToken: x}\n"
		if field == "cfg_URL" {
			tail = "account: {cfg_AuthToken: x, CFG_url: \"" + s.URL + "/api//\"}\n"
		}
		d, err := Parse([]byte(head+tail), files, environment)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := i.Registry.Add(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		_, _ = i.Change(t.Context(), publications(validation(), "v1"), nil)
		wantRequests(t, s, `POST /api/domains/martdj.dedyn.io/rrsets/validation/TXT/ {"name":"validation.martdj.dedyn.io","value":"v1"}`)
	}
}

const cfgRecords = `cfg_URL + "/zones/" + cfg_DnsZone + "/records"`

// recorded is a run of a published document, as the room of DNS Configurations has it: inputs, and answers by operation.
type recorded struct {
	file     string
	in       dnsconfig.DXLInputs
	sections map[string]string
}

func readRecorded(t *testing.T, path string) recorded {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := recorded{sections: map[string]string{}}
	section := ""
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSuffix(line, "\n")
		if inner, ok := strings.CutPrefix(line, "-- "); ok {
			section = strings.TrimSuffix(inner, " --")
			continue
		}
		r.sections[section] += line + "\n"
	}
	r.in.Account = map[string]secret.Value{}
	for line := range strings.Lines(r.sections["inputs"]) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch {
		case key == "file":
			r.file = value
		case key == "param_RegisteredDomain":
			r.in.RegisteredDomain = value
		case key == "param_DnsTxtName":
			r.in.TXTName = value
		case key == "param_DnsTxtValue":
			r.in.TXTValue = value
		case strings.HasPrefix(key, "cfg_"):
			r.in.Account[key] = secret.New(value)
		}
	}
	return r
}

// target is where the run writes.
func (r recorded) target() store.Target {
	t := store.Target{Zone: name.MustParseOwner(r.in.RegisteredDomain), Owner: name.MustParseOwner(r.in.TXTName), Cert: name.MustParseOwner("www.example.org")}
	switch {
	case !lookUp(r.in.Account, cfgCustomValue).IsZero():
		t.Domain, t.Zone = t.Zone, name.MustParseOwner(lookUp(r.in.Account, cfgZone).Reveal())
		t.Owner, _ = t.Zone.Child(lookUp(r.in.Account, cfgCustomValue).Reveal())
	case strings.Contains(r.file, "acmedns"): // its subdomain is the label of the target
		t.Owner, _ = t.Zone.Child(lookUp(r.in.Account, cfgZone).Reveal())
	}
	return t
}

func (r recorded) answer(op dnsconfig.Op) (answer dnsconfig.Response) {
	answer.Status = 200
	if text, ok := r.sections[string(op)+" answer"]; ok {
		line, body, _ := strings.Cut(text, "\n")
		answer.Body = []byte(body)
		_, _ = fmt.Sscan(line, &answer.Status)
	}
	return answer
}

// Every request of every published document passes, in the same process and with what it remembered.
func TestPublishedRequestsAreInPlace(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../dnsconfig/testdata/dxl/*.txt")
	if err != nil || len(paths) < 11 {
		t.Fatalf("%d runs, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			r := readRecorded(t, path)
			file, err := dnsconfig.ImportDXL(published(t, r.file))
			if err != nil {
				t.Fatal(err)
			}
			a := &account{configuration: configuration{dxl: file.Configurations[0]}, redactor: newRedaction(nil)}
			j := &dxlJob{changing: &changing{account: a}, target: r.target(), in: r.in, run: a.dxl.Start(r.in)}
			if err := j.rehearse(); err != nil {
				t.Errorf("rehearsal: %v", err)
			}
			r.pass(t, j, dnsconfig.Lookup, dnsconfig.QryAdd, dnsconfig.Add)
			if _, err := j.run.Status(); err != nil {
				t.Fatal(err)
			}
			remembered, err := j.run.Context()
			if err != nil {
				t.Fatal(err)
			}
			r.pass(t, j, dnsconfig.QryDel, dnsconfig.Del)
			if j.run, err = a.dxl.Resume(r.in, remembered); err != nil {
				t.Fatal(err)
			}
			r.pass(t, j, dnsconfig.QryDel, dnsconfig.Del)
		})
	}
}

func (r recorded) pass(t *testing.T, j *dxlJob, ops ...dnsconfig.Op) {
	t.Helper()
	for _, op := range ops {
		request, skipped, err := j.run.Request(op)
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		if skipped == "" {
			if err := j.inPlace(j.run, request); err != nil {
				t.Errorf("%s: %v", op, err)
			}
			if err := j.run.Read(op, r.answer(op)); err != nil {
				t.Fatal(err)
			}
		}
		if op == dnsconfig.Lookup {
			if err := j.run.LookupCustom(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// An Add or Del by GET is a write: no redirect of it is followed.
func TestWriteByGETIsNotRedirected(t *testing.T) {
	t.Parallel()
	for _, remove := range []bool{false, true} {
		s, i := newStand(t), newInstallation(t)
		url := `cfg_URL + "/?name=validation&zone=" + cfg_DnsZone`
		i.add(t, s, "name: desec\nconfiguration: "+i.configuration(t, "dxl", dxl([4]string{"Add", "G", url, ""}, [4]string{"Del", "G", url, ""}))+"\nzones: [martdj.dedyn.io]",
			"account: {cfg_AuthToken: x}\n")
		s.interfere("GET", answer(302, http.Header{"Location": {"/elsewhere"}}, ``, false))
		change := [2][]store.Publication{publications(validation(), "v1"), nil}
		if remove {
			change[0], change[1] = change[1], change[0]
		}
		_, err := i.Change(t.Context(), change[0], change[1])
		wantFault(t, "redirect", err, fault.HostRedirected, "/elsewhere")
		if errors.Is(err, store.ErrNothingSent) {
			t.Error("it says that nothing was sent")
		}
		if got := s.requests(); len(got) != 1 {
			t.Errorf("requests %q, want one", got)
		}
	}
}

// Change says whether a write may have left.
func TestNothingSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, file, tail string
		meddle           func(s *stand)
		nothing          bool
	}{
		{"native, the zone can't be found", "", "", func(s *stand) { s.interfere("GET", answer(403, jsonHeader(), `{}`, false)) }, true},
		{"native, the write is refused", "", "", func(s *stand) { s.interfere("PUT", answer(403, jsonHeader(), `{}`, false)) }, false},
		{"native, no answer", "", "", func(s *stand) { s.interfere("PUT", lose(false)) }, false},
		{"native, nobody listens", "", "", func(s *stand) { s.Close() }, true},
		{"DXL, nobody listens", articleFile, "", func(s *stand) { s.Close() }, true},
		{"DXL, the query fails", hclFile, "", func(s *stand) { s.interfere("GET", answer(500, jsonHeader(), `{}`, false)) }, true},
		{"DXL, the write is refused", hclFile, "", func(s *stand) { s.interfere("PUT", answer(403, jsonHeader(), `{}`, false)) }, false},
		{"DXL, what comes before the write writes", articleFile, "", func(s *stand) { s.interfere("POST", answer(403, jsonHeader(), `{}`, false)) }, false},
		{"DXL, throttled for an hour", articleFile, "", func(s *stand) {
			s.interfere("DELETE", answer(429, jsonHeader("Retry-After", "3600"), `{}`, false))
		}, false},
	} {
		s := newStand(t)
		var i *installation
		if c.file == "" {
			i = newInstallation(t)
			i.native(t, s)
		} else {
			i = withDXL(t, s, c.file, "martdj.dedyn.io", c.tail)
		}
		c.meddle(s)
		_, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
		if err == nil || errors.Is(err, store.ErrNothingSent) != c.nothing {
			t.Errorf("%s: nothing sent is %v: %v", c.what, !c.nothing, err)
		}
		if strings.Contains(fmt.Sprint(err), store.ErrNothingSent.Error()) {
			t.Errorf("%s: the mark is in the text: %v", c.what, err)
		}
	}
}
