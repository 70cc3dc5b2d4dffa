package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

const (
	// maxStale is how long an answer outlives its TTL. RFC 8767 §5 suggests one to
	// three days; a telephone that finds yesterday's server is better than none.
	maxStale = 7 * 24 * time.Hour
	// maxBackOff bounds the wait after failures in a row, which begins at a second
	// and doubles.
	maxBackOff = time.Minute
	// patience is how long an answer waits for the rest of its records when some
	// targets are known: a name server that drops AAAA costs no more (RFC 8305 §3).
	patience = 300 * time.Millisecond

	maxEntries = 512
	maxAsking  = 16
	maxWatched = 128
)

// An entry is what is known of one key.
type entry struct {
	good  rrset     // the last answer that had records
	has   bool      // there is a good one
	until time.Time // good's end of life

	absent      bool // a newer answer says that there are none
	absentUntil time.Time

	err   error // the last question failed, and why
	fails int   // in a row
	retry time.Time

	again  bool   // what is known is from another network: ask
	asking bool   // a question is under way
	kept   uint64 // the last step that needed it for a watched query
	used   uint64
}

// due is when to ask next: ahead of the end of life, so that the new answer is
// there when the old one ends.
func (e *entry) due() time.Time {
	switch {
	case e.again:
		return time.Time{}
	case e.err != nil:
		return e.retry
	case e.absent:
		return e.absentUntil
	case e.has:
		return e.until.Add(-e.good.ttl / 5)
	default:
		return time.Time{}
	}
}

// settled tells whether asking now is of no use: the answer is fresh, or the
// last question failed a moment ago.
func (e *entry) settled(now time.Time) bool {
	switch {
	case e.again:
		return false
	case e.fresh(now):
		return true
	case e.asking:
		return false
	default:
		return e.err != nil && now.Before(e.retry)
	}
}

func (e *entry) fresh(now time.Time) bool {
	if e.absent {
		return now.Before(e.absentUntil)
	}
	return e.has && now.Before(e.until)
}

// A core is the state of a Resolver: what is known, what is watched, what is
// to be asked. It has no clock and asks nothing itself.
type core struct {
	network  string
	draw     draw
	reaches  func(netip.Addr) bool // there is a route; nil = always
	entries  map[key]*entry
	watched  []*watched
	wanted   map[key]bool // asked for by LookupNetIP
	order    []key        // what the watched queries need, in the order they need it
	asking   int
	steps    uint64
	accesses uint64
}

// A watched query and what was last said of it.
type watched struct {
	query   Query
	answer  Answer
	said    bool
	waiting time.Time // since when records are missing; zero = none are
}

// A change is news for OnChange.
type change struct {
	query  Query
	answer Answer
}

func newCore(network string, seed uint64, reaches func(netip.Addr) bool) *core {
	return &core{
		network: network, draw: draw(seed), reaches: reaches,
		entries: map[key]*entry{}, wanted: map[key]bool{},
	}
}

// watch replaces the watched queries.
func (c *core) watch(queries []Query) {
	old := c.watched
	c.watched = nil
	for _, q := range queries {
		same := func(w *watched) bool { return w.query == q }
		if len(c.watched) == maxWatched || slices.ContainsFunc(c.watched, same) {
			continue
		}
		w := &watched{query: q}
		if i := slices.IndexFunc(old, same); i >= 0 {
			w = old[i]
		}
		c.watched = append(c.watched, w)
	}
}

// refresh has everything asked again, for the network is another one. What is
// known serves until then.
func (c *core) refresh() {
	for _, e := range c.entries {
		e.again, e.fails = true, 0
	}
}

// step finds out what is new for the watched queries and what is to be asked
// now: each key that it returns must come back through answered. next is when
// to step again if nothing happens before; zero = never.
func (c *core) step(now time.Time) (asks []key, news []change, next time.Time) {
	c.steps++
	c.order = c.order[:0]
	for _, w := range c.watched {
		if wake := c.look(now, w, &news); !wake.IsZero() {
			next = earlier(next, wake)
		}
	}
	for _, k := range c.order {
		e := c.entries[k]
		if e.has && now.Before(e.until) {
			next = earlier(next, e.until)
		} else if e.has {
			next = earlier(next, e.until.Add(maxStale))
		}
		if e.asking {
			continue
		}
		if due := e.due(); due.After(now) {
			next = earlier(next, due)
		} else if c.asking < maxAsking { // else: when one comes back
			asks = c.ask(asks, k, e)
		}
	}
	for k := range c.wanted {
		e := c.entries[k]
		switch {
		case e == nil || e.asking || e.settled(now):
			delete(c.wanted, k)
		case c.asking < maxAsking:
			delete(c.wanted, k)
			asks = c.ask(asks, k, e)
		}
	}
	return asks, news, next
}

