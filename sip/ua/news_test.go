package ua

import (
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/dns"
	"phoned/sip/siptest"
	"phoned/sip/wire"
)

// What was found out minutes ago need not be so any more: a new line is not told
// and tries for itself.
func TestOldNewsIsNotToldToANewLine(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(2)
		both := b.config.Lines
		both[0].Failover.Failback = false // nobody looks whether it is back
		b.config.Lines = both[:1]
		b.run()
		b.registered(1, time.Second)
		time.Sleep(time.Second)
		b.net.SetState(primaryAddr, siptest.Silent)
		b.dial("600")
		b.lineAt(1, 2, 5*time.Second)
		// Longer than the primary is asked for a challenge in vain, and two minutes.
		time.Sleep(45*time.Second + known)
		b.net.SetState(primaryAddr, siptest.Reachable)
		both[1].Failover.Register = false
		b.phone.Do(Reload{Lines: both})
		synctest.Wait()
		b.phone.Do(Dial{Call: 99, Line: 2, Number: "600", Media: media(4002)})
		next(b, time.Second, func(a Asking) bool { return a.Call == 99 && a.Server == 1 })
	})
}

// DNS may lead a TLS server anywhere; its certificate has to be that of the name
// that was configured (RFC 5922 §4).
func TestTLSIsVerifiedForTheConfiguredName(t *testing.T) {
	s := slots{
		per:     1,
		base:    []wire.Server{{Host: "one.example", Port: 5061, Transport: sip.TLS}},
		queries: []dns.Query{{Host: "one.example", Transport: sip.TLS}},
		answers: []dns.Answer{{Targets: []dns.Target{{Addr: primaryAddr, Transport: sip.TLS, Name: "host7.elsewhere.example"}}}},
	}
	to := s.reach(0)
	if len(to) != 1 || to[0].Name != "one.example" || to[0].Host != primaryAddr.Addr().String() {
		t.Errorf("TLS to %+v", to)
	}
}

// The order of the addresses is what SRV says, also once the line knows them all.
func TestTheBestAddressIsAskedFirst(t *testing.T) {
	story(t, func(b *bench) {
		z := b.byName()
		b.config.Lines[0].DNS = dns.BySRV
		z.set("_sip._udp.one.example SRV", service(1, 5060, "best.one.example"), service(2, 5060, "next.one.example"))
		z.set("best.one.example A", address(primaryAddr.Addr()))
		z.set("next.one.example A", address(thirdAddr.Addr()))
		third := b.server(thirdAddr, 4, domains)
		defer third.Close()
		b.net.SetState(primaryAddr, siptest.Unreachable)
		b.run()
		b.same("address", b.registered(1, 10*time.Second).Address, thirdAddr.String())
		b.net.SetState(primaryAddr, siptest.Reachable)
		b.net.Record.Reset()
		b.phone.Do(Register{Line: 1})
		b.same("asked by hand", b.registered(1, 10*time.Second).Address, primaryAddr.String())
		b.same("at the other address", len(b.sentTo(thirdAddr, "REGISTER")), 0)
	})
}

// The backup is asked for a challenge again and again, and each time the one that
// comes is fresh: the question carries no answer to the last one.
func TestAWarmBackupIsAskedWithoutCredentials(t *testing.T) {
	story(t, func(b *bench) {
		b.smart(1)
		b.run()
		b.registered(1, time.Second)
		time.Sleep(10 * time.Minute)
		asked := b.backup.Record.Requests("REGISTER")
		b.same("asked more than once", len(asked) >= 3, true)
		for _, e := range asked {
			b.same("credentials", siptest.Authorized(e.Message), false)
		}
	})
}
