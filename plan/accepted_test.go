package plan

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/goccy/go-yaml"
	hclpos "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"deputy/name"
)

// program is where a program of Debian's is, or "" (then the reason is logged, and the test skipped).
func program(t *testing.T, command, pack string) string {
	t.Helper()
	for _, folder := range []string{"", "/usr/sbin/", "/usr/bin/"} {
		if path, err := exec.LookPath(folder + command); err == nil {
			return path
		}
	}
	t.Skipf("left out: %s is not there (Debian's package %s)", command, pack)
	return ""
}

// wanted are the records of a request's zone, as OWNER TYPE VALUE, sorted.
func (r Request) wanted(t *testing.T, zone name.Name) []string {
	t.Helper()
	shares, err := r.shares()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range shares {
		for _, e := range s.asked() {
			value := e.value
			if e.kind == kindCNAME {
				value = e.target.FQDN()
			}
			if s.zone == zone {
				all = append(all, e.owner.FQDN()+" "+e.kind+" "+value)
			}
		}
	}
	slices.Sort(all)
	return all
}

// each calls check with every request's parts in a format, and compares the records that it reads out of them.
func accepted(t *testing.T, format string, read func(t *testing.T, p Part) []string) {
	t.Helper()
	for title, r := range requests() {
		parts, err := Parts(format, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			got := read(t, p)
			slices.Sort(got)
			if want := r.wanted(t, p.Zone); !slices.Equal(got, want) {
				t.Errorf("%s as %s holds\n  %s\nwant\n  %s\nin\n%s", title, format, strings.Join(got, "\n  "), strings.Join(want, "\n  "), p.Text)
			}
		}
	}
}

// qualified is a relative name of zone, "@" and "" being the zone.
func qualified(label string, zone name.Name) string {
	if label == "@" || label == "" {
		return zone.FQDN()
	}
	return label + "." + zone.FQDN()
}

func TestZoneFilesAreAccepted(t *testing.T) {
	t.Parallel()
	check := program(t, "named-checkzone", "bind9-utils")
	for _, format := range []string{"bind", "zone"} {
		accepted(t, format, func(t *testing.T, p Part) []string {
			file := filepath.Join(t.TempDir(), "zone")
			text := "$TTL 60\n@ IN SOA ns.example. root.example. 1 60 60 60 60\n@ IN NS ns.example.\n" + p.Text
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(check, "-q", "-D", "-o", "-", p.Zone.FQDN(), file).CombinedOutput()
			if err != nil {
				t.Fatalf("named-checkzone: %v\n%s\n%s", err, out, text)
			}
			return recordsOf(string(out))
		})
	}
}

// recordsOf reads what named-checkzone prints.
func recordsOf(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 5 || f[3] != kindCNAME && f[3] != kindCAA {
			continue
		}
		value := strings.Join(f[4:], " ")
		if f[3] == kindCAA {
			value = strings.Trim(strings.TrimPrefix(value, "0 issue "), `"`)
		}
		all = append(all, unescaped(f[0])+" "+f[3]+" "+unescaped(value))
	}
	return all
}

// unescaped takes the escapes of zone files away, which BIND writes as a backslash before the character.
func unescaped(text string) string { return strings.ReplaceAll(text, `\`, "") }

func TestTerraformIsAccepted(t *testing.T) {
	t.Parallel()
	accepted(t, "terraform", func(t *testing.T, p Part) []string {
		file, problems := hclsyntax.ParseConfig([]byte(p.Text), p.File, hclpos.InitialPos)
		if problems.HasErrors() {
			t.Fatalf("%v\n%s", problems, p.Text)
		}
		var got []string
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			if block.Type != "locals" {
				continue
			}
			for _, attribute := range block.Body.Attributes {
				table, problems := attribute.Expr.Value(nil)
				if problems.HasErrors() {
					t.Fatalf("%v\n%s", problems, p.Text)
				}
				for key, record := range table.AsValueMap() {
					fields := record.AsValueMap()
					value := fields["value"].AsString()
					if fields["type"].AsString() == kindCAA {
						value = strings.Trim(strings.TrimPrefix(value, "0 issue "), `"`)
					}
					if owner := qualified(fields["name"].AsString(), p.Zone); owner != key+"." {
						t.Errorf("the key of %s is %s", owner, key)
					}
					got = append(got, key+". "+fields["type"].AsString()+" "+value)
				}
			}
		}
		return got
	})
}

