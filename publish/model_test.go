package publish

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deputy/name"
	"deputy/store"
)

// TestMain runs fewer histories of the model than rapid would, since each takes real leases; -rapid.checks runs more.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "rapid.checks" })
	if !chosen {
		if err := flag.Set("rapid.checks", "10"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// story is one process's work in a history.
type story struct {
	handle int // which store handle; a process that dies has one of its own
	owner  int
	values int
	death  int // the event at which it dies; -1: it lives
}

// TestModel runs random histories: several processes at shared targets of one kind of host, with answers that get
// lost, refusals, silences and deaths. In every one, a value is there when its Await returned, no foreign value is
// touched, nobody's value goes before its own Withdraw, and in the end nothing is left.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h := draw(r)
		h.dir = t.TempDir()
		h.run(r)
	})
}

type history struct {
	dir     string
	world   *world
	dns     *servers
	owners  []name.Name
	stories []story
	calm    bool // no fault and no death: nothing may fail
	lease   time.Duration
	handles []*store.Store
}

func draw(r *rapid.T) *history {
	traits := rapid.SampledFrom([]store.Traits{additive, replacing, rolling}).Draw(r, "traits")
	h := &history{
		world:  newWorld(traits),
		owners: []name.Name{validation, name.MustParseOwner("other.martdj.dedyn.io")},
		calm:   true,
		lease:  long,
	}
	h.world.unreadable = rapid.Bool().Draw(r, "unreadable")
	h.dns = serve(h.world)
	h.dns.list[1].catches = rapid.IntRange(0, 3).Draw(r, "lag")
	fates := rapid.SliceOfN(rapid.SampledFrom([]outcome{done, done, done, lost, dropped, refused, stalled, stalledDone}), 0, 12).Draw(r, "fates")
	for range rapid.IntRange(2, 5).Draw(r, "stories") {
		s := story{
			handle: rapid.IntRange(0, 2).Draw(r, "handle"),
			owner:  rapid.IntRange(0, len(h.owners)-1).Draw(r, "owner"),
			values: rapid.IntRange(1, 3).Draw(r, "values"),
			death:  max(-1, rapid.IntRange(-15, 15).Draw(r, "death")),
		}
		h.calm = h.calm && s.death < 0
		h.stories = append(h.stories, s)
	}
	h.world.decide = func(call int) outcome {
		if call < len(fates) {
			return fates[call]
		}
		return done
	}
	h.calm = h.calm && !slices.ContainsFunc(fates, func(o outcome) bool { return o != done })
	if !h.calm {
		h.lease = short
	}
	return h
}

func (h *history) run(r *rapid.T) {
	if !h.world.traits.Replacing && h.world.traits.Capacity == 0 {
		for _, owner := range h.owners {
			h.world.write(owner, "foreign")
		}
	}
	for range 3 {
		h.handles = append(h.handles, open(r, h.dir, h.lease))
	}
	var all sync.WaitGroup
	for i, s := range h.stories {
		rows := h.handles[s.handle]
		if s.death >= 0 {
			rows = open(r, h.dir, h.lease)
			h.handles = append(h.handles, rows)
		}
		all.Go(func() { h.tell(r, i, s, rows) })
	}
	all.Wait()
	h.end(r)
	for _, handle := range h.handles {
		handle.Close()
	}
}

// tell runs one story.
func (h *history) tell(r *rapid.T, i int, s story, rows *store.Store) {
	certificate := fmt.Sprintf("host%d.nl", i)
	holder, err := rows.Take(context.Background(), "certificate/"+certificate)
	if err != nil {
		r.Error(err)
		return
	}
	_, stop := holder.Keep(context.Background())
	defer stop()
	k := process(rows, h.world, h.dns, s.death)
	var wanted []Value
	for n := range s.values {
		wanted = append(wanted, values(h.owners[s.owner], certificate, fmt.Sprintf("value-%d-%d", i, n))...)
	}
	if died, err := h.batches(r, k, holder, wanted); !died {
		if err != nil && h.calm {
			r.Errorf("story %d failed without a cause: %v", i, err)
		}
		holder.Release(context.Background()) // a lost one is not an error that counts here
	}
}

// batches does for all batches of a certificate what issuance does.
func (h *history) batches(r *rapid.T, k *Keeper, holder *store.Claim, wanted []Value) (died bool, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			if _, ok := cause.(killed); !ok {
				panic(cause)
			}
			died = true
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	batches, err := k.Batches(wanted)
	if err != nil {
		return false, err
	}
	for _, batch := range batches {
		held, err := k.Put(ctx, holder, batch)
		if err != nil {
			return false, err
		}
		if err := k.Await(ctx, held); err != nil {
			return false, fmt.Errorf("%w, %w", err, k.Withdraw(ctx, held))
		}
		h.mustShow(r, held)
		if err := k.Withdraw(ctx, held); err != nil {
			return false, err
		}
	}
	return false, nil
}

// mustShow checks that the values stand there, if the journal says after the look that they still should: a process
// that this machine held up past its lease has lost them rightly.
func (h *history) mustShow(r *rapid.T, held *Held) {
	for _, p := range held.Publications {
		there := h.world.at(p.Owner)
		ours := (&Keeper{}).stillOurs(context.Background(), held, &watch{}) == nil
		if !slices.Contains(there, p.Value) && ours {
			r.Errorf("the CA would be told, and %s is not at %s: %q", p.Value, p.Owner, there)
		}
	}
}

// end lets one more process recover what the dead left, and looks at what stands there.
func (h *history) end(r *rapid.T) {
	h.world.mu.Lock()
	h.world.decide = nil
	h.world.mu.Unlock()
	k := &Keeper{Store: h.handles[0], Host: h.world, DNS: h.dns}
	left := func() []store.Publication {
		return slices.DeleteFunc(rows(r, k.Store), func(p store.Publication) bool { return p.State == store.Unremovable })
	}
	for n := 0; len(left()) > 0 && n < 100; n++ {
		if _, err := k.Recover(context.Background()); err != nil {
			r.Errorf("Recover: %v", err)
		}
		if err := wait(context.Background(), h.lease/10); err != nil { // until the leases of the dead are over
			r.Error(err)
		}
	}
	mustHaveNone(r, left())
	for _, e := range h.world.log() {
		if h.world.traits == additive && !slices.Contains(e.after, "foreign") {
			r.Errorf("the foreign value at %s was taken away by %+v", e.owner, e)
		}
	}
	for _, owner := range h.owners {
		for _, value := range h.world.at(owner) {
			if value != "foreign" && h.world.traits.Removable {
				r.Errorf("%s is left at %s", value, owner)
			}
		}
	}
}

func mustHaveNone(r *rapid.T, left []store.Publication) {
	for _, p := range left {
		r.Errorf("the journal still has %s at %s: %s %s", p.Value, p.Owner, p.State, p.Error)
	}
}
