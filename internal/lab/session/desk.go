package session

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Exchange is a request with what became of it.
type Exchange struct {
	Method  string
	URL     string
	Body    string
	Accept  string   // the accept that took it; "" for none
	Error   string   // the kind of error that was answered; "" for none
	Status  int      // of the answer
	Reasons []string // why each accept did not fit, the closest first
}

// Unmatched says that no accept of the session documents the request.
func (e Exchange) Unmatched() bool { return e.Accept == "" }

// String tells an exchange on several lines: what came, and why no accept took it.
func (e Exchange) String() string {
	const shownReasons = 8
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Method, e.URL)
	if e.Body != "" {
		fmt.Fprintf(&b, "\n    body: %.1000s", e.Body)
	}
	fmt.Fprintf(&b, "\n    answered %d", e.Status)
	switch {
	case e.Accept != "":
		b.WriteString(" by " + e.Accept)
	case e.Error != "":
		b.WriteString(" by errors." + e.Error)
	}
	for n, reason := range e.Reasons {
		if n == shownReasons {
			fmt.Fprintf(&b, "\n    - and %d more accepts do not fit", len(e.Reasons)-n)
			break
		}
		b.WriteString("\n    - " + reason)
	}
	return b.String()
}

// desk takes requests, keeps the state and writes everything down.
type desk struct {
	session *Session

	mu        sync.Mutex
	state     *state
	exchanges []Exchange
	counts    map[*accept]int
}

// reply is an answer to be sent.
type reply struct {
	status  int
	headers [][2]string
	body    []byte
}

// take answers one request.
func (d *desk) take(in *incoming) reply {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := Exchange{Method: in.method, URL: "https://" + in.host + "/" + in.path, Body: string(in.body)}
	if in.query != "" {
		e.URL += "?" + in.query
	}
	r, err := d.answer(in, &e)
	if err != nil {
		e.Accept, e.Error = "", "template"
		e.Reasons = append(e.Reasons, err.Error())
		r = reply{status: 500, body: []byte("the session has no answer\n")}
	}
	e.Status = r.status
	d.exchanges = append(d.exchanges, e)
	return r
}

// answer decides about one request, and tells it to e. An error is the session's own: its template failed.
func (d *desk) answer(in *incoming, e *Exchange) (reply, error) {
	a, m, misfits := d.session.find(in, d.state.token)
	if a == nil {
		for _, misfit := range misfits {
			e.Reasons = append(e.Reasons, misfit.String())
		}
		e.Error = blame(misfits)
		return d.reply(d.session.errors[e.Error], d.view(in, &match{session: d.session}), "errors."+e.Error)
	}
	e.Accept = a.file
	touched, outcome := d.state.carryOut(a, m)
	v := d.view(in, m)
	v.fill(d, a, m, touched)
	if outcome == missing && a.answersAbsence(d.session) {
		outcome = done
	}
	if outcome == done {
		return d.reply(a.answer, v, a.file)
	}
	e.Error = outcome
	return d.reply(d.session.errors[outcome], v, "errors."+outcome)
}

// answersAbsence says whether what is not there gets the accept's own answer, and not errors.missing.
func (a *accept) answersAbsence(s *Session) bool {
	if a.absent != "" {
		return a.absent == "answer"
	}
	return a.does == "list" || a.does == "remove" || a.does == "replace" || a.does == "clear" || s.errors[missing] == nil
}

func (d *desk) reply(a *answer, v *View, from string) (reply, error) {
	body, headers, err := a.render(v)
	if err != nil {
		return reply{}, fmt.Errorf("%s: its template fails: %w", from, err)
	}
	if err := sound(body, headers); err != nil {
		return reply{}, fmt.Errorf("%s: its answer is not of the type that it says: %w: %.300s", from, err, body)
	}
	return reply{a.status, headers, body}, nil
}

