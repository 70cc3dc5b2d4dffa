//go:build linux

package evidence

import (
	"fmt"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// What starts a pass of the registration besides a REGISTER.

// alive makes the phone send OPTIONS each second.
func (w *world) alive() *world { return w.set("NAT UDPUpdate:2", "UDPUpdate TTL:1") }

func TestAFailedOptionsStartsAPassAtItsServerThenTheBackup(t *testing.T) {
	w := build(t).alive()
	p := w.ready()
	registered := w.seen(w.n1, "REGISTER", 1)[0].At
	w.s1.Silence()
	p.UntilAt(soon, w.n2)
	options := w.seen(w.n1, "OPTIONS", 3)
	w.copies("OPTIONS at the primary", options, 3)
	w.timesFrom(registered, "OPTIONS at the primary", options, time.Second, time.Second+t1, time.Second+3*t1)
	// "It gets its N+1 REGISTERs before the next one is asked."
	registers := w.seenAfter(options[0].At, w.n1, "REGISTER", 3)
	w.copies("REGISTER at the primary", registers, 3)
	w.timesFrom(options[0].At, "REGISTER at the primary", registers, limit, limit+t1, limit+3*t1)
	w.timesFrom(registers[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), limit)
	w.exactly("OPTIONS at the backup during the pass", w.s2.Record.Requests("OPTIONS"), 0)
	// The server that serves now is asked now, the other one no more.
	mark := time.Now()
	w.awaitAfter(w.s2.Record, mark, "OPTIONS", 2)
	w.copies("OPTIONS at the primary that was left", w.n1.Capture.Requests("OPTIONS"), 3)
}

func TestAnOptionsThatMeetsICMPStartsThePassAtOnce(t *testing.T) {
	w := build(t).alive()
	p := w.ready()
	w.filter(w.n1, "meta l4proto udp reject with icmp port-unreachable")
	p.UntilAt(soon, w.n2)
	options, registers := w.seen(w.n1, "OPTIONS", 1), w.seen(w.n1, "REGISTER", 2)[1:]
	w.copies("OPTIONS at the primary", options, 1)
	w.copies("REGISTER at the primary", registers, 1)
	w.atOnce("REGISTER at the primary", options[0], registers[0])
	w.atOnce("REGISTER at the backup", registers[0], w.seen(w.n2, "REGISTER", 1)[0])
}

// The server is deaf for OPTIONS only: its REGISTER is answered, so the line
// stays.
func TestAFailedOptionsAloneDoesNotMoveTheLine(t *testing.T) {
	w := build(t).alive()
	w.s1.SetRules(silent("OPTIONS"))
	p := w.ready()
	w.await(w.s1.Record, "REGISTER", 3) // two more, one for each failed OPTIONS
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
	if s := p.State(); !s.Registered || s.Server != w.n1.SIP() {
		t.Errorf("the phone left its server: %+v", s)
	}
}

func TestAnyAnswerToOptionsBut503IsAlive(t *testing.T) {
	for _, status := range []int{404, 500, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			w := build(t).alive()
			w.s1.SetRules(reply("OPTIONS", status))
			w.ready()
			options := w.await(w.s1.Record, "OPTIONS", 2)
			registers := w.s1.Record.Requests("REGISTER")
			if status == 503 {
				w.exactly("REGISTER at the primary", registers, 2)
				w.atOnce("REGISTER after 503", options[0], registers[1])
			} else {
				w.exactly("REGISTER at the primary", registers, 1)
				w.times("OPTIONS", options, 0, time.Second)
			}
			w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
		})
	}
}

