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
