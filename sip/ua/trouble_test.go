package ua

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/siptest"
)

func TestIntervalTooBriefRaisesTheExpiry(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].Failover.Servers[0].TTL = 60 * time.Second
		b.primary.MinExpires(900 * time.Second)
		b.run()
		b.registered(1, time.Second)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("Expires", []int{regs[0].Expires, regs[len(regs)-1].Expires}, []int{60, 900})
	})
}

func Test503WithRetryAfterMovesAtOnceAndWaits(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].Failover.FailbackInterval = 60 * time.Second
		b.primary.Status(503, 600*time.Second)
		b.run()
		b.registered(2, time.Second)
		b.same("at the primary", len(b.primary.Record.Requests("REGISTER")), 1)
		b.same("at the backup", offsets(b.backup.Record.Requests("REGISTER"), b.start), []int{0, 0})
		b.must(b.primary.Heal())
		b.primary.Record.Reset()
		b.registered(1, 700*time.Second)
		b.same("the probe waited", offsets(b.primary.Record.Requests("REGISTER"), b.start)[0], 600000)
	})
}

func TestICMPMovesAtOnce(t *testing.T) {
	story(t, func(b *bench) {
		b.net.SetState(netip.AddrPortFrom(primaryAddr.Addr(), 0), siptest.Unreachable)
		b.run()
		b.registered(2, time.Second)
		b.same("at the backup", offsets(b.backup.Record.Requests("REGISTER"), b.start), []int{0, 0})
		n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Unavailable })
		b.same("cause", n.Cause, failover.ICMP)
	})
}

func TestTCPRefusedMovesAtOnce(t *testing.T) {
	story(t, func(b *bench) {
		for i := range b.config.Lines[0].Failover.Servers {
			b.config.Lines[0].Failover.Servers[i].Transport = sip.TCP
		}
		b.net.SetState(netip.AddrPortFrom(primaryAddr.Addr(), 0), siptest.Unreachable)
		b.run()
		b.registered(2, time.Second)
		id := b.call("600")
		invite := b.backup.Record.Requests("INVITE")
		b.same("transport", invite[0].Transport, "TCP")
		b.same("Contact", invite[0].ContactTo, "sip:alice@10.0.0.1:5060;transport=tcp")
		b.same("c=", strings.Contains(invite[0].Body(), "c=IN IP4 10.0.0.1\r\n"), true)
		b.phone.Do(Hangup{Call: id})
		synctest.Wait()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
	})
}

func TestASilentServerMissesItsKeepAlive(t *testing.T) {
	story(t, func(b *bench) {
		line := &b.config.Lines[0]
		line.Failover.KeepAlive, line.Failover.KeepAliveEvery = failover.OptionsAlive, 30*time.Second
		b.run()
		b.registered(1, time.Second)
		time.Sleep(61 * time.Second)
		b.same("OPTIONS", offsets(b.primary.Record.Requests("OPTIONS"), b.start), []int{30000, 60000})
		b.primary.Silence()
		b.registered(2, 60*time.Second)
		// One OPTIONS unanswered for its attempt (7.5 s), then N+1 REGISTERs (7.5 s).
		b.same("at the backup", offsets(b.backup.Record.Requests("REGISTER"), b.start)[0], 105000)
	})
}

func TestRegisterNowStartsAtThePrimary(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Silence()
		b.run()
		b.registered(2, 10*time.Second)
		b.must(b.primary.Heal())
		b.phone.Do(Register{Line: 1})
		b.registered(1, time.Second)
	})
}

func TestTheLinkGoesAndReturns(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.phone.Do(Link{Up: false})
		s := next(b, time.Second, func(s LineState) bool { return s.Phase == failover.Offline })
		b.same("registered", s.Registered, false)
		b.phone.Do(Link{Up: true})
		b.registered(1, 5*time.Second)
		b.same("nothing at the backup", len(b.backup.Record.Entries()), 0)
	})
}
