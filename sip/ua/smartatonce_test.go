package ua

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/siptest"
)

// A proof is something that tells at once that a server is dead.
type proof struct {
	name      string
	transport sip.Transport
	show      func(b *bench)
	after     func(trip time.Duration) time.Duration // a request has left, the phone knows
}

func half(trip time.Duration) time.Duration  { return trip / 2 }
func whole(trip time.Duration) time.Duration { return trip }

var proofs = []proof{
	{"ICMP", sip.UDP, func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Unreachable) }, half},
	{"503", sip.UDP, func(b *bench) { b.primary.Status(503, 0) }, whole},
	{"503 with Retry-After", sip.UDP, func(b *bench) { b.primary.Status(503, time.Minute) }, whole},
	{"RST", sip.TCP, func(b *bench) { b.net.SetState(machine(primaryAddr), siptest.Unreachable) }, whole},
	{"refused", sip.TCP, func(b *bench) { b.stays(primaryAddr); b.primary.Stop() }, whole},
	{"503", sip.TCP, func(b *bench) { b.primary.Status(503, 0) }, whole},
}

// machine is all of an address.
func machine(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr(), 0) }

// stays keeps a machine in the network whose SIP server stops: it refuses.
func (b *bench) stays(a netip.AddrPort) {
	_, err := b.net.Socket(netip.AddrPortFrom(a.Addr(), 9))
	b.must(err)
}

// over makes the line reach its servers with a transport.
func (b *bench) over(t sip.Transport) {
	for i := range b.config.Lines[0].Failover.Servers {
		b.config.Lines[0].Failover.Servers[i].Transport = t
	}
}

// A deed is what a user waits for.
type deed struct {
	name, method string
	up           bool // needs a call that is up
	do           func(r *tale, call CallID)
	done         func(r *tale, call CallID)
}

var deeds = []deed{
	{
		"dial", "INVITE", false,
		func(r *tale, _ CallID) { r.dial("600") },
		func(r *tale, _ CallID) {
			r.same("server", next[Established](r.bench, 10*time.Second, nil).Server, 2)
			r.same("INVITEs at the primary", len(r.sentTo(primaryAddr, "INVITE")) <= 1, true)
		},
	},
	{
		"hang up", "BYE", true,
		func(r *tale, call CallID) { r.phone.Do(Hangup{Call: call}) },
		func(r *tale, _ CallID) {
			time.Sleep(time.Second)
			synctest.Wait()
			r.same("the far party", r.party.Calls()[0].State(), siptest.Ended)
		},
	},
	{
		"register", "REGISTER", false,
		func(r *tale, _ CallID) { r.phone.Do(Register{Line: 1}) },
		func(r *tale, _ CallID) { r.registered(2, time.Second) },
	},
}

// binds tells whether a request is more than a question for a challenge.
func binds(e siptest.Entry) bool { return e.Method != "REGISTER" || e.ContactTo != "" }

// A dial, a hang-up and a manual registration that meet ICMP, a reset or 503 are
// at the backup within 100 ms, the REGISTER there included.
func TestWhatProvesDeathMovesAtOnce(t *testing.T) {
	for _, proof := range proofs {
		for _, deed := range deeds {
			for _, standby := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%v/%s/standby=%v", proof.name, proof.transport, deed.name, standby), func(t *testing.T) {
					var mu sync.Mutex
					var slowest time.Duration
					tales(t, 12, func(r *tale) {
						r.over(proof.transport)
						r.config.Lines[0].Failover.Standby = standby
					}, func(r *tale) {
						r.settled()
						call := CallID(0)
						if deed.up {
							call = r.call("600")
							time.Sleep(r.between(time.Second, time.Minute))
						}
						proof.show(r.bench)
						r.rest(0)
						began := time.Now()
						deed.do(r, call)
						deed.done(r, call)
						at := r.backup.Record.Requests(deed.method).Select(binds)[0].At
						took := at.Sub(began) - proof.after(r.trips[0])
						if took < 0 || took >= 100*time.Millisecond {
							r.fail("%s at the backup %v after the evidence", deed.method, took)
						}
						mu.Lock()
						defer mu.Unlock()
						slowest = max(slowest, took)
					})
					t.Logf("%s at the backup %v after the evidence at most", deed.method, slowest)
				})
			}
		}
	}
}

// A primary that is known to be dead, since another line has just found out, is
// not asked: what a user waits for is at the backup after the way there and, if
// the line has not moved yet, the round trip of its REGISTER.
func TestAPrimaryKnownToBeDeadAddsNoDelay(t *testing.T) {
	for _, wait := range []time.Duration{0, 2 * time.Second} {
		t.Run(fmt.Sprint("after ", wait), func(t *testing.T) {
			tales(t, 50, func(r *tale) { r.smart(2) }, func(r *tale) {
				r.settled()
				r.net.SetState(machine(primaryAddr), siptest.Silent)
				r.dial("600")
				next(r.bench, 5*time.Second, func(d Decided) bool { return d.Line == 1 && d.Decision == failover.MoveEarly })
				time.Sleep(wait)
				r.rest(0)
				began := time.Now()
				r.phone.Do(Dial{Call: 99, Line: 2, Number: "600", Media: media(4002)})
				next(r.bench, time.Second, func(p Progress) bool { return p.Call == 99 && p.Status == 180 })
				r.same("INVITEs at the primary", len(r.sentTo(primaryAddr, "INVITE")), 0)
				at := r.backup.Record.Requests("INVITE").Select(func(e siptest.Entry) bool { return e.FromUser == "bob" })[0].At
				limit := half(r.trips[1])
				if wait == 0 {
					limit += r.trips[1]
				}
				if took := at.Sub(began); took > limit+time.Millisecond {
					r.fail("the INVITE was at the backup after %v, want %v", took, limit)
				}
			})
		})
	}
}

// The connection has been reset and the line waits for its part of the splay
// before it does anything; who dials meanwhile does not wait.
func TestADialEndsTheSplay(t *testing.T) {
	tales(t, 50, func(r *tale) {
		r.over(sip.TCP)
		r.config.Device = 0xc0000000 // 15 s
	}, func(r *tale) {
		r.settled()
		r.net.SetState(machine(primaryAddr), siptest.Unreachable)
		time.Sleep(r.between(0, 10*time.Second))
		r.same("the line waits", len(r.sentTo(backupAddr, "REGISTER")), 0)
		began := time.Now()
		id := r.dial("600")
		next(r.bench, time.Second, func(e Established) bool { return e.Call == id })
		at := r.backup.Record.Requests("INVITE")[0].At
		if took := at.Sub(began) - r.trips[0]; took >= 100*time.Millisecond {
			r.fail("the INVITE was at the backup %v after the refusal", took)
		}
	})
}
