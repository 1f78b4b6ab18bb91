package plan

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"deputy/name"
)

// account is the one of draft-ietf-acme-dns-account-label's example.
const account = "https://example.com/acme/acct/ExampleAccount"

// requests are those that every format is tried with.
func requests() map[string]Request {
	demohub := Line{
		Names: names("demohub.martdj.nl"), Owner: owner("_acme-challenge.demohub.martdj.nl"),
		Target: owner("2ydbdzjw3p7xazpr4fjvmqtbtu.martdj.dedyn.io"), Zone: owner("martdj.nl"),
	}
	apex := Line{
		Names: names("martdj.nl", "*.martdj.nl"), Owner: owner("_acme-challenge.martdj.nl"),
		Target: owner("cv5yfnu5bfqdxtrnhdq4ecvmnq.martdj.dedyn.io"), Zone: owner("martdj.nl"),
	}
	other := Line{
		Names: names("www.example.org"), Owner: owner("_acme-challenge.www.example.org"),
		Target: owner("j4qv5yfnu5bfqdxtrnhdq4ecvm.martdj.dedyn.io"), Zone: owner("example.org"),
	}
	done := demohub
	done.Done = true
	return map[string]Request{
		"one":    {Lines: []Line{demohub}},
		"zones":  {Lines: []Line{apex, demohub, other}},
		"extras": {Lines: []Line{apex, demohub}, Extras: Extras(), Account: account, Issuer: "letsencrypt.org"},
		"only":   {Lines: []Line{done}, Extras: []Extra{Persist}},
		"done":   {Lines: []Line{done, apex}},
		"all":    {Lines: []Line{done}},
		// Names that DNS allows and syntaxes stumble over; a certificate's own name is never so.
		"odd": {Lines: []Line{{
			Names: names("www.example.org"), Owner: owner("_acme-challenge.www.example.org"),
			Target: owner("it's-${x}-%{y}-`z`-$a.b&c<d>.example.net"), Zone: owner("example.org"),
		}}},
	}
}

