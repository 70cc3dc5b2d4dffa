package ua

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

func TestAWrongPasswordDoesNotWander(t *testing.T) {
	story(t, func(b *bench) {
		b.config.Lines[0].Password = "wrong"
		b.run()
		s := next(b, time.Second, func(s LineState) bool { return s.Phase == failover.Rejected })
		b.same("status", []any{s.Status, s.Server, s.Registered}, []any{401, 1, false})
		n := next(b, 0, func(n LineNotice) bool { return n.Kind == failover.Refusal })
		b.same("again later", n.Next.After(time.Now()), true)
		b.same("REGISTERs", len(b.primary.Record.Requests("REGISTER")), 2)
		time.Sleep(20 * time.Second)
		b.same("REGISTERs later", len(b.primary.Record.Requests("REGISTER")), 2)
		b.same("nothing at the backup", len(b.backup.Record.Entries()), 0)
	})
}

func TestAStaleNonceIsAnsweredOnceMore(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.Stale(1)
		b.run()
		b.registered(1, time.Second)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("REGISTERs", len(regs), 3)
		b.same("CSeqs", []uint32{regs[0].CSeq, regs[1].CSeq, regs[2].CSeq}, []uint32{1, 2, 3})
		b.same("Call-IDs", len(regs.CallIDs()), 1)
	})
}

func TestAServerThatIsNeverContentIsAskedTwiceOnly(t *testing.T) {
	story(t, func(b *bench) {
		b.primary.ChallengeAlways()
		b.run()
		next(b, time.Second, func(s LineState) bool { return s.Phase == failover.Rejected })
		b.same("REGISTERs", len(b.primary.Record.Requests("REGISTER")), 2)
	})
}

func TestAForeignRealmGetsNoDigestInACall(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.primary.Realm("evil.example")
		b.dial("600")
		e := next[Ended](b, 5*time.Second, nil)
		b.same("the challenge is the result", e.Status, 407)
		for _, m := range b.primary.Record.Requests("INVITE") {
			if strings.Contains(m.Header("Proxy-Authorization"), "evil") {
				b.fail("a digest for a foreign realm")
			}
		}
	})
}

func TestAChallengeFromAnotherSourceIsNotAnswered(t *testing.T) {
	story(t, func(b *bench) {
		one, two := b.actor("10.0.0.4:5060"), b.actor("10.0.0.5:5060")
		var invite siptest.Message
		one.registrar(func(m siptest.Message) {
			if m.Is("INVITE") {
				invite = m
			}
		})
		two.registrar(nil)
		line := &b.config.Lines[0]
		line.LocalDomain = "phone.test"
		line.Failover.Servers[0].Host, line.Failover.Servers[1].Host = "10.0.0.4", "10.0.0.5"
		b.run()
		b.registered(1, time.Second)
		id := b.dial("600")
		synctest.Wait()
		two.answer(invite, 407, "x", `Proxy-Authenticate: Digest realm="phone.test", nonce="n", algorithm=MD5, qop="auth"`)
		time.Sleep(time.Second)
		for _, a := range []*actor{one, two} {
			for _, m := range a.hears().Requests("") {
				b.same("credentials", siptest.Authorized(m.Message), false)
			}
		}
		b.same("ended", next[Ended](b, 0, nil).Call, id)
	})
}

// A line that does not register has no realm from a REGISTER: its domain is the
// one that is answered, which is the server's address where none is set.
func TestALineThatDoesNotRegisterAnswersItsDomain(t *testing.T) {
	for realm, want := range map[string]int{primaryAddr.Addr().String(): 2, "evil.example": 1} {
		story(t, func(b *bench) {
			b.config.Lines[0].Failover.Register = false
			b.primary.Realm(realm)
			b.run()
			b.dial("600")
			time.Sleep(time.Second)
			b.same("INVITEs to realm "+realm, len(b.primary.Record.Requests("INVITE")), want)
		})
	}
}
