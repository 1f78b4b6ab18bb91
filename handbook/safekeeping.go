package handbook

import (
	"fmt"
	"slices"
	"strings"
)

func (p *page) safekeeping() {
	p.head(2, "safekeeping", "Keys, secrets and backup")
	state := or(p.State, "STATE")
	var t table
	t.row("Everything", code(p.path("deputy.db")), ": certificates, accounts, DNS Providers, history. One SQLite file, with ", code("deputy.db-wal"), " and ", code("deputy.db-shm"), " beside it while deputy runs. The secrets in it are sealed")
	if p.MasterKey == "" {
		t.row("The master key", code(p.path("master.key")), " opens the sealed secrets. ", strong("Without it the backup of the database can't be used"))
	} else {
		t.row("The master key", p.MasterKey, ". It opens the sealed secrets. ", strong("Without it the backup of the database can't be used"))
	}
	t.row("Certificates", code(p.path("certificates")), ": what servers read. The private keys there are not sealed; they are in the database too")
	t.row("Settings", code(p.path("deputy.yaml")))
	t.row("DNS credentials", "in the database, sealed. A lost one is not a catastrophe: make another at the DNS host")
	t.row("Account keys", "in the database, sealed. A lost one is not a catastrophe either: make another account, unless a CAA record names the account")
	p.add(t)
	p.head(3, "backup", "Back up")
	p.say("Back up the whole state directory, and the master key ", strong("to another place"), ": whoever has both has everything. The private keys in ", code("certificates"), " are not sealed, so keep a backup of that folder as you keep keys, or leave it out (", code("--exclude=./certificates"), "): a renewal writes it again. Keep a copy of the program with the backup, and of what lies outside the state directory: the files that the settings name, timers, cron lines. While deputy may be running, this gives a whole copy of the database (it needs the program sqlite3):")
	p.show("umask 077", "sqlite3 "+quoted(p.path("deputy.db"))+` ".backup '/BACKUP/deputy.db'"`)
	p.say("Or with deputy stopped, and then the three files of the database together or not at all:")
	lines := append(p.stop(),
		"pgrep -x deputy   # must print nothing",
		"umask 077",
		"tar -czf /BACKUP/deputy-state.tar.gz --exclude=master.key -C "+quoted(state)+" .")
	if p.MasterKey == "" {
		lines = append(lines, "cp -p "+quoted(p.path("master.key"))+" /ANOTHER-PLACE/")
	}
	if p.Binary != "" {
		lines = append(lines, "cp -p "+quoted(p.Binary)+" /BACKUP/")
	}
	p.show(append(lines, p.start()...)...)
	p.restore(state)
}

func (p *page) restore(state string) {
	p.head(3, "restore", "Restore")
	program := or(p.Binary, "/usr/local/bin/deputy")
	p.step("Install deputy (one file: ", code("install -D -m 755 /BACKUP/deputy "+quoted(program)), "), the same version or a newer one", p.versionNote(), ".")
	p.step("Put the state back. Nothing of deputy may run meanwhile. Never put a ", code("deputy.db"), " beside the ", code("-wal"), " file of another:")
	lines := []string{
		"mkdir -p -m 700 " + quoted(state),
		"tar -xzf /BACKUP/deputy-state.tar.gz -C " + quoted(state),
	}
	if p.MasterKey == "" {
		lines = append(lines, "cp /ANOTHER-PLACE/master.key "+quoted(state), "chmod 600 "+quoted(p.path("master.key")))
	}
	lines = append(lines, "chmod 700 "+quoted(state))
	if p.User != "" {
		lines = append(lines, "chown -R "+quoted(p.User+":")+" "+quoted(state))
	}
	p.show(lines...)
	p.say("From a copy by sqlite3 alone: put it there as ", code("deputy.db"), ", with ", code("deputy.yaml"), " and no ", code("-wal"), " and ", code("-shm"), " beside it. The files of the certificates are written by their next renewal, or now by this:")
	for _, c := range p.Certificates {
		p.show(p.deputy("renew", c.Name, "--force"))
	}
	p.step("See that it works, and renew:")
	p.show(p.deputy("list"), p.deputy("check", p.exampleName()), p.deputy("renew"))
	p.step("Let it ", link{"run by itself", "runs"}, " again. The old machine must not run any more with the same state.")
}

func (p *page) versionNote() string {
	if p.Version == "" {
		return ""
	}
	return " (here it is " + p.Version + ")"
}

// stop are commands that keep deputy from being started.
func (p *page) stop() []string {
	var lines []string
	for _, r := range p.Runs {
		switch {
		case strings.HasSuffix(r.Where, ".timer"):
			lines = append(lines, "systemctl stop "+quoted(unit(r.Where)))
		default:
			lines = append(lines, "# put a # before deputy's lines in "+clean(r.Where, false))
		}
	}
	if len(lines) == 0 {
		lines = []string{"systemctl stop 'deputy*.timer'   # with cron: put a # before deputy's lines"}
	}
	return lines
}

func (p *page) start() []string {
	var lines []string
	for _, r := range p.Runs {
		switch {
		case strings.HasSuffix(r.Where, ".timer"):
			lines = append(lines, "systemctl start "+quoted(unit(r.Where)))
		default:
			lines = append(lines, "# and remove it again in "+clean(r.Where, false))
		}
	}
	if len(lines) == 0 {
		lines = []string{"systemctl start deputy-renew.timer   # and what else was stopped"}
	}
	return lines
}

// unit is a systemd unit's name, of its name or its file.
func unit(where string) string { return where[strings.LastIndex(where, "/")+1:] }

func providerAnchor(q Provider) string { return slug("provider-" + q.Name) }

func documentFile(q Provider) string { return slug(q.Name) + ".yaml" }

// document is the DNS Provider as a document to fill credentials into.
func document(q Provider) string {
	var out strings.Builder
	fmt.Fprintf(&out, "deputy: dns-provider/1\nname: %s\nconfiguration: %s\n", scalar(q.Name), scalar(q.Configuration))
	var zones []string
	for _, z := range q.Zones {
		zones = append(zones, scalar(z.String()))
	}
	fmt.Fprintf(&out, "zones: [%s]\n", strings.Join(zones, ", "))
	if len(q.Fields) > 0 {
		out.WriteString("account:\n")
		for _, field := range q.Fields {
			fmt.Fprintf(&out, "  %s: {file: %s}\n", scalar(field), scalar(slug(field)))
		}
	}
	if len(q.RegisteredDomains) > 0 {
		var domains []string
		for _, d := range q.RegisteredDomains {
			domains = append(domains, scalar(d.String()))
		}
		fmt.Fprintf(&out, "registered_domains: [%s]\n", strings.Join(domains, ", "))
	}
	for _, line := range [][2]string{{"custom_value", q.CustomValue}, {"api_base", logIn.ReplaceAllString(q.APIBase, "://")}, {"contact", q.Contact}} {
		if line[1] != "" {
			fmt.Fprintf(&out, "%s: %s\n", line[0], scalar(line[1]))
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// scalar is a string in YAML, in quotes unless it is a plain word (YAML 1.2 §7.3.1; of Go's escapes, clean leaves only those
// that YAML has too).
func scalar(text string) string {
	reserved := slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(text))
	if !reserved && plainScalar.MatchString(text) {
		return text
	}
	return fmt.Sprintf("%q", clean(text, false))
}
