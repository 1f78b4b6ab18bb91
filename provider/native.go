package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// state is what a native document reads at a target.
type state struct {
	absent  bool               // rrset style: there is no set
	values  []string           // each once
	records []dnsconfig.Record // record style
	forms   map[string]string
	found   any    // rrset style: what the document keeps of the answer
	set     string // rrset style: the set's id, where that is one
}

// single says that the document can only write, without seeing what is there.
func (a *account) single() bool { return a.native != nil && a.native.Has(dnsconfig.Write) }

// values reads the TXT values at t.
func (a *account) values(ctx context.Context, t store.Target) ([]string, error) {
	if a.single() {
		return nil, store.ErrUnreadable
	}
	if err := a.permits(t); err != nil {
		return nil, err
	}
	in, err := a.locate(ctx, t)
	if err != nil {
		return nil, err
	}
	s, err := a.read(ctx, in)
	return s.values, err
}

// change makes the values add be there and the values remove not, and leaves all others. It goes in rounds: read, and
// write what the reading calls for; nothing to write is success, and the only one. A host that fails is read again,
// since it may have done it (500 after the commit, an answer that was lost).
func (c *changing) change(ctx context.Context, t store.Target, add, remove []string) error {
	in, err := c.locate(ctx, t)
	if err != nil {
		return err
	}
	if c.single() {
		return c.put(ctx, in, add, remove)
	}
	var last *shaky
	committed := false
	var before []string
	for round := 0; ; round++ {
		have, err := c.read(ctx, in)
		if err != nil && round > 0 {
			return doubtful(err)
		}
		if err != nil {
			return err
		}
		c.tellLost(ctx, in.Name, before, slices.Concat(have.values, remove))
		before = have.values
		wanted := c.plan(in, have, add, remove)
		switch {
		case len(wanted) == 0 && committed:
			return nil
		case len(wanted) == 0:
			// Also where nothing was written now: a process may have died between the write and this.
			return c.commit(ctx, in)
		case round > 0 && last == nil:
			return c.notWritten(in.Name, have.values, add, remove)
		case last != nil && (last.lost || round >= c.patience.rounds):
			return last.fault
		}
		if last, err = c.write(ctx, wanted); err != nil {
			c.forget(in.Name)
			return err
		}
		if committed = last == nil; !committed {
			if pause(ctx, c.patience.backoff(round+1)) != nil {
				return doubtful(last.fault)
			}
			continue
		}
		if err := c.commit(ctx, in); err != nil {
			return err
		}
	}
}

// tellLost tells of values that were there before a write, and are neither there nor removed after it. They can't be brought
// back for sure: who else writes at the name may have removed them.
func (c *changing) tellLost(ctx context.Context, owner name.Name, before, known []string) {
	lost := slices.DeleteFunc(slices.Clone(before), func(v string) bool { return slices.Contains(known, v) })
	if len(lost) > 0 {
		c.event(ctx, "provider.lost", owner.String(), fmt.Sprintf("values at %s are gone since deputy's write at %s, which was not to remove them: %s; "+
			"somebody else has removed them meanwhile, or the host or the DNS Configuration %s does not keep several values", owner, c.Name,
			shorten(c.redactor.Redact(fmt.Sprintf("%q", lost)), 400), c.Configuration))
	}
}

// shaky is a write whose answer does not tell whether it was done: reading does. Where no answer came at all (lost), it
// may still be done after the reading.
type shaky struct {
	fault  *fault.Fault
	lost   bool
	undone bool // the host says that it was not done: something else came between
}

// read reads the values at the target.
func (a *account) read(ctx context.Context, in dnsconfig.Inputs) (state, error) {
	var s state
	var err error
	if a.native.Has(dnsconfig.List) {
		s, err = a.readRecords(ctx, in)
	} else {
		s, err = a.readSet(ctx, in)
	}
	if a.pretended != nil {
		return a.pretend(s, err), nil
	}
	if err != nil {
		return state{}, err
	}
	return s, nil
}

// readSet reads the set at the target, page by page where it has pages.
func (a *account) readSet(ctx context.Context, in dnsconfig.Inputs) (state, error) {
	s := state{forms: map[string]string{}}
	err := a.pages(ctx, dnsconfig.Read, in, func(got reply, page dnsconfig.Result) error {
		if len(s.values)+len(page.Values) > maxValues {
			return a.tooMany(in.Name)
		}
		s.absent = page.Absent
		s.values = appendNew(s.values, page.Values...)
		if s.found == nil {
			s.found, s.set = page.Found, setID(in, got.answer, page.Found)
		}
		for value, form := range page.Forms {
			s.forms[value] = form
		}
		return nil
	})
	return s, err
}

