package ua

import (
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

// atBoth makes the line hold a registration at both servers (Backup Mode 1),
// each of which keeps its own bindings.
func atBoth(r *tale) {
	r.config.Lines[0].Failover.Standby = true
	r.config.DeviceID = "001a2b030405"
	r.primary.Close()
	r.backup.Close()
	own := func(c *siptest.Config) { c.Locations = nil }
	r.primary, r.backup = r.server(primaryAddr, 2, own), r.server(backupAddr, 3, own)
}

// bound fails unless both servers know the phone.
func (r *tale) bound() {
	r.t.Helper()
	synctest.Wait()
	r.same("bindings", []int{len(r.primary.Bindings("alice")), len(r.backup.Bindings("alice"))}, []int{1, 1})
}

// taken answers the next call that arrives, checks where it came from, lets the
// far side end it, and returns it.
func (r *tale) taken(far *siptest.PartyCall, server int) {
	r.t.Helper()
	in := next[Incoming](r.bench, time.Second, nil)
	r.same("server", in.Server, server)
	r.phone.Do(Ring{Call: in.Call})
	time.Sleep(r.between(100*time.Millisecond, 5*time.Second))
	r.same("it rings", far.State(), siptest.Ringing)
	r.phone.Do(Answer{Call: in.Call, Media: media(4002)})
	next(r.bench, time.Second, func(e Established) bool { return e.Call == in.Call })
	time.Sleep(time.Second)
	r.same("the far side", far.State(), siptest.Up)
	far.Hangup()
	next(r.bench, time.Second, func(e Ended) bool { return e.Call == in.Call })
}

// Calls are taken over either server, and the same call over both rings once:
// the copy that comes second is refused with 482.
func TestCallsOverEitherServer(t *testing.T) {
	tales(t, 20, atBoth, func(r *tale) {
		r.settled()
		r.bound()
		r.taken(r.party.Call("600", "alice", primaryAddr), 1)
		r.taken(r.party.Call("600", "alice", backupAddr), 2)

		r.rest(time.Second)
		first, second := r.primary, r.backup
		server := 1
		if r.trips[1] < r.trips[0] {
			first, second, server = r.backup, r.primary, 2
		}
		r.taken(r.party.Call("600", "alice", primaryAddr, backupAddr), server)
		time.Sleep(40 * time.Second)
		r.same("answers to the first copy", statuses(first.Record.Entries().Received(), "INVITE"), []int{100, 180, 200})
		r.same("answers to the second", statuses(second.Record.Entries().Received(), "INVITE"), []int{482})
		none[Incoming](r.bench, nil)
	})
}

// The copy may come any time later: while it rings, while it is up, and after
// the call is over.
func TestALateCopyOfACallDoesNotRingAgain(t *testing.T) {
	tales(t, 20, atBoth, func(r *tale) {
		r.settled()
		r.backup.Delay(r.between(100*time.Millisecond, 20*time.Second))
		r.taken(r.party.Call("600", "alice", primaryAddr, backupAddr), 1)
		time.Sleep(50 * time.Second)
		got := statuses(r.backup.Record.Entries().Received(), "INVITE")
		if len(got) == 0 || got[len(got)-1] != 482 {
			r.fail("the copy was answered with %v", got)
		}
		none[Incoming](r.bench, nil)
	})
}

// The caller gives up, over both.
func TestACallOverBothIsGivenUpOnce(t *testing.T) {
	tales(t, 20, atBoth, func(r *tale) {
		r.settled()
		far := r.party.Call("600", "alice", primaryAddr, backupAddr)
		in := next[Incoming](r.bench, time.Second, nil)
		r.phone.Do(Ring{Call: in.Call})
		time.Sleep(r.between(100*time.Millisecond, 5*time.Second))
		far.Hangup()
		next(r.bench, time.Second, func(e Ended) bool { return e.Call == in.Call && e.ByRemote })
		time.Sleep(time.Minute)
		none[Incoming](r.bench, nil)
		none[Ended](r.bench, nil)
		r.nothingOpen()
	})
}

// The primary dies. A call that arrives over the backup rings before the phone
// has noticed anything; the line moves there without a REGISTER, whether
// somebody dials or nobody does; and it holds both again in the end.
func TestARegistrationAtBothMovesWithoutARegister(t *testing.T) {
	tales(t, 20, func(r *tale) {
		atBoth(r)
		conf := &r.config.Lines[0].Failover
		conf.FailbackInterval = time.Minute
		conf.KeepAlive, conf.KeepAliveEvery = failover.OptionsAlive, 30*time.Second
	}, func(r *tale) {
		r.settled()
		r.net.SetState(machine(primaryAddr), siptest.Silent)
		r.taken(r.party.Call("600", "alice", backupAddr), 2)
		r.rest(0)
		if r.seed%2 == 0 {
			id := r.dial("600")
			rang := r.rings(id, 3*time.Second)
			if rang.server != 2 || rang.after >= 2*time.Second {
				r.fail("it rang at server %d after %v", rang.server, rang.after)
			}
			next(r.bench, time.Second, func(e Established) bool { return e.Call == id })
			r.phone.Do(Hangup{Call: id})
		}
		r.registered(2, 55*time.Second) // a keep-alive, its limit, and the splay
		r.same("REGISTERs at the backup", len(r.sentTo(backupAddr, "REGISTER")), 0)
		r.taken(r.party.Call("600", "alice", backupAddr), 2)

		r.net.SetState(machine(primaryAddr), siptest.Reachable)
		r.registered(1, 10*time.Minute)
		time.Sleep(2 * time.Hour) // the binding at the backup is refreshed as well
		r.bound()
		r.mu.Lock()
		r.heard = nil
		r.mu.Unlock()
		r.taken(r.party.Call("600", "alice", backupAddr), 2)
		r.taken(r.party.Call("600", "alice", primaryAddr), 1)
	})
}