// view is what templates see of a request.
func (d *desk) view(in *incoming, m *match) *View {
	s := d.session
	v := &View{
		Zone: s.Zone.view(), Zones: []ZoneView{s.Zone.view()}, Name: cmp.Or(m.name, s.Target),
		ID: identifier(m.id, s.numericIDs), TTL: cmp.Or(m.ttl, s.TTL.Minimum),
		Account: s.Account, Session: s.token,
		Request: RequestView{Method: in.method, URL: "https://" + in.host + "/" + in.path, Path: "/" + in.path, Body: string(in.body), Query: map[string]string{}},
	}
	for _, z := range s.Others {
		v.Zones = append(v.Zones, z.view())
	}
	if query, err := parseQuery(in.query); err == nil {
		for _, q := range query.members {
			v.Request.Query[q.key] = q.value.scalar
		}
	}
	if body, err := parseJSON(in.body); err == nil {
		v.Request.JSON = body.plain()
	}
	return v
}

func (z Zone) view() ZoneView { return ZoneView{identifier(z.ID, z.numeric), z.Name} }

// fill adds what the operation touched, a page of it where the request asked for one.
func (v *View) fill(d *desk, a *accept, m *match, touched []record) {
	v.Values = d.state.values(v.Name)
	if d.session.Style == "single" {
		v.Values = d.state.values("")
	}
	for _, r := range touched {
		ttl := cmp.Or(r.ttl, d.session.TTL.Minimum)
		v.Records = append(v.Records, RecordView{identifier(r.id, d.session.numericIDs), cmp.Or(r.name, d.session.Target), r.value, ttl})
	}
	if len(v.Records) > 0 {
		v.Record, v.TTL = v.Records[0], v.Records[0].TTL
	}
	v.Total = len(v.Records)
	if a.does == "zones" {
		v.Total = len(v.Zones)
	}
	first, last := v.turn(a, m)
	if a.does == "zones" {
		v.Zones = v.Zones[first:last]
	}
	if a.does == "list" {
		v.Records = v.Records[first:last]
	}
	if d.counts == nil {
		d.counts = map[*accept]int{}
	}
	d.counts[a]++
	v.Count, v.Sets = d.counts[a], setsOf(v.Records)
}

// setsOf puts records of one name together.
func setsOf(records []RecordView) []SetView {
	var sets []SetView
	for _, r := range records {
		i := slices.IndexFunc(sets, func(s SetView) bool { return s.Name == r.Name })
		if i < 0 {
			sets = append(sets, SetView{Name: r.Name, TTL: r.TTL})
			i = len(sets) - 1
		}
		sets[i].Values = append(sets[i].Values, r.Value)
	}
	return sets
}

// turn sets the page, and gives its bounds within what there is.
func (v *View) turn(a *accept, m *match) (first, last int) {
	v.Limit = cmp.Or(m.pages["limit"], a.pageSize)
	v.Page = cmp.Or(m.pages["page"], m.pages["page0"]+1)
	v.Offset = (v.Page - 1) * v.Limit
	if offset, given := m.pages["offset"]; given {
		v.Offset, v.Page = offset, offset/v.Limit+1
	}
	v.Pages = max(1, (v.Total+v.Limit-1)/v.Limit)
	v.NextPage = v.Page + 1
	first = min(max(v.Offset, 0), v.Total)
	last = min(first+v.Limit, v.Total)
	v.More = last < v.Total
	return first, last
}

// plain is a node as templates walk through it.
func (n *node) plain() any {
	switch n.kind {
	case boolean:
		return n.scalar == "true"
	case number:
		return json.Number(n.scalar)
	case text:
		return n.scalar
	case list:
		all := []any{}
		for _, item := range n.items {
			all = append(all, item.plain())
		}
		return all
	case mapping:
		all := map[string]any{}
		for _, m := range n.members {
			all[m.key] = m.value.plain()
		}
		return all
	}
	return nil
}
