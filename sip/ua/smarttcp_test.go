package ua

import (
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/siptest"
)

// Over TCP, a primary that stands still has the INVITE in its socket. When it
// goes on it lets the far side ring: the phone still hears of that, over the
// connection that it has given up for all else, and ends it.
func TestAServerThatStoodStillOverTCPRingsNobodyForNothing(t *testing.T) {
	tales(t, 100, func(r *tale) {
		r.over(sip.TCP)
		r.answers(siptest.Behaviour{Ring: r.between(2*time.Millisecond, 400*time.Millisecond)})
	}, func(r *tale) {
		r.settled()
		r.earlier()
		r.die(stalled, r.between(2*time.Second, 30*time.Second))
		id := r.dial("700")
		rang := r.rings(id, 3*time.Second)
		if rang.server != 2 || rang.after >= 2*time.Second {
			r.fail("it rang at server %d after %v", rang.server, rang.after)
		}
		r.oneCall(id)
	})
}

// A connection that is lost while a call goes over it is made anew at once: the
// far side could not be heard else. One that nobody uses waits for its part of
// the splay.
func TestAConnectionThatACallGoesOverIsMadeAnewAtOnce(t *testing.T) {
	for _, calling := range []bool{true, false} {
		tales(t, 20, func(r *tale) {
			r.over(sip.TCP)
			r.config.Device = 0x80000000 // 10 s
		}, func(r *tale) {
			r.settled()
			time.Sleep(time.Minute)
			if calling {
				r.call("600")
				time.Sleep(r.between(0, time.Minute))
			}
			r.primary.Record.Reset()
			r.primary.Reset()
			began := time.Now()
			time.Sleep(11 * time.Second)
			synctest.Wait()
			again := r.primary.Record.Requests("REGISTER")
			r.same("registered anew", len(again), 1)
			took := again[0].At.Sub(began)
			if waited := took >= 10*time.Second; waited == calling || calling && took > 200*time.Millisecond {
				r.fail("registered anew after %v", took)
			}
			if calling {
				r.party.Calls()[0].Hangup()
				next[Ended](r.bench, time.Second, nil)
			}
		})
	}
}
