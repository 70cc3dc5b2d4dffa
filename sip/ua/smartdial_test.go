package ua

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/siptest"
)

// The ways in which a primary falls silent.
const (
	cut     = iota // the network loses all to and from it
	deaf           // it reads and says nothing
	stalled        // it stands still, and says later all that it had to
	deaths
)

// die lets the primary fall silent, and heal after a while: what it, and the far
// side behind it, have still to say comes late.
func (r *tale) die(how int, while time.Duration) {
	whole := netip.AddrPortFrom(primaryAddr.Addr(), 0)
	switch how {
	case cut:
		r.net.SetState(whole, siptest.Silent)
	case deaf:
		r.primary.Silence()
	case stalled:
		r.primary.Delay(while)
	}
	time.AfterFunc(while, func() {
		r.net.SetState(whole, siptest.Reachable)
		if err := r.primary.Heal(); err != nil {
			r.t.Error(err)
		}
	})
}

// A ringback is how a dial came to ring.
type ringback struct {
	after  time.Duration
	server int
}

// rings waits until a call rings, and tells how.
func (r *tale) rings(id CallID, within time.Duration) (how ringback) {
	r.t.Helper()
	p := next(r.bench, within, func(p Progress) bool { return p.Call == id && p.Status == 180 })
	how.after = time.Since(r.start) - r.began
	for _, a := range r.bench.past(func(e Event) bool { a, ok := e.(Asking); return ok && a.Call == p.Call }) {
		how.server = a.Event.(Asking).Server
	}
	return how
}

// past are the events not yet taken that fit.
func (b *bench) past(fits func(Event) bool) (out []heardEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range b.heard {
		if fits(h.Event) {
			out = append(out, h)
		}
	}
	return out
}

// confirmed are the dialogs, named by the far side's tag, whose 2xx the phone
// has acknowledged at a server, and which no BYE has ended at either.
func (b *bench) confirmed() (open []string) {
	var acks, byes siptest.Entries
	answers := map[string]bool{}
	for _, s := range []*siptest.Server{b.primary, b.backup} {
		arrived := s.Record.Entries().Select(func(e siptest.Entry) bool { return e.Fate == siptest.Delivered })
		acks = append(acks, arrived.Received().Requests("ACK").From(netip.AddrPortFrom(phoneAddr, 0))...)
		byes = append(byes, arrived.Received().Requests("BYE").From(netip.AddrPortFrom(phoneAddr, 0))...)
		for _, e := range arrived.Sent().Responses("INVITE").To(netip.AddrPortFrom(phoneAddr, 0)) {
			if e.Message.Status/100 == 2 {
				answers[e.Message.ToTag] = true
			}
		}
	}
	ended := func(tag string) bool {
		return slices.ContainsFunc(byes, func(e siptest.Entry) bool { return e.Message.ToTag == tag })
	}
	for _, e := range acks {
		if tag := e.Message.ToTag; answers[tag] && !ended(tag) && !slices.Contains(open, tag) {
			open = append(open, tag)
		}
	}
	return open
}

// nothingOpen fails unless all that the plot has begun has ended, at the far
// side as in the phone.
func (r *tale) nothingOpen() {
	r.t.Helper()
	synctest.Wait()
	if open := r.confirmed(); len(open) > 0 {
		r.fail("still confirmed: %v", open)
	}
	for _, c := range r.party.Calls() {
		if c.State() != siptest.Ended {
			r.fail("a call is %s at the far side: %s", c.State(), c.CallID())
		}
	}
	a := r.phone.agent
	r.same("calls, dialogs, server transactions kept", []int{len(a.calls), len(a.dialogs), len(a.served)}, []int{0, 0, 0})
	for _, l := range a.order {
		r.same("asks kept", len(l.asks), 0)
	}
}

// endings are how dials have gone, of many tales.
type endings struct {
	mu     sync.Mutex
	took   []time.Duration // to ringback through the backup
	before int             // that rang through the primary before it died
	late   int             // of the others, with an answer of the primary after all
	taken  int             // and with a 2xx
}

func (e *endings) note(r *tale, rang ringback) {
	r.t.Helper()
	late := r.afterwards(rang)
	e.mu.Lock()
	defer e.mu.Unlock()
	if rang.server == 1 {
		e.before++
		return
	}
	e.took = append(e.took, rang.after)
	if len(late) > 0 {
		e.late++
	}
	if len(late.Status(200)) > 0 {
		e.taken++
	}
}

// afterwards checks what followed when a dial had rung, and tells what the
// primary said to the INVITE after that had moved. One that has had a 1xx with a
// To tag is never sent again; what rings late at the primary gets one CANCEL.
func (r *tale) afterwards(rang ringback) (late siptest.Entries) {
	r.t.Helper()
	here := netip.AddrPortFrom(phoneAddr, 5060)
	moved := r.sentTo(backupAddr, "INVITE")
	if rang.server == 1 {
		r.same("INVITEs at the backup", len(moved), 0)
		return nil
	}
	late = r.net.Record.Entries().From(primaryAddr).To(here).Responses("INVITE").After(moved[0].At)
	late = late.Select(func(e siptest.Entry) bool { return e.Fate == siptest.Delivered && e.Message.Status != 407 })
	if len(late) > 0 && late[0].Message.Status < 200 {
		r.same("CANCELs", len(r.sentTo(primaryAddr, "CANCEL")), 1)
	}
	return late
}

