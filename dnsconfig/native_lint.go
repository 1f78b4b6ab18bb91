package dnsconfig

import (
	"fmt"
	"slices"
	"strings"
)

// Lint says what is doubtful in the document as far as that shows without a network, one sentence each: what is never
// used or can never run, what is left open, and where secrets will be seen.
func (n *Native) Lint() []string {
	l := &lint{n: n, reads: n.reads()}
	l.head()
	l.account()
	l.session()
	l.limits()
	l.style()
	l.usual()
	for _, op := range nativeOps() {
		if c := n.calls[op]; c != nil {
			l.call(c)
		}
	}
	return l.findings
}

type lint struct {
	n        *Native
	reads    reads
	findings []string
}

func (l *lint) say(format string, arguments ...any) {
	l.findings = append(l.findings, fmt.Sprintf(format, arguments...))
}

func (l *lint) head() {
	if len(l.n.about.Documentation) == 0 {
		l.say("documentation is missing: name the pages that the document was made from")
	}
	if l.n.about.Version == "" {
		l.say("version is missing: nobody can tell this document from a later one")
	}
}

func (l *lint) account() {
	if len(l.n.about.Fields) == 0 {
		l.say("the account has no fields: anybody could make these requests")
	}
	for _, f := range l.n.about.Fields {
		// Whoever reads the account as a whole is found by none of its fields.
		if !l.reads.any("account." + f.Name) {
			l.say("nothing uses the account field %s", f.Name)
		}
		if f.Help == "" && f.Needed {
			l.say("the account field %s has no help: where does one get it?", f.Name)
		}
		if !f.Secret && soundsSecret(f.Name) {
			l.say("the account field %s is not marked secret, and will be shown and logged", f.Name)
		}
	}
}

// soundsSecret says that a field of this name is nearly always a credential.
func soundsSecret(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "_"), func(word string) bool {
		return slices.Contains([]string{"token", "secret", "password", "passwd", "private"}, word)
	})
}

func (l *lint) session() {
	login := l.n.calls[Login]
	if login == nil {
		return
	}
	for _, kept := range login.session {
		if !l.reads.any("session." + kept.name) {
			l.say("nothing uses session.%s, which login keeps", kept.name)
		}
	}
}

func (l *lint) limits() {
	limits := l.n.limits
	for _, ttl := range limits.TTLs {
		if ttl < limits.MinimumTTL {
			l.say("ttls has %d, which is below minimum_ttl %d", ttl, limits.MinimumTTL)
		}
	}
}

func (l *lint) style() {
	n := l.n
	both := n.Has(AddSome) && n.Has(Remove)
	for _, op := range []Op{Replace, Create} {
		if n.about.Style == "rrset" && both && n.Has(op) {
			l.say("%s never runs: add and remove write", op)
		}
	}
	if n.about.Style == "rrset" && n.Has(AddSome) && n.Has(Create) && !both {
		l.say("create never runs: add writes")
	}
	if n.about.Style == "rrset" && n.Has(Remove) && n.Has(Delete) {
		l.say("delete never runs: remove writes")
	}
	if n.about.Style == "single" && !n.Has(Clear) && n.limits.Values == 1 {
		l.say("clear is missing: the last value stays at the host")
	}
	if n.Has(Poll) && !slices.ContainsFunc(nativeOps(), func(op Op) bool { return n.Has(op) && n.calls[op].job != nil }) {
		l.say("poll never runs: no call gives a job")
	}
}

func (l *lint) call(c *call) {
	l.address(c)
	l.outcomes(c)
	if (changes(c.op) || c.op == Logout) && c.method == "GET" {
		l.say("%s changes something by GET, which caches and proxies may repeat", c.op)
	}
	if reading := !changes(c.op) && c.op != Login && c.op != Logout; reading && c.method != "GET" && c.method != "POST" {
		l.say("%s only reads, and its method %s is for changes: it will be refused", c.op, c.method)
	}
	used := reads{}
	used.request(c)
	used.headers(l.n.header)
	l.leaves(c)
	l.unset(c, used)
	l.uses(c, used)
	l.fixedTTL(c)
}

// address names what a host's logs will hold.
func (l *lint) address(c *call) {
	r := reads{}
	for _, v := range []value{c.path, c.query, c.parameters} {
		seeValue(shown{r}, v)
	}
	for _, f := range l.n.about.Fields {
		if f.Secret && r.any("account."+f.Name) {
			l.say("%s has the secret account.%s in its address: it will stand in the host's logs", c.op, f.Name)
		}
	}
	login := l.n.calls[Login]
	if login == nil {
		return
	}
	for _, kept := range login.session {
		if soundsSecret(kept.name) && r.any("session."+kept.name) {
			l.say("%s has session.%s in its address: it will stand in the host's logs", c.op, kept.name)
		}
	}
}

func (l *lint) outcomes(c *call) {
	path := reads{}
	path.value(c.path)
	_, absent := c.named[Absent]
	switch {
	case absent:
	case c.op == Read && c.method == "GET" && path.any("name", "fqdn", "label"):
		l.say("read names no absent: a name without values is 404 at most hosts")
	case c.op == Delete && c.method == "DELETE":
		l.say("delete names no absent: what is gone already is 404 at most hosts")
	}
	creates := []Op{Create, Replace, AddSome, Write}
	if _, exists := c.named[Exists]; exists && !slices.Contains(creates, c.op) {
		l.say("exists means nothing in %s, which creates nothing", c.op)
	}
	if _, expired := c.named[Expired]; expired && !l.n.Has(Login) && !slices.Contains(c.inherited, string(Expired)) {
		l.say("%s names expired, and there is no login", c.op)
	}
}

// uses says what a call leaves out that it can hardly be without.
func (l *lint) uses(c *call, used reads) {
	wants := map[Op][]string{
		Replace: {"values"}, AddSome: {"values"}, Remove: {"values"}, Write: {"value"}, Item: {"id", "record"}, Poll: {"job"},
		Create: {"value", "values"},
	}[c.op]
	removal := c.op == Delete && l.n.about.Style == "record"
	if removal {
		wants = []string{"id", "value", "record"}
	}
	if len(wants) > 0 && !used.any(wants...) {
		l.say("%s does not use %s", c.op, words(wants, "or"))
	}
	if removal || slices.Contains([]Op{Login, Logout, Zones, Item, Commit, Poll}, c.op) {
		return
	}
	used.answer(c)
	if !used.any("name", "fqdn", "label", "zone_name", "found") {
		l.say("%s does not use name, fqdn or label: it does the same for every name", c.op)
	}
}

// fixedTTL finds a TTL that is written out, and below what the host takes.
func (l *lint) fixedTTL(c *call) {
	for _, ttl := range fixedTTLs(c.content.value) {
		if ttl < l.n.limits.MinimumTTL {
			l.say("%s sends the TTL %d, which is below minimum_ttl %d", c.op, ttl, l.n.limits.MinimumTTL)
		}
	}
}

func fixedTTLs(v value) []int {
	var all []int
	switch x := v.(type) {
	case list:
		for _, element := range x {
			all = append(all, fixedTTLs(element)...)
		}
	case object:
		for _, m := range x {
			all = append(all, fixedTTLs(m.value)...)
			if ttl, isNumber := numberIn(m.value); isNumber && strings.EqualFold(m.key, "ttl") {
				all = append(all, ttl)
			}
		}
	}
	return all
}

func numberIn(v value) (int, bool) {
	c, ok := v.(constant)
	if !ok {
		return 0, false
	}
	ttl, err := asNumber(c.v)
	return ttl, err == nil
}