func TestOctoDNSIsAccepted(t *testing.T) {
	t.Parallel()
	accepted(t, "octodns", func(t *testing.T, p Part) []string {
		var zone yaml.MapSlice
		if err := yaml.UnmarshalWithOptions([]byte(p.Text), &zone, yaml.UseOrderedMap()); err != nil {
			t.Fatalf("%v\n%s", err, p.Text)
		}
		var got, keys []string
		for _, item := range zone {
			keys = append(keys, item.Key.(string))
			record := item.Value.(yaml.MapSlice).ToMap()
			value := fmt.Sprint(record["value"])
			if caa, ok := record["value"].(yaml.MapSlice); ok {
				value = fmt.Sprint(caa.ToMap()["value"])
			}
			got = append(got, qualified(item.Key.(string), p.Zone)+" "+fmt.Sprint(record["type"])+" "+value)
		}
		if !slices.IsSortedFunc(keys, natural) {
			t.Errorf("octoDNS enforces the order of keys: %q", keys)
		}
		return got
	})
}

func TestNaturalOrder(t *testing.T) {
	t.Parallel()
	want := []string{"", "1", "2a", "10", "_a", "a", "a2", "a10", "a10b", "a.b", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	if slices.SortFunc(got, natural); !slices.Equal(got, want) {
		t.Errorf("the order is %q, want %q", got, want)
	}
}

func TestDNSControlIsAccepted(t *testing.T) {
	t.Parallel()
	accepted(t, "dnscontrol", func(t *testing.T, p Part) []string {
		var got []string
		machine := goja.New()
		for call, f := range map[string]any{
			"TTL":   func(seconds int) int { return seconds },
			"CNAME": func(label, target string, _ int) string { return qualified(label, p.Zone) + " CNAME " + target },
			"CAA":   func(label, tag, value string, _ int) string { return qualified(label, p.Zone) + " CAA " + value },
			"D_EXTEND": func(zone string, records ...string) {
				if zone != p.Zone.String() {
					t.Errorf("D_EXTEND of %s, want %s", zone, p.Zone)
				}
				got = append(got, records...)
			},
		} {
			if err := machine.Set(call, f); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := machine.RunString(p.Text); err != nil {
			t.Fatalf("%v\n%s", err, p.Text)
		}
		return got
	})
}

// strictly decodes one document in which nothing is unknown.
func strictly(t *testing.T, text string, value any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("something follows the document: %v", err)
	}
}

func TestRoute53IsAccepted(t *testing.T) {
	t.Parallel()
	octal := regexp.MustCompile(`\\([0-7]{3})`)
	plain := func(s string) string {
		return octal.ReplaceAllStringFunc(s, func(m string) string {
			var c int
			fmt.Sscanf(m[1:], "%o", &c)
			return string(rune(c))
		})
	}
	accepted(t, "route53", func(t *testing.T, p Part) []string {
		var batch struct { // ChangeResourceRecordSets of the API's reference
			Comment string
			Changes []struct {
				Action            string
				ResourceRecordSet struct {
					Name, Type      string
					TTL             int
					ResourceRecords []struct{ Value string }
				}
			}
		}
		strictly(t, p.Text, &batch)
		var got []string
		for _, c := range batch.Changes {
			set := c.ResourceRecordSet
			if c.Action != "CREATE" || set.TTL != ttl || len(set.ResourceRecords) != 1 || len(batch.Comment) > 256 {
				t.Errorf("%+v", c)
			}
			value := plain(set.ResourceRecords[0].Value)
			if set.Type == kindCAA {
				value = strings.Trim(strings.TrimPrefix(value, "0 issue "), `"`)
			}
			got = append(got, plain(set.Name)+" "+set.Type+" "+value)
		}
		return got
	})
}

func TestCloudflareIsAccepted(t *testing.T) {
	t.Parallel()
	accepted(t, "cloudflare", func(t *testing.T, p Part) []string {
		var batch struct { // POST /zones/{zone_id}/dns_records/batch of the API's reference
			Posts []struct {
				Type, Name, Content, Comment string
				TTL                          int
				Proxied                      *bool
				Data                         *struct {
					Flags      int
					Tag, Value string
				}
			}
		}
		strictly(t, p.Text, &batch)
		var got []string
		for _, post := range batch.Posts {
			value := post.Content + "."
			switch {
			case post.Type == kindCAA && post.Data != nil && post.Data.Tag == "issue":
				value = post.Data.Value
			case post.Proxied == nil || *post.Proxied:
				t.Errorf("%s is not refused a proxy", post.Name)
			}
			if len(post.Comment) > 100 || post.TTL != ttl {
				t.Errorf("%+v", post)
			}
			got = append(got, post.Name+". "+post.Type+" "+value)
		}
		return got
	})
}

func TestCSVAndJSONAreAccepted(t *testing.T) {
	t.Parallel()
	caa := func(value string) string { return strings.Trim(strings.TrimPrefix(value, "0 issue "), `"`) }
	accepted(t, "csv", func(t *testing.T, p Part) []string {
		rows, err := csv.NewReader(strings.NewReader(p.Text)).ReadAll()
		if err != nil || strings.Join(rows[0], " ") != "zone owner name type ttl value purpose optional certificates" {
			t.Fatalf("%v\n%s", err, p.Text)
		}
		var got []string
		for _, row := range rows[1:] {
			got = append(got, row[1]+" "+row[3]+" "+caa(row[5]))
		}
		return got
	})
	accepted(t, "json", func(t *testing.T, p Part) []string {
		var got []string
		for line := range strings.Lines(p.Text) {
			var r jsonRecord
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			if !r.Done {
				got = append(got, r.Owner.FQDN()+" "+r.Type+" "+caa(r.Value))
			}
		}
		return got
	})
	rows, err := csv.NewReader(strings.NewReader(requests()["zones"].written(t, "csv"))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Errorf("the header is written once: %v, %q", err, rows)
	}
}

// A line of PowerShell: a command, then parameters with a plain word or a string in single quotes.
func TestPowerShellIsAccepted(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile(`^(Add-DnsServerResourceRecord(?:CName)?)((?: -[A-Za-z]+ (?:'(?:[^']|'')*'|[A-Za-z0-9:]+))+)$`)
	parameter := regexp.MustCompile(` -([A-Za-z]+) ('(?:[^']|'')*'|[A-Za-z0-9:]+)`)
	accepted(t, "powershell", func(t *testing.T, p Part) []string {
		var got []string
		for line := range strings.Lines(p.Text) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") || line == "$ErrorActionPreference = 'Stop'" {
				continue
			}
			parts := command.FindStringSubmatch(line)
			if parts == nil {
				t.Fatalf("no command: %s", line)
			}
			values := map[string]string{}
			for _, m := range parameter.FindAllStringSubmatch(parts[2], -1) {
				values[m[1]] = strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(m[2], "'"), "'"), "''", "'")
			}
			record := "CNAME " + values["HostNameAlias"]
			if parts[1] == "Add-DnsServerResourceRecord" {
				var octets []byte
				fmt.Sscanf(values["RecordData"], "%x", &octets)
				record = "CAA " + string(bytes.TrimPrefix(octets, []byte("\x00\x05issue")))
			}
			got = append(got, qualified(values["Name"], p.Zone)+" "+record)
			if values["ZoneName"] != p.Zone.String() || values["TimeToLive"] != "01:00:00" {
				t.Errorf("%v", values)
			}
		}
		return got
	})
}
