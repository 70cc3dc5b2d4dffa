package ua

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/siptest"
)

// A flap is a way in which a primary comes and goes.
type flap struct {
	name      string
	transport sip.Transport
	go_       func(b *bench)
	come      func(b *bench)
}

var flaps = []flap{
	{
		"silence", sip.UDP,
		func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Silent) },
		func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Reachable) },
	},
	{
		"unreachable", sip.UDP,
		func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Unreachable) },
		func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Reachable) },
	},
	{"stopped", sip.TCP, func(b *bench) { b.primary.Stop() }, func(b *bench) { b.must(b.primary.Heal()) }},
	{
		"silence", sip.TCP,
		func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Silent) },
		func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Reachable) },
	},
}

// A tally is what a line has told of its registration since the start of a plot.
type tally struct {
	server  int           // where it is
	changes int           // of the server
	without time.Duration // not registered anywhere
	longest time.Duration // at a stretch
}

// served reads the states told so far; at the start the line is registered at
// the primary.
func (r *tale) served() tally {
	r.t.Helper()
	synctest.Wait()
	s := tally{server: 1}
	since, held := r.began, true
	gap := func(until time.Duration) {
		if !held {
			s.without += until - since
			s.longest = max(s.longest, until-since)
		}
	}
	for _, h := range r.past(func(e Event) bool { _, ok := e.(LineState); return ok }) {
		state := h.Event.(LineState)
		gap(h.at)
		since, held = h.at, state.Registered
		if state.Registered && state.Server != s.server {
			s.server = state.Server
			s.changes++
		}
	}
	gap(time.Since(r.start))
	return s
}

// A primary that comes and goes every 10 s for an hour costs two changes at most,
// and no call; when it stays, the line returns.
func TestAPrimaryThatComesAndGoesCostsTwoChanges(t *testing.T) {
	for _, f := range flaps {
		for _, interval := range []time.Duration{70 * time.Second, 1810 * time.Second} { // the first look comes while it is there
			t.Run(fmt.Sprint(f.name, "/", f.transport, "/", interval), func(t *testing.T) {
				var mu sync.Mutex
				var worst tally
				tales(t, 4, func(r *tale) {
					r.over(f.transport)
					if f.name == "stopped" && r.seed%2 == 0 {
						r.stays(primaryAddr)
					}
					conf := &r.config.Lines[0].Failover
					conf.FailbackInterval = interval
					conf.KeepAlive, conf.KeepAliveEvery = failover.OptionsAlive, 60*time.Second
				}, func(r *tale) {
					r.settled()
					r.rest(r.between(0, 20*time.Second))
					var over atomic.Bool
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						for !over.Load() {
							f.go_(r.bench)
							time.Sleep(10 * time.Second)
							f.come(r.bench)
							time.Sleep(10 * time.Second)
						}
					}()
					stop := func() { over.Store(true); <-ended }
					defer stop()
					hour := time.Now().Add(time.Hour)
					for time.Now().Before(hour) {
						id := r.dial("600")
						within := 15 * time.Second // longer than the primary is gone, should it ring there
						next(r.bench, within, func(e Established) bool { return e.Call == id })
						time.Sleep(r.between(time.Second, 60*time.Second))
						r.phone.Do(Hangup{Call: id})
						next(r.bench, 0, func(e Ended) bool { return e.Call == id })
						time.Sleep(10 * time.Second)
						calls := r.party.Calls()
						r.same("the far party", calls[len(calls)-1].State(), siptest.Ended)
						time.Sleep(5 * time.Minute)
					}
					splay := time.Duration(uint64(r.config.Device) * 20000 >> 32 * uint64(time.Millisecond))
					s := r.served()
					if s.changes > 2 || s.longest > splay+3*time.Second {
						r.fail("%d changes of the server; without one for %v, %v at a stretch; the phone's part is %v", s.changes, s.without, s.longest, splay)
					}
					stop()
					mu.Lock()
					worst.changes, worst.longest = max(worst.changes, s.changes), max(worst.longest, s.longest)
					mu.Unlock()
					time.Sleep(2*max(interval, 16*time.Minute) + 10*time.Minute)
					if s = r.served(); s.server != 1 {
						r.fail("the line has not returned: %+v", s)
					}
				})
				t.Logf("at most %d changes in the hour, and not registered for %v at a stretch", worst.changes, worst.longest.Round(time.Millisecond))
			})
		}
	}
}

// A primary that is lost again soon after the line has returned to it is looked
// at less and less often, and the owner is told; after an hour of peace that is
// forgotten.
func TestRelapsesMakeTheLinePatient(t *testing.T) {
	const interval = time.Minute
	tales(t, 10, func(r *tale) { r.config.Lines[0].Failover.FailbackInterval = interval }, func(r *tale) {
		r.settled()
		var moved time.Time
		lose := func() {
			r.net.SetState(machine(primaryAddr), siptest.Silent)
			id := r.dial("600")
			r.registered(2, 5*time.Second)
			next(r.bench, time.Second, func(e Established) bool { return e.Call == id })
			r.phone.Do(Hangup{Call: id})
			next(r.bench, 0, func(e Ended) bool { return e.Call == id })
			moved = time.Now()
			time.Sleep(3 * time.Second) // nobody asks whether it is alive any more
			r.net.Record.Reset()
			r.net.SetState(machine(primaryAddr), siptest.Reachable)
		}
		// looks is when the primary is first asked whether it is back; the REGISTER
		// without Contact only keeps its challenge known.
		looks := func() siptest.Entry {
			all := r.net.Record.Entries().Requests("").From(netip.AddrPortFrom(phoneAddr, 0)).To(primaryAddr)
			all = all.Select(func(e siptest.Entry) bool { return e.Method == "OPTIONS" || e.Method == "REGISTER" && binds(e) })
			if len(all) == 0 {
				r.fail("nobody has asked the primary")
			}
			return all[0]
		}
		returns := func(wait time.Duration) {
			r.registered(1, wait+4*time.Minute)
			if look := looks(); look.At.Sub(moved) < wait-2*time.Second || look.At.Sub(moved) > wait+time.Second {
				r.fail("the first look was after %v, want %v", look.At.Sub(moved), wait)
			}
			steady := time.Since(moved) - wait
			if least := 32 * time.Second; steady < least || steady > least+180*time.Second+10*time.Second {
				r.fail("the primary was steady for %v before the line returned", steady)
			}
			next(r.bench, 0, func(n LineNotice) bool { return n.Kind == failover.MovedBack })
		}

		lose()
		none[LineNotice](r.bench, func(n LineNotice) bool { return n.Kind == failover.Postponed })
		returns(interval)
		for _, wait := range []time.Duration{2, 4, 8, 16, 16} {
			time.Sleep(r.between(0, 9*time.Minute))
			lose()
			n := next(r.bench, 0, func(n LineNotice) bool { return n.Kind == failover.Postponed })
			left := time.Until(n.Next)
			if want := wait * interval; n.Server != 1 || left > want || left < want-5*time.Second {
				r.fail("postponed for %v at server %d, want %v", left, n.Server, want)
			}
			returns(wait * interval)
		}
		time.Sleep(61 * time.Minute)
		lose()
		none[LineNotice](r.bench, func(n LineNotice) bool { return n.Kind == failover.Postponed })
		returns(interval)
	})
}