// look has the news of one watched query. It returns when to look again for
// want of the last records: then those that are there will do.
func (c *core) look(now time.Time, w *watched, news *[]change) (wake time.Time) {
	walk := &walk{core: c, now: now, query: w.query, network: c.network, asks: true, watched: true}
	a, whole := walk.answer()
	switch {
	case whole && (w.said || len(walk.unsettled) == 0): // else: known from long ago
		w.waiting = time.Time{}
	case w.waiting.IsZero():
		w.waiting = now
		fallthrough
	default:
		if now.Before(w.waiting.Add(patience)) {
			return w.waiting.Add(patience)
		}
		if len(a.Targets) == 0 {
			return time.Time{}
		}
	}
	if !w.said || !sameState(a, w.answer) {
		*news = append(*news, change{w.query, a.clone()})
	}
	w.answer, w.said = a, true
	return time.Time{}
}

func (c *core) ask(asks []key, k key, e *entry) []key {
	e.asking, e.again = true, false
	c.asking++
	return append(asks, k)
}

// answered takes what came of a question.
func (c *core) answered(now time.Time, k key, set rrset, err error) {
	c.asking--
	e := c.entries[k]
	e.asking = false
	if err != nil {
		wait := min(time.Second<<min(e.fails, 10), maxBackOff)
		e.fails++
		// A tenth to and fro, for many phones fail in the same instant.
		wait += time.Duration((c.draw.of(k.name, fmt.Sprint(e.fails)) - 0.5) / 5 * float64(wait))
		e.err, e.retry = err, now.Add(wait)
		return
	}
	e.err, e.fails = nil, 0
	if set.absent {
		e.absent, e.absentUntil = true, now.Add(set.ttl)
		return
	}
	e.absent = false
	e.good, e.has, e.until = set, true, now.Add(set.ttl)
}

// failing tells whether a question that a watched query needs has failed.
func (c *core) failing() bool {
	return slices.ContainsFunc(c.order, func(k key) bool { return c.entries[k].err != nil })
}

// known is what is known of q: what was last said of a watched one.
func (c *core) known(now time.Time, q Query) (Answer, bool) {
	for _, w := range c.watched {
		if w.query == q && w.said {
			return w.answer.clone(), true
		}
	}
	w := &walk{core: c, now: now, query: q, network: c.network}
	a, whole := w.answer()
	return a.clone(), whole || len(a.Targets) > 0
}

// lookup is what is known of the addresses of a host. settled is false when
// asking would make it newer, which the next step then does.
func (c *core) lookup(now time.Time, network, host string) (a Answer, settled bool) {
	w := &walk{core: c, now: now, query: Query{Host: host}, network: network, asks: true}
	a, _ = w.answer()
	for _, k := range w.unsettled {
		c.wanted[k] = true
	}
	return a, len(w.unsettled) == 0
}

// entry is what is known of k; nil when nothing is and there is no room.
func (c *core) entry(k key) *entry {
	e := c.entries[k]
	if e == nil {
		if !c.room() {
			return nil
		}
		e = &entry{}
		c.entries[k] = e
	}
	c.accesses++
	e.used = c.accesses
	return e
}

// room forgets what was used longest ago when memory is full. What watched
// queries need, or is being asked, stays.
func (c *core) room() bool {
	if len(c.entries) < maxEntries {
		return true
	}
	var oldest key
	var least *entry
	for k, e := range c.entries {
		if !e.asking && !c.wanted[k] && e.kept+1 < c.steps && (least == nil || e.used < least.used) {
			oldest, least = k, e
		}
	}
	if least == nil {
		return false
	}
	delete(c.entries, oldest)
	return true
}

// sameState tells whether two answers are the same to whoever uses them.
func sameState(a, b Answer) bool {
	return slices.Equal(a.Targets, b.Targets) && a.Stale == b.Stale && reason(a.Err) == reason(b.Err)
}

// reason is the error of this package that err wraps.
func reason(err error) error {
	for _, r := range []error{ErrNoName, ErrNoService, ErrNoAnswer, ErrNoServer, ErrBadName, ErrTooMany} {
		if errors.Is(err, r) {
			return r
		}
	}
	return err
}

// earlier is the earlier of two times, of which a may be zero: never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func (a Answer) clone() Answer {
	a.Targets = slices.Clone(a.Targets)
	return a
}