// readRecords lists the records at the target, and reads each where the list does not tell its value.
func (a *account) readRecords(ctx context.Context, in dnsconfig.Inputs) (state, error) {
	s := state{forms: map[string]string{}}
	err := a.pages(ctx, dnsconfig.List, in, func(got reply, page dnsconfig.Result) error {
		if len(s.records)+len(page.Records) > maxValues {
			return a.tooMany(in.Name)
		}
		said := wordsOf(got.answer)
		for _, record := range page.Records {
			if record.ID != "" && (!said.hold(record.ID) || record.ID == in.ZoneID || record.ID == in.Zone.String()) {
				return a.stray(got.request, in.Name, "the configuration takes for a record's id what the host's answer does not say of it")
			}
		}
		s.records = append(s.records, page.Records...)
		for value, form := range page.Forms {
			s.forms[value] = form
		}
		return nil
	})
	if err == nil && a.native.Has(dnsconfig.Item) {
		err = a.readItems(ctx, in, &s)
	}
	for _, record := range s.records {
		s.values = appendNew(s.values, record.Value)
	}
	return s, err
}

// maxValues bounds the values at one name, as limits.values does in a document.
const maxValues = 1000

func (a *account) tooMany(owner name.Name) error {
	return &fault.Fault{
		Code:  fault.HostRefused,
		Tried: fmt.Sprintf("read the TXT values at %s with the DNS Provider %s", owner, a.Name),
		Seen:  fmt.Sprintf("the host says that the name holds more than %d values", maxValues),
		Do:    "remove what nobody needs there, or use a target of its own; if there are fewer, correct the DNS Configuration, which reads other names too",
		Who:   fault.Admin,
	}
}

// maxItems bounds the records that are read one by one.
const maxItems = 200

// readItems reads the value of each record. One that is gone meanwhile is none.
func (a *account) readItems(ctx context.Context, in dnsconfig.Inputs, s *state) error {
	if len(s.records) > maxItems {
		return &fault.Fault{
			Code:  fault.HostRefused,
			Tried: fmt.Sprintf("read the TXT records at %s with the DNS Provider %s", in.Name, a.Name),
			Seen:  fmt.Sprintf("the host lists %d records there, which would have to be read one by one; at most %d are", len(s.records), maxItems),
			Do:    "have the DNS Configuration list fewer: those of the name and of type TXT only; or use a target of its own",
			Who:   fault.Admin,
		}
	}
	var read []dnsconfig.Record
	for _, record := range s.records {
		in.ID, in.Record = record.ID, record.Raw
		_, result, err := a.fetch(ctx, dnsconfig.Item, in)
		if err != nil {
			return err
		}
		if result.Absent {
			continue
		}
		for value, form := range result.Forms {
			s.forms[value] = form
		}
		for _, value := range itemValues(result) {
			record.Value = value
			read = append(read, record)
		}
	}
	s.records = read
	return nil
}

// itemValues is what one record says.
func itemValues(result dnsconfig.Result) []string {
	values := slices.Clone(result.Values)
	for _, record := range result.Records {
		values = append(values, record.Value)
	}
	return values
}

// appendNew appends the values that are not there.
func appendNew(values []string, more ...string) []string {
	for _, v := range more {
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// notWritten is the fault of a host that said yes and did something else, with the exact difference.
func (a *account) notWritten(owner name.Name, have, add, remove []string) error {
	var differences []string
	for _, v := range add {
		if !slices.Contains(have, v) {
			differences = append(differences, fmt.Sprintf("%q is not there", v))
		}
	}
	for _, v := range remove {
		if slices.Contains(have, v) && !slices.Contains(add, v) {
			differences = append(differences, fmt.Sprintf("%q is still there", v))
		}
	}
	there := "nothing"
	if len(have) > 0 {
		there = shorten(fmt.Sprintf("%q", have), 400)
	}
	return &fault.Fault{
		Code:  fault.NotWritten,
		Tried: fmt.Sprintf("change the TXT values at %s with the DNS Provider %s", owner, a.Name),
		Seen:  a.redactor.Redact(fmt.Sprintf("the host said yes, and read back %s; it has %s", strings.Join(differences, ", "), there)),
		Do:    "see at the DNS host whether something else writes at this name, or the zone is locked; then try again",
		Who:   fault.DNSHost,
	}
}
