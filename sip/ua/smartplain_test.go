package ua

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/siptest"
)

// byTheBook is Smart Failover 0 in the worlds of the smart tales: the source
// document's packets at its times, and not one more.
func byTheBook(r *tale) { r.config.Lines[0].Failover.Smart = false }

// sent is what the phone has sent since a time: where to, the method, and when
// in milliseconds.
func (r *tale) sent(began time.Time) []string {
	r.t.Helper()
	synctest.Wait()
	names := map[netip.AddrPort]string{primaryAddr: "one", backupAddr: "two"}
	var out []string
	for _, e := range r.net.Record.Entries().From(netip.AddrPortFrom(phoneAddr, 5060)) {
		if e.Request {
			out = append(out, fmt.Sprintf("%s %s %d", names[e.To], e.Method, e.At.Sub(began).Milliseconds()))
		}
	}
	return out
}

// copies are the first so many copies of a request to the primary.
func copies(method string, n int) (out []string) {
	for _, at := range []int{0, 500, 1500, 3500, 7500}[:n] {
		out = append(out, fmt.Sprintf("one %s %d", method, at))
	}
	return out
}

// A silent primary gets N+1 copies at RFC 3261's times, and the backup its first
// packet, the REGISTER, when copy N+2 would be due.
func TestPlainTimesAreExact(t *testing.T) {
	limits := map[string][]int{
		"INVITE":   {500, 1500, 3500, 7500, 15500},
		"BYE":      {500, 1500, 3500, 7500, 11500},
		"REGISTER": {500, 1500, 3500, 7500, 11500},
	}
	for _, deed := range deeds {
		for retries, limit := range limits[deed.method] {
			t.Run(fmt.Sprintf("%s/%d", deed.name, retries), func(t *testing.T) {
				tales(t, 8, func(r *tale) {
					byTheBook(r)
					r.config.Lines[0].Failover.Retries = retries
				}, func(r *tale) {
					r.run()
					r.registered(1, time.Second)
					call := CallID(0)
					if deed.up {
						call = r.call("600")
					}
					time.Sleep(r.between(time.Minute, 10*time.Minute))
					r.die([]int{cut, deaf}[r.seed%2], time.Hour)
					r.rest(0)
					began := time.Now()
					deed.do(r, call)
					want := copies(deed.method, retries+1)
					time.Sleep(time.Duration(limit)*time.Millisecond - time.Microsecond)
					r.same("before the limit", r.sent(began), want)
					time.Sleep(time.Microsecond)
					r.same("at the limit", r.sent(began), append(want, fmt.Sprintf("two REGISTER %d", limit)))
					deed.done(r, call)
				})
			})
		}
	}
}

// Over TCP nothing is repeated, and the backup is not so much as connected
// before the limit.
func TestPlainOverTCPConnectsToNobodyAhead(t *testing.T) {
	for _, deed := range deeds {
		t.Run(deed.name, func(t *testing.T) {
			var connects func() int
			tales(t, 1, func(r *tale) {
				byTheBook(r)
				r.over(sip.TCP)
				connects = r.connects(backupAddr)
			}, func(r *tale) {
				r.run()
				r.registered(1, time.Second)
				call := CallID(0)
				if deed.up {
					call = r.call("600")
				}
				time.Sleep(10 * time.Minute)
				r.primary.Delay(time.Hour) // its pongs are no SIP and come at once
				r.primary.Record.Reset()
				began := time.Now()
				deed.do(r, call)
				time.Sleep(7500*time.Millisecond - time.Microsecond)
				synctest.Wait()
				r.same("at the primary", offsets(r.primary.Record.Requests(""), began), []int{int(half(r.trips[0]).Milliseconds())})
				r.same("connections to the backup", connects(), 0)
				time.Sleep(time.Microsecond)
				synctest.Wait()
				r.same("connections to the backup", connects(), 1)
				deed.done(r, call)
			})
		})
	}
}

// connects counts the connections that the phone opens to an address.
func (b *bench) connects(to netip.AddrPort) func() int {
	var n atomic.Int64
	dial := b.config.Wire.DialContext
	b.config.Wire.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == to.String() {
			n.Add(1)
		}
		return dial(ctx, network, address)
	}
	return func() int { return int(n.Load()) }
}

// A plain line that is well asks nobody anything: no OPTIONS, and nothing for
// the backup. One that is at the backup sends nothing to the primary but the
// probes of the failback interval, eleven copies each.
func TestPlainIsSilentBetweenProbes(t *testing.T) {
	tales(t, 8, func(r *tale) {
		byTheBook(r)
		r.config.Lines[0].Failover.FailbackInterval = 5 * time.Minute
	}, func(r *tale) {
		r.run()
		r.registered(1, time.Second)
		r.rest(time.Second)
		began := time.Now()
		time.Sleep(3 * time.Hour)
		for _, e := range r.net.Record.Entries() {
			if e.Request && (e.To == backupAddr || e.Method != "REGISTER") {
				r.fail("an idle plain line sends %s to %s", e.Method, e.To)
			}
		}
		if n := len(r.sent(began)); n > 6 { // a refresh each 32 min at the soonest
			r.fail("%d REGISTERs in three hours", n)
		}

		r.net.SetState(machine(primaryAddr), siptest.Silent)
		r.phone.Do(Register{Line: 1})
		r.registered(2, 10*time.Second)
		r.rest(0)
		began = time.Now()
		time.Sleep(time.Hour)
		var want []string
		for at := 300000; at < 3600000; at += 300000 + 32000 {
			for _, copy := range []int{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500} {
				if at+copy < 3600000 {
					want = append(want, fmt.Sprintf("one REGISTER %d", at+copy))
				}
			}
		}
		got := slices.DeleteFunc(r.sent(began), func(s string) bool { return s[:3] != "one" })
		r.same("to the primary in an hour", got, want)
	})
}
