package ua

import (
	"math/rand/v2"
	"net/netip"
	"runtime/debug"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// A tale is one telling of a plot that is told many times: its seed decides the
// round trips, the phone's part of every spread wait, and the moments.
type tale struct {
	*bench
	seed  uint64
	rng   *rand.Rand
	trips [2]time.Duration // between the phone and the primary, the backup: there and back
	began time.Duration    // when the plot did, on the phone's clock
}

// tales tells a plot with the seeds 1 to n, a tenth of them if there is little
// time, some beside one another. The line is smart; setUp changes what else is
// different.
func tales(t *testing.T, n int, setUp, plot func(r *tale)) {
	t.Helper()
	const beside = 4
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // records are many and short-lived
	if testing.Short() {
		n = max(n/10, 1)
	}
	t.Run("runs", func(t *testing.T) { // is over when all of them are
		for k := range min(beside, n) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed := uint64(k + 1); seed <= uint64(n); seed += beside {
					tell(t, seed, setUp, plot)
				}
			})
		}
	})
}

func tell(t *testing.T, seed uint64, setUp, plot func(r *tale)) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	story(t, func(b *bench) {
		r := &tale{bench: b, seed: seed, rng: rand.New(rand.NewPCG(seed, 0xd1a1))}
		for i, server := range []netip.AddrPort{primaryAddr, backupAddr} {
			r.trips[i] = r.between(time.Millisecond, 60*time.Millisecond)
			b.far(server.Addr(), r.trips[i])
		}
		b.config.Seed, b.config.Device = seed, r.rng.Uint32()
		b.smart(1)
		if setUp != nil {
			setUp(r)
		}
		plot(r)
	})
}

// between draws a time.
func (r *tale) between(from, to time.Duration) time.Duration {
	return from + time.Duration(r.rng.Int64N(int64(to-from)))
}

// far sets the round trip between the phone and an address.
func (b *bench) far(addr netip.Addr, trip time.Duration) {
	b.net.SetPath(phoneAddr, addr, siptest.Link{Delay: trip / 2})
	b.net.SetPath(addr, phoneAddr, siptest.Link{Delay: trip / 2})
}

// settled lets the phone register at the primary and get to know the backup.
func (r *tale) settled() {
	r.t.Helper()
	r.run()
	r.registered(1, time.Second)
	time.Sleep(r.between(6*time.Second, 4*time.Minute))
	if len(r.backup.Record.Requests("REGISTER")) == 0 {
		r.fail("nobody has asked the backup for a challenge")
	}
	r.rest(0)
}

// rest lets time pass and forgets what was seen until then: the plot begins.
func (r *tale) rest(d time.Duration) {
	time.Sleep(d)
	for _, record := range []*siptest.Record{&r.net.Record, r.primary.Record, r.backup.Record, r.party.Record} {
		record.Reset()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = nil
	r.began = time.Since(r.start)
}

// answers makes the far side's number 700 behave so, in place of all it had.
func (r *tale) answers(b siptest.Behaviour) {
	r.t.Helper()
	r.party.Close()
	r.primary.Close()
	r.backup.Close()
	var err error
	r.party, err = siptest.StartParty(siptest.PartyConfig{
		Host: r.net, Addr: partyAddr, Seed: 9, Numbers: map[string]siptest.Behaviour{"700": b},
	})
	r.must(err)
	r.primary = r.server(primaryAddr, 2, nil)
	r.backup = r.server(backupAddr, 3, nil)
}
