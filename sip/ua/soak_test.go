package ua

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/siptest"
)

// TestHoursOfTrouble lets servers die and return while a phone dials, answers,
// holds and hangs up, by a seed. However it goes: every call ends for its user
// exactly once, what was accepted ends at the far side too, the phone finds back
// to the primary, and nothing of it all is kept.
func TestHoursOfTrouble(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			story(t, func(b *bench) { trouble(b, seed) })
		})
	}
}

func trouble(b *bench, seed uint64) {
	chance := rand.New(rand.NewPCG(seed, 1))
	within := func(d time.Duration) time.Duration { return time.Duration(chance.Int64N(int64(d))) }
	if chance.IntN(3) == 0 {
		for i := range b.config.Lines[0].Failover.Servers {
			b.config.Lines[0].Failover.Servers[i].Transport = sip.TCP
		}
	}
	b.net.SetLink(siptest.Link{Delay: 5 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.01, Double: 0.01})
	b.config.Lines[0].Failover.FailbackInterval = 300 * time.Second
	b.config.Lines[0].Failover.KeepAlive, b.config.Lines[0].Failover.KeepAliveEvery = failover.OptionsAlive, 60*time.Second
	b.run()

	var live []CallID
	lost := 0
	listen := func() {
		for _, e := range b.take() {
			switch e := e.(type) {
			case Incoming:
				live = append(live, e.Call)
				b.phone.Do(Ring{Call: e.Call})
			case LineNotice:
				if e.Kind == failover.ByeLost {
					lost++
				}
			case Ended:
				if !slices.Contains(live, e.Call) {
					b.fail("call %d ended twice, or was never there", e.Call)
				}
				live = slices.DeleteFunc(live, func(id CallID) bool { return id == e.Call })
			}
		}
	}
	end := time.Now().Add(2 * time.Hour)
	for time.Now().Before(end) {
		time.Sleep(within(40 * time.Second))
		listen()
		target := b.primary
		if chance.IntN(2) == 0 {
			target = b.backup
		}
		switch chance.IntN(14) {
		case 0, 1:
			live = append(live, b.dial([]string{"600", "601", "602", "603"}[chance.IntN(4)]))
		case 2:
			b.party.Call("600", "alice", primaryAddr, backupAddr)
		case 3, 4, 5:
			for _, id := range live {
				b.phone.Do(Hangup{Call: id})
			}
		case 6:
			for _, id := range live {
				b.phone.Do(Answer{Call: id, Media: media(4000)})
			}
		case 7:
			for _, id := range live {
				b.phone.Do([]Command{Hold{Call: id}, Resume{Call: id}, Info{Call: id, Digit: '5'}}[chance.IntN(3)])
			}
		case 8:
			target.Silence()
		case 9:
			target.Status(503, within(2*time.Minute))
		case 10:
			target.Stop()
		case 11:
			for _, c := range b.party.Calls() {
				if c.State() == siptest.Up {
					c.Hangup()
				}
			}
		default:
			b.must(target.Heal())
		}
	}

	// Everything is well again, and the phone hangs up what is left.
	b.must(b.primary.Heal())
	b.must(b.backup.Heal())
	b.net.SetLink(siptest.Link{Delay: time.Millisecond})
	time.Sleep(time.Minute) // what was on its way arrives
	listen()
	for _, id := range live {
		b.phone.Do(Hangup{Call: id})
	}
	time.Sleep(time.Hour)
	listen()
	if len(live) > 0 {
		b.fail("calls %v have not ended", live)
	}
	up := 0
	for _, c := range b.party.Calls() {
		// Without an ACK the phone has never heard that the call was taken.
		if c.State() == siptest.Up && len(b.party.Record.Requests("ACK").CallID(c.CallID())) > 0 {
			up++
		}
	}
	if up > lost {
		b.fail("%d calls are still up at the far side, %d BYEs were told as lost", up, lost)
	}
	a := b.phone.agent
	l := a.lines[1]
	if !l.core.Registered() || l.core.Active() != 0 {
		b.fail("not back at the primary: registered %v at %d", l.core.Registered(), l.core.Active())
	}
	b.same("calls, dialogs, server transactions kept", []int{len(a.calls), len(a.dialogs), len(a.served)}, []int{0, 0, 0})
	b.same("asks, transactions kept", []int{len(l.asks), len(l.txs)}, []int{0, 0})
	b.same("peers kept", len(a.peers.told), 0)
}

// take takes all events heard so far.
func (b *bench) take() []Event {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Event
	for _, h := range b.heard {
		out = append(out, h.Event)
	}
	b.heard = nil
	return out
}