// On UDP a CRLF proves nothing (RFC 5626 §3.5.1): no answer to it is missed.
func TestCRLFKeepAliveIsSentAndProvesNothing(t *testing.T) {
	w := build(t)
	w.set("NAT UDPUpdate:1", "UDPUpdate TTL:1")
	w.ready()
	w.s1.Silence()
	crlf := w.until(soon, "CRLF", w.s1.Record, func(es siptest.Entries) siptest.Entries {
		return es.Select(func(e siptest.Entry) bool { return !e.Valid && string(e.Raw) == "\r\n" })
	}, 3)
	w.times("CRLF", crlf, 0, time.Second, 2*time.Second)
	w.exactly("REGISTER at the primary", w.s1.Record.Requests("REGISTER"), 1)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestAFailedCancelStartsAPassAtItsServerThenTheBackup(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(reply("INVITE", 180))
	p.Dial("600")
	p.UntilCall(soon, "ringing")
	w.s1.Silence()
	w.free(p)
	p.UntilAt(soon, w.n2)
	invite, cancels := w.seen(w.n1, "INVITE", 1)[0], w.seen(w.n1, "CANCEL", 3)
	w.copies("CANCEL at the primary", cancels, 3)
	w.times("CANCEL at the primary", cancels, 0, t1, 3*t1)
	// RFC 3261 §9.1: the INVITE's branch, Call-ID, CSeq number, To.
	if c := cancels[0].Message; c.Branch != invite.Branch || c.CallID != invite.CallID || c.CSeq != invite.CSeq || c.ToTag != "" || c.URI != invite.URI {
		t.Errorf("the CANCEL is not the INVITE's\n%s\n%s", invite.Raw, c.Raw)
	}
	registers := w.seenAfter(cancels[0].At, w.n1, "REGISTER", 3)
	w.copies("REGISTER at the primary", registers, 3)
	w.timesFrom(cancels[0].At, "REGISTER at the primary", registers, limit, limit+t1, limit+3*t1)
	w.timesFrom(registers[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), limit)
	w.quiet(500*time.Millisecond, "more at the backup", w.s2.Record)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 1)
}

func TestAFailedCancelAloneDoesNotMoveTheLine(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(
		siptest.Rule{Method: "INVITE", Steps: []siptest.Step{{Status: 180}, {After: 2 * time.Second, Status: 487}}},
		silent("CANCEL"))
	p.Dial("600")
	p.UntilCall(soon, "ringing")
	p.Down()
	w.await(w.s1.Record, "REGISTER", 2)
	w.copies("CANCEL at the primary", w.s1.Record.Requests("CANCEL"), 3)
	w.await(w.s1.Record, "ACK", 1)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestAManualRegistrationDuringAPassJoinsIt(t *testing.T) {
	w := build(t)
	w.s1.Silence()
	w.s2.SetRules(siptest.Rule{Method: "REGISTER", Steps: siptest.Pass(500 * time.Millisecond)})
	p := w.boot()
	w.seen(w.n1, "REGISTER", 2)
	p.Register(1)
	w.seen(w.n2, "REGISTER", 1)
	p.Register(1)
	p.UntilAt(soon, w.n2)
	w.quiet(limit, "another pass", &w.n1.Capture)
	w.copies("REGISTER at the primary", w.seen(w.n1, "REGISTER", 3), 3)
	w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 1)
}

// A registration by hand starts at the primary, whoever serves the line.
func TestAManualRegistrationStartsAtThePrimary(t *testing.T) {
	w := build(t)
	w.s1.Silence()
	p := w.boot()
	p.UntilAt(soon, w.n2)
	w.heal(w.s1)
	p.Register(1)
	p.UntilAt(soon, w.n1)
	w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 1)
}

func TestNoOptionsWhileAnotherRequestIsUnanswered(t *testing.T) {
	w := build(t)
	w.set("NAT UDPUpdate:2", "UDPUpdate TTL:2")
	p := w.ready()
	due := w.seen(w.n1, "REGISTER", 1)[0].At.Add(2 * time.Second)
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: []siptest.Step{{After: 600 * time.Millisecond, Status: 180}}})
	<-time.After(time.Until(due) - 300*time.Millisecond)
	p.Dial("600")
	if asked := w.seen(w.n1, "INVITE", 1)[0].At; asked.After(due) {
		t.Skipf("SKIPPED: this machine was late: the INVITE left %v after the OPTIONS was due", asked.Sub(due))
	}
	options := w.seen(w.n1, "OPTIONS", 1)[0]
	answered := w.until(soon, "180", w.s1.Record, func(es siptest.Entries) siptest.Entries {
		return es.Sent().Status(180)
	}, 1)[0]
	if options.At.Before(answered.At.Add(-5 * time.Millisecond)) {
		t.Errorf("OPTIONS left %v before the INVITE was answered", answered.At.Sub(options.At))
	}
}
