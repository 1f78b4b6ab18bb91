package dnsconfig

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Offer is a document of Notes as deputy would have it, for a person to look at and use. No secret is in it.
type Offer struct {
	Name string
	Text string
}

// ProviderOffers are the DnsProvider documents of a file as deputy: dns-provider/1. Where the account has a custom value it
// is for custom value mode, as in Notes; else it follows CNAMEs, which comes to the same for names within its zone. Fields
// that are secret are to be given again, from files: those that the DNS Configuration reads, if that is in the same file,
// else those that Notes has sealed.
func (i Import) ProviderOffers() []Offer {
	var offers []Offer
	for _, p := range i.Providers {
		offers = append(offers, i.providerOffer(p))
	}
	return offers
}

// AccountOffers are the AcmeAccount documents of a file as what to run.
func (i Import) AccountOffers() []Offer {
	var offers []Offer
	for _, a := range i.Accounts {
		offers = append(offers, accountOffer(itemsOf(a)))
	}
	return offers
}

// itemsOf makes the names of items caseless.
func itemsOf(texts map[string]string) map[string]string {
	items := make(map[string]string, len(texts))
	for name, text := range texts {
		items[strings.ToLower(name)] = strings.TrimSpace(text)
	}
	return items
}

func (i Import) providerOffer(texts map[string]string) Offer {
	items := itemsOf(texts)
	domains := strings.FieldsFunc(items["registereddomain"], func(r rune) bool { return strings.ContainsRune("\n,; ", r) })
	zones, zoneID := domains, items[itemZone]
	if domainName(zoneID) {
		zones, zoneID = []string{zoneID}, ""
	}
	o := Offer{Name: providerNameOf(items["accountname"])}
	var b strings.Builder
	fmt.Fprintf(&b, "# from the DNS Provider %s of Notes\n", quoted(items["accountname"]))
	if status, there := items["status"]; there && status != "1" {
		b.WriteString("# it is not enabled there\n")
	}
	fmt.Fprintf(&b, "deputy: dns-provider/1\nname: %s\nconfiguration: %s\n", o.Name, quoted(items[itemName]))
	if len(zones) == 0 {
		b.WriteString("zones: [] # give the zone in which deputy may write: it is not in the document\n")
	} else {
		fmt.Fprintf(&b, "zones: [%s]\n", quotedList(zones))
	}
	if custom := items["cfg_customvalue"]; custom != "" {
		fmt.Fprintf(&b, "registered_domains: [%s]\ncustom_value: %s\n", quotedList(domains), quoted(custom))
	}
	b.WriteString(i.accountOf(items, zoneID))
	o.Text = b.String()
	return o
}

// accountOf writes the account's fields. Secrets are left for a person to give again.
func (i Import) accountOf(items map[string]string, zoneID string) string {
	var b strings.Builder
	wanted := i.readBy(items[itemName])
	for _, f := range accountFields() {
		lower := strings.ToLower(f.name)
		value, there := items[lower]
		switch {
		case lower == "cfg_customvalue", !wanted(lower), !f.secret && value == "":
			continue
		case lower == itemZone:
			value = zoneID
		case f.secret && !there:
			continue
		}
		switch {
		case f.secret:
			fmt.Fprintf(&b, "  %s: {file: %s} # %s: give it again, from a file that only you can read\n", f.name, f.name, f.title)
		case value != "":
			fmt.Fprintf(&b, "  %s: %s\n", f.name, quoted(value))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "account:\n" + b.String()
}

// readBy says which fields the configuration of that name reads; all, where it is not in the file.
func (i Import) readBy(configuration string) func(lower string) bool {
	for _, d := range i.Configurations {
		if d.name == configuration {
			read := d.reads()
			return func(lower string) bool { _, ok := read[lower]; return ok }
		}
	}
	return func(string) bool { return true }
}

// domainName says that a zone is given by its name, not by an id.
func domainName(zone string) bool {
	return regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*\.?$`).MatchString(zone)
}

// providerNameOf makes a name that a DNS Provider can have.
func providerNameOf(account string) string {
	name := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(account, "-")
	name = strings.TrimLeft(name, ".-_")
	name = strings.TrimRight(name[:min(len(name), 63)], "-")
	if name == "" {
		return "imported"
	}
	return name
}

// quoted writes a text so that YAML reads it back, whatever it holds: in its JSON form.
func quoted(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return `""` // a text can always be written
	}
	return strings.ReplaceAll(strings.TrimSpace(b.String()), "\u0085", `\u0085`) // which YAML 1.1 takes for a line end
}

func quotedList(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = quoted(text)
	}
	return strings.Join(all, ", ")
}

// accountOffer says what an ACME account is, and the command that makes one at the same CA. Its key stays in Notes.
func accountOffer(items map[string]string) Offer {
	o := Offer{Name: items["accountname"]}
	command := []string{"deputy account add", "--account", shellQuoted(providerNameOf(o.Name)), "--server", shellQuoted(items["acmedirectoryurl"])}
	email := "no email address"
	if items["acmeemailaddress"] != "" {
		email = "email " + quoted(items["acmeemailaddress"])
		command = append(command, "--email", shellQuoted(items["acmeemailaddress"]))
	}
	if items["acmeeabkid"] != "" {
		command = append(command, "--eab-kid", shellQuoted(items["acmeeabkid"]), "--eab-hmac-key-file", "FILE")
	}
	o.Text = fmt.Sprintf("ACME account %s: directory %s, %s, account key %s in Notes, where it stays\n%s\n",
		quoted(o.Name), quoted(items["acmedirectoryurl"]), email, accountKeyKind(items), strings.Join(command, " "))
	return o
}

// accountKeyKind says of what kind an account's key is in Notes. ReqKeyAlg is E for ECDSA, and presumably R for RSA.
func accountKeyKind(items map[string]string) string {
	switch strings.ToUpper(items["reqkeyalg"]) {
	case "E":
		return strings.TrimSpace("ECDSA " + onlyWord(items["reqkeycurve"]))
	case "R":
		return strings.TrimSpace("RSA " + onlyWord(items["reqkeysize"]))
	}
	return "of no stated kind"
}

func onlyWord(s string) string {
	return regexp.MustCompile(`[^A-Za-z0-9-]`).ReplaceAllString(shortened(s), "")
}

// shellQuoted writes a text from a stranger's file so that a shell takes it as one word.
func shellQuoted(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || slices.Contains([]rune(":/._@+-"), r)
	}
	if s != "" && !strings.HasPrefix(s, "-") && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