func (r Request) written(t *testing.T, format string) string {
	t.Helper()
	text, err := Write(format, r)
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return text
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s: %v, got\n%s", path, err, got)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	want := "text bind zone terraform octodns dnscontrol nsupdate powershell route53 cloudflare csv json mail"
	if got := strings.Join(Formats(), " "); got != want {
		t.Errorf("the formats are %s, want %s", got, want)
	}
	for title, r := range requests() {
		for _, format := range Formats() {
			if format == "mail" {
				continue // TestMail
			}
			golden(t, filepath.Join("formats", title+"."+format), r.written(t, format))
		}
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	for title, r := range requests() {
		for _, language := range Languages() {
			r.Language = language
			text := r.written(t, "mail")
			golden(t, filepath.Join("mail", title+"."+language+".txt"), text)
			for line := range strings.Lines(text) {
				value := strings.HasPrefix(line, "    ") && !strings.Contains(strings.TrimSpace(line), ", ") // never broken
				if n := utf8.RuneCountInString(line); n > 79 && !value {
					t.Errorf("%s, %s: a line of %d characters is too long for a mail: %q", title, language, n-1, line)
				}
				if strings.HasSuffix(line, " \n") || strings.Contains(line, "{{") || strings.Contains(line, "<no value>") {
					t.Errorf("%s, %s: %q", title, language, line)
				}
				if ascii := !strings.ContainsFunc(line, func(c rune) bool { return c > '~' }); !ascii && (language == "en" || language == "nl") {
					t.Errorf("%s, %s: a line is not ASCII: %q", title, language, line)
				}
			}
			if strings.Contains(text, "\n\n\n") || !utf8.ValidString(text) {
				t.Errorf("%s, %s: blank lines follow one another, or it is not UTF-8", title, language)
			}
		}
	}
}

// Whatever a format's golden file says: each name and target that is asked for is in it, and what is there already is not.
func TestFormatsHoldTheRecords(t *testing.T) {
	t.Parallel()
	r := requests()["zones"]
	r.Lines = append(r.Lines, Line{
		Names: names("old.martdj.nl"), Owner: owner("_acme-challenge.old.martdj.nl"), Target: owner("old.martdj.dedyn.io"),
		Zone: owner("martdj.nl"), Done: true,
	})
	for _, format := range Formats() {
		text := r.written(t, format)
		for _, l := range r.Lines[:3] {
			relative, _ := l.Owner.Relative(l.Zone)
			if !strings.Contains(text, l.Target.String()) || !strings.Contains(text, relative) {
				t.Errorf("%s lacks %s to %s:\n%s", format, l.Owner, l.Target, text)
			}
		}
		if told := slices.Contains([]string{"text", "mail", "json"}, format); strings.Contains(text, "old.martdj") != told {
			t.Errorf("%s: that a record is there already is told: %t, want %t", format, !told, told)
		}
	}
}

func TestPartsAreOneZoneEach(t *testing.T) {
	t.Parallel()
	r := requests()["zones"]
	for _, format := range Formats() {
		parts, err := Parts(format, r)
		if err != nil || len(parts) != 2 || parts[0].Zone != owner("martdj.nl") || parts[1].Zone != owner("example.org") {
			t.Errorf("%s: the parts are %v, %v", format, parts, err)
			continue
		}
		if strings.Contains(parts[0].Text, "example.org") || strings.Contains(parts[1].Text, "demohub") {
			t.Errorf("%s: a part tells of another's zone", format)
		}
		if !strings.HasPrefix(parts[0].File, "martdj.nl.") {
			t.Errorf("%s: the file of martdj.nl is %s", format, parts[0].File)
		}
	}
}

// The published vector of draft-ietf-acme-dns-account-label.
func TestAccountLabel(t *testing.T) {
	t.Parallel()
	if got, want := accountLabel(account), "_ujmmovf2vn55tgye"; got != want {
		t.Errorf("the label of %s is %s, want %s", account, got, want)
	}
	r := Request{
		Lines:  []Line{{Names: names("example.org"), Owner: owner("_acme-challenge.example.org"), Target: owner("t.example.net"), Zone: owner("example.org")}},
		Extras: []Extra{AccountLabel}, Account: account,
	}
	if want := "\n_ujmmovf2vn55tgye._acme-challenge.example.org. 3600 IN CNAME t.example.net.\n"; !strings.Contains(r.written(t, "bind"), want) {
		t.Errorf("bind lacks %q:\n%s", want, r.written(t, "bind"))
	}
}

// A method that the CAA record leaves out may not be used (RFC 8657 §4), so it names those that its ticket prepares.
func TestCAANamesTheMethodsOfItsTicket(t *testing.T) {
	t.Parallel()
	for want, extras := range map[string][]Extra{
		"validationmethods=dns-01\"":                               {CAA},
		"validationmethods=dns-01,dns-account-01\"":                {CAA, AccountLabel},
		"validationmethods=dns-01,dns-account-01,dns-persist-01\"": {Persist, CAA, AccountLabel},
	} {
		r := requests()["extras"]
		r.Extras = extras
		if text := r.written(t, "bind"); !strings.Contains(text, want) {
			t.Errorf("%v lacks %q:\n%s", extras, want, text)
		}
	}
	r := requests()["extras"]
	if text := r.written(t, "bind"); strings.Count(text, "IN CAA") != 1 {
		t.Errorf("the CAA record of martdj.nl holds for demohub.martdj.nl too (RFC 8659 section 3):\n%s", text)
	}
}

// The zone of a challenge name that is a zone of its own is not that of its host.
func TestExtraOfAZoneOfItsOwn(t *testing.T) {
	t.Parallel()
	own := owner("_acme-challenge.own.example.org")
	r := Request{
		Lines:  []Line{{Names: names("own.example.org"), Owner: own, Target: owner("t.example.net"), Zone: own}},
		Extras: []Extra{Persist},
	}
	parts, err := Parts("bind", r)
	if err != nil || len(parts) != 2 || parts[0].Zone != own || !parts[1].Zone.IsZero() {
		t.Errorf("parts = %v, %v", parts, err)
	}
	if _, err := Write("zone", r); err == nil || !strings.Contains(err.Error(), "is a zone of its own") {
		t.Errorf("a CNAME at the top of a zone: %v", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	good := requests()["one"].Lines[0]
	other, nowhere, unnamed := good, good, good
	other.Target, nowhere.Zone, unnamed.Names = owner("other.example"), name.Name{}, nil
	for want, c := range map[string]struct {
		format string
		r      Request
	}{
		`no format "yaml"; there are text, bind,`:                                       {"yaml", Request{}},
		`no language "es"; there are en, de, nl, fr`:                                    {"mail", Request{Language: "es"}},
		`no extra record "x"; there are [persist account caa]`:                          {"text", Request{Extras: []Extra{"x"}}},
		`"account" needs the URL of an ACME account`:                                    {"text", Request{Extras: []Extra{AccountLabel}}},
		`needs the CA's name in CAA records`:                                            {"text", Request{Extras: []Extra{CAA}, Account: account}},
		`"https://a.example/;x" is not the URL of an ACME account`:                      {"text", Request{Account: "https://a.example/;x"}},
		`"https://a.example/\n" is not the URL`:                                         {"text", Request{Account: "https://a.example/\n"}},
		`"a;b" is not a CA's name in CAA records`:                                       {"text", Request{Issuer: "a;b"}},
		`_acme-challenge.demohub.martdj.nl can have one CNAME, and two targets`:         {"text", Request{Lines: []Line{good, other}}},
		`a line needs names, an owner and a target`:                                     {"text", Request{Lines: []Line{unnamed}}},
		`needs the zone of _acme-challenge.demohub.martdj.nl, which is not known; text`: {"octodns", Request{Lines: []Line{nowhere}}},
	} {
		if _, err := Write(c.format, c.r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", c.format, err, want)
		}
	}
	for _, format := range []string{"text", "bind", "csv", "json", "mail"} { // these do without
		if text, err := Write(format, Request{Lines: []Line{nowhere}}); err != nil || !strings.Contains(text, "2ydbdzjw3p7xazpr4fjvmqtbtu") {
			t.Errorf("%s of a name whose zone is not known: %v\n%s", format, err, text)
		}
	}
}

// Lines for one owner are one record with all their names.
func TestLinesOfOneOwner(t *testing.T) {
	t.Parallel()
	host, wildcard := requests()["one"].Lines[0], requests()["one"].Lines[0]
	wildcard.Names = names("*.demohub.martdj.nl")
	text := Request{Lines: []Line{host, wildcard}}.written(t, "zone")
	if strings.Count(text, "CNAME") != 1 || !strings.Contains(text, "; for demohub.martdj.nl, *.demohub.martdj.nl\n") {
		t.Errorf("zone:\n%s", text)
	}
}
