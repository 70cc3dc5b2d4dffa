package health

import (
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// Bounds of a Book and of a probe.
const (
	maxTargets  = 256
	probeCopies = 16
	probeEvery  = 80 * time.Millisecond
	probeLimit  = 2 * time.Second
)

// A Book is what a phone knows of the SIP servers. Only one goroutine may use
// it.
type Book struct {
	index   map[Target]int // into records
	records []Record
	used    []time.Duration // when a record was asked for last, beside it
	probes  []probe         // under way, in the order they began
	now     time.Duration
	out     []Action
}

// A probe is an OPTIONS under way.
type probe struct {
	slot  int
	until time.Duration // silence is an answer then
	next  time.Duration // copy; failover.Never = no more
	left  int
}

// New is an empty book.
func New() *Book {
	return &Book{index: map[Target]int{}}
}

// Get is what is known of a target; ok is false if that is nothing.
func (b *Book) Get(t Target) (r Record, ok bool) {
	i, ok := b.index[t]
	if !ok {
		return Record{Target: t}, false
	}
	return b.records[i], true
}

// Deadline is when Step next wants a Tick; failover.Never if it waits for
// events alone.
func (b *Book) Deadline() time.Duration {
	d := failover.Never
	for i := range b.probes {
		d = min(d, b.probes[i].next, b.probes[i].until)
	}
	return d
}

// Step takes one event at time now, appends what to do about it to buf, in
// order, and returns buf. A time before that of the last Step counts as that.
func (b *Book) Step(now time.Duration, e Event, buf []Action) []Action {
	b.now = max(b.now, now)
	b.out = buf
	switch e.Kind {
	case Answer:
		b.answer(e)
	case Dead:
		b.dead(e)
	case Fault:
		b.fault(e)
	case Ask:
		b.ask(e.Target)
	case Reset:
		b.reset()
	}
	b.tick()
	buf, b.out = b.out, nil
	return buf
}

// answer takes a response. A line judges for itself what a 503 to its own
// request means, and says Dead if it is one.
func (b *Book) answer(e Event) {
	i := b.slot(e.Target)
	if i < 0 {
		return
	}
	r := &b.records[i]
	r.Seen = b.now
	if e.RTT > 0 {
		r.measure(e.RTT)
	}
	if sip.Judge(e.Method, int(e.Status)) != sip.Unavailable {
		b.settle(i, Up, Event{Method: e.Method})
		return
	}
	if e.Probe {
		// RFC 3263 §4.3: 503 says that the server can not serve.
		b.settle(i, Down, Event{Method: e.Method, Cause: failover.Answered, Status: e.Status, Until: e.Until})
	}
}

// dead takes what a line has found out.
func (b *Book) dead(e Event) {
	if blameless(e.Cause) {
		return
	}
	i := b.slot(e.Target)
	if i < 0 {
		return
	}
	b.records[i].Seen = b.now
	if e.Cause == failover.Silence && b.records[i].Asking {
		b.change(i, Down, e, false) // the probe may prove the opposite yet
		return
	}
	b.settle(i, Down, e)
}

// fault takes what became of a probe that did not reach its target.
func (b *Book) fault(e Event) {
	i, known := b.index[e.Target]
	switch {
	case !known || !b.records[i].Asking:
	case blameless(e.Cause):
		b.end(i) // it has proved nothing
	default:
		b.records[i].Seen = b.now
		b.settle(i, Down, Event{Method: sip.OPTIONS, Cause: e.Cause})
	}
}

// blameless tells the causes that are no evidence against a server: the phone's
// own network is down, or nothing was sent.
func blameless(c failover.Cause) bool {
	return c == failover.NoCause || c == failover.NoNetwork || c == failover.Overload
}

// settle notes the state of a target, and ends the probe that asked for it.
func (b *Book) settle(i int, s State, e Event) {
	asked := b.records[i].Asking
	if asked {
		b.end(i)
	}
	b.change(i, s, e, asked)
}

// change notes the state of a target and tells it if it is news.
func (b *Book) change(i int, s State, e Event, asked bool) {
	r := &b.records[i]
	changed := r.State != s
	if changed {
		r.State, r.Since = s, b.now
	}
	if e.Until > r.Until {
		r.Until, changed = e.Until, true
	}
	if changed || s == Down {
		r.Cause, r.Status, r.Method, r.Urgent = e.Cause, e.Status, e.Method, e.Urgent
	}
	if changed || asked {
		b.out = append(b.out, Action{Kind: News, Changed: changed, Asked: asked, Record: *r})
	}
}

// ask starts a probe, or joins the one under way.
func (b *Book) ask(t Target) {
	i := b.slot(t)
	if i < 0 || b.records[i].Asking {
		return
	}
	b.records[i].Asking = true
	p := probe{slot: i, until: b.now + probeLimit, next: b.now + probeEvery, left: probeCopies - 1}
	if t.Transport.Reliable() {
		// RFC 3261 §17.1.2.2: no retransmission over a reliable transport.
		p.next, p.left = failover.Never, 0
	}
	b.probes = append(b.probes, p)
	b.out = append(b.out, Action{Kind: Send, Target: t})
}

// end forgets the probe of a target.
func (b *Book) end(i int) {
	b.records[i].Asking = false
	for k := range b.probes {
		if b.probes[k].slot == i {
			b.probes = append(b.probes[:k], b.probes[k+1:]...)
			break
		}
	}
	b.out = append(b.out, Action{Kind: End, Target: b.records[i].Target})
}

// reset forgets every state: the next evidence is news.
func (b *Book) reset() {
	for len(b.probes) > 0 {
		b.end(b.probes[0].slot)
	}
	for i := range b.records {
		r := &b.records[i]
		if r.State != Unknown {
			r.State, r.Since, r.Cause, r.Status, r.Urgent = Unknown, 0, failover.NoCause, 0, false
			b.out = append(b.out, Action{Kind: News, Record: *r})
		}
	}
}

// tick sends the copies that are due and gives up what stays silent.
func (b *Book) tick() {
	for k := 0; k < len(b.probes); k++ {
		p := &b.probes[k]
		if p.until <= b.now {
			slot := p.slot
			b.end(slot)
			b.change(slot, Down, Event{Method: sip.OPTIONS, Cause: failover.Silence}, true)
			k-- // it has left the list
			continue
		}
		if p.next > b.now {
			continue
		}
		// A loop that wakes late sends one copy, not all that it has missed.
		p.next += probeEvery
		if p.next <= b.now {
			p.next = b.now + probeEvery
		}
		if p.left--; p.left == 0 {
			p.next = failover.Never
		}
		b.out = append(b.out, Action{Kind: Resend, Target: b.records[p.slot].Target})
	}
}

// slot is where a target's record is, made if need be: in place of the one that
// was not used for the longest time. It is negative if all are being probed.
func (b *Book) slot(t Target) int {
	if i, ok := b.index[t]; ok {
		b.used[i] = b.now
		return i
	}
	if len(b.records) < maxTargets {
		b.index[t] = len(b.records)
		b.records = append(b.records, Record{Target: t})
		b.used = append(b.used, b.now)
		return len(b.records) - 1
	}
	oldest := -1
	for i := range b.records {
		if !b.records[i].Asking && (oldest < 0 || b.used[i] < b.used[oldest]) {
			oldest = i
		}
	}
	if oldest >= 0 {
		delete(b.index, b.records[oldest].Target)
		b.index[t] = oldest
		b.records[oldest] = Record{Target: t}
		b.used[oldest] = b.now
	}
	return oldest
}

// measure adds a sample of the round trip (RFC 6298 §2.3 with alpha 1/8).
func (r *Record) measure(sample time.Duration) {
	if r.RTT == 0 {
		r.RTT = sample
		return
	}
	r.RTT += (sample - r.RTT) / 8
}