func (e *endings) log(t *testing.T) {
	t.Helper()
	slices.Sort(e.took)
	t.Logf("%d dials rang through the backup after p50 %v, p99 %v, max %v; the primary answered %d of them late, %d with 200; %d had rung through the primary before it died",
		len(e.took), part(e.took, 500), part(e.took, 990), part(e.took, 1000), e.late, e.taken, e.before)
}

// part is the value below which so many thousandths of the sorted ones lie.
func part(sorted []time.Duration, thousandths int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*thousandths/1000, len(sorted)-1)].Round(time.Millisecond)
}

// earlier makes a call before the plot.
func (r *tale) earlier() {
	r.t.Helper()
	id := r.call("700")
	r.phone.Do(Hangup{Call: id})
	r.rest(time.Second)
}

// oneCall lets all that is late come, and fails unless one call is confirmed,
// which the user then ends, with nothing left open anywhere.
func (r *tale) oneCall(id CallID) {
	r.t.Helper()
	next(r.bench, time.Minute, func(e Established) bool { return e.Call == id })
	time.Sleep(90*time.Second - time.Since(r.start.Add(r.began)))
	if open := r.confirmed(); len(open) != 1 {
		r.fail("%d calls are confirmed: %v", len(open), open)
	}
	none[Ended](r.bench, nil)
	none[Established](r.bench, nil)
	r.phone.Do(Hangup{Call: id})
	time.Sleep(5 * time.Minute)
	r.nothingOpen()
}

// A phone dials, and its primary falls silent a moment before or while it does.
// It rings through the backup in less than two seconds, and whatever the primary
// says later, there is one call.
func TestADialIntoSilenceRingsWithinTwoSeconds(t *testing.T) {
	var e endings
	tales(t, 1400, func(r *tale) {
		r.answers(siptest.Behaviour{Ring: r.between(2*time.Millisecond, 100*time.Millisecond)})
	}, func(r *tale) {
		r.settled()
		if r.seed%2 == 0 { // the servers' challenges are known: the INVITE goes through at once
			r.earlier()
		}
		how, while := r.rng.IntN(deaths), r.between(3*time.Second, 20*time.Second)
		var id CallID
		if r.seed%3 != 0 {
			r.die(how, while)
			id = r.dial("700")
		} else {
			id = r.dial("700")
			time.Sleep(r.between(0, 300*time.Millisecond))
			r.die(how, while)
		}
		rang := r.rings(id, 10*time.Second)
		r.oneCall(id)
		e.note(r, rang)
	})
	e.log(t)
	if p99 := part(e.took, 990); p99 >= 2*time.Second {
		t.Errorf("p99 %v, want less than 2 s", p99)
	}
	if len(e.took) < e.before || e.late < len(e.took)/20 || e.taken == 0 {
		t.Error("too few of the dials have met what they are here for")
	}
}

// The primary says 100 and dies: it is asked after two seconds of nothing, and
// the INVITE is taken back and goes on at the backup.
func TestADialThatOnlyGotTryingRingsThroughTheBackup(t *testing.T) {
	var e endings
	tales(t, 100, func(r *tale) {
		r.answers(siptest.Behaviour{Trying: 400 * time.Millisecond, Ring: 300 * time.Millisecond})
	}, func(r *tale) {
		r.settled()
		how, while := r.rng.IntN(deaths), r.between(7*time.Second, 20*time.Second)
		id := r.dial("700")
		time.Sleep(300 * time.Millisecond) // between 100 and 180
		r.die(how, while)
		rang := r.rings(id, 10*time.Second)
		if limit := 4 * time.Second; rang.server != 2 || rang.after > limit {
			r.fail("it rang at server %d after %v, want the backup and %v", rang.server, rang.after, limit)
		}
		r.oneCall(id)
		e.note(r, rang)
	})
	e.log(t)
}

// The user hangs up while the call moves, at any moment: no call remains.
func TestAHangUpWhileADialMoves(t *testing.T) {
	tales(t, 300, func(r *tale) { r.answers(siptest.Behaviour{Ring: r.between(2*time.Millisecond, time.Second)}) }, func(r *tale) {
		r.settled()
		r.die(r.rng.IntN(deaths), r.between(time.Second, 20*time.Second))
		id := r.dial("700")
		time.Sleep(r.between(0, 2500*time.Millisecond))
		r.phone.Do(Hangup{Call: id})
		r.same("free at once", next[Ended](r.bench, 0, nil), Ended{Call: id})
		time.Sleep(90 * time.Second)
		if open := r.confirmed(); len(open) > 0 {
			r.fail("a call has remained: %v", open)
		}
		time.Sleep(4 * time.Minute)
		r.nothingOpen()
	})
}
