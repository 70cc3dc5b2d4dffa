//go:build linux

package evidence

import (
	"fmt"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// The column INVITE of the table of evidence.

// moved fails the test unless the call came up through the backup, after a
// REGISTER there, as the same call; it returns the first INVITE at the backup.
func (w *world) moved(p *lab.Phone, first siptest.Entry) siptest.Entry {
	w.T.Helper()
	w.await(w.s2.Record, "INVITE", 1)
	p.UntilCall(soon, "up")
	registers, invites := w.s2.Record.Requests("REGISTER"), w.s2.Record.Requests("INVITE")
	w.exactly("REGISTER at the backup", registers, 1)
	w.copies("INVITE at the backup", invites, 1)
	if !registers[0].At.Before(invites[0].At) {
		w.T.Errorf("the INVITE did not wait for the REGISTER\n%s%s", registers, invites)
	}
	w.sameCall(first, invites[0])
	if s := p.State(); s.Server != w.n2.SIP() || s.Call != "up" {
		w.T.Errorf("the phone is at %s, the call is %s", s.Server, s.Call)
	}
	return invites[0]
}

func TestInviteMovesOnFromSilenceAfterItsRetransmissions(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	p.Dial("600")
	first := w.seen(w.n1, "INVITE", 1)
	w.moved(p, first[0])
	first = w.seen(w.n1, "INVITE", 3)
	w.copies("INVITE at the primary", first, 3)
	w.times("INVITE at the primary", first, 0, t1, 3*t1)
	w.timesFrom(first[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), limit)
	w.quietAfter(w.s2.Record.Requests("INVITE")[0].At, 600*time.Millisecond, "more at the abandoned server", &w.n1.Capture)
}

func TestInviteMovesOnAtOnceFromEveryUnreachable(t *testing.T) {
	for _, reject := range []string{"port-unreachable", "host-unreachable", "admin-prohibited"} {
		t.Run(reject, func(t *testing.T) {
			w := build(t)
			p := w.ready()
			w.filter(w.n1, "meta l4proto udp reject with icmp "+reject)
			p.Dial("600")
			first := w.seen(w.n1, "INVITE", 1)
			w.moved(p, first[0])
			w.copies("INVITE at the primary", w.seen(w.n1, "INVITE", 1), 1)
			w.atOnce("the backup was asked", first[0], w.seen(w.n2, "REGISTER", 1)[0])
		})
	}
}

func TestInviteStaysWhenTheNetworkSaysFragmentationNeeded(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: takes(400 * time.Millisecond)}, reply("BYE", 200))
	p.Dial("600")
	asked := w.seen(w.n1, "INVITE", 1)[0]
	w.unreachable(w.n1, 4, quote{asked.From, asked.To, asked.Raw})
	p.UntilCall(soon, "up")
	w.copies("INVITE at the primary", w.seen(w.n1, "INVITE", 3), 3)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

// RFC 3263 §4.3: only 503 says that another server may do better.
func TestInviteMovesOnFrom503(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(reply("INVITE", 503))
	p.Dial("600")
	first := w.await(w.s1.Record, "INVITE", 1)
	w.moved(p, first[0])
	w.copies("INVITE at the primary", w.s1.Record.Requests("INVITE"), 1)
	w.atOnce("the backup was asked", first[0], w.s2.Record.Requests("REGISTER")[0])
	w.await(w.s1.Record, "ACK", 1)
}

// Every other final answer is the call's result, also 500: no other server is
// asked.
func TestInviteEndsWithEveryOtherAnswer(t *testing.T) {
	w := build(t)
	p := w.ready()
	for k, status := range []int{302, 400, 401, 403, 404, 407, 408, 423, 480, 482, 486, 488, 500, 501, 502, 504, 600, 603} {
		w.s1.SetRules(reply("INVITE", status))
		known := len(p.Notices("error"))
		p.Dial("600")
		w.await(w.s1.Record, "ACK", k+1)
		w.Until(soon, fmt.Sprint("words about ", status), func() bool { return len(p.Notices("error")) > known })
		p.UntilCall(soon, "idle")
		p.Down()
		p.Until(soon, "the phone at rest", func(s lab.State) bool { return s.Sound == "silence" })
		w.exactly(fmt.Sprint("INVITE up to ", status), w.s1.Record.Requests("INVITE"), k+1)
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
	w.exactly("REGISTER at the primary", w.s1.Record.Requests("REGISTER"), 1)
}

// After a 1xx no timer moves an INVITE: a second one could become a second call.
func TestInviteWaitsForeverAfterA1xx(t *testing.T) {
	for _, status := range []int{100, 180} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			w := build(t)
			p := w.ready()
			w.s1.SetRules(reply("INVITE", status))
			p.Dial("600")
			first := w.await(w.s1.Record, "INVITE", 1)
			// Longer than a last server is waited for.
			w.quietAfter(first[0].At, last+time.Second, "a request at the backup", w.s2.Record)
			w.copies("INVITE at the primary", w.s1.Record.Requests("INVITE"), 1)
			p.Down()
			w.await(w.s1.Record, "CANCEL", 1)
		})
	}
}

func TestInviteMovesOnAtOnceFromRefusedTCP(t *testing.T) {
	w := build(t).tcp()
	w.set("Enable Reg:0") // the INVITE itself opens the connection
	p := w.boot()
	w.s1.Stop()
	p.Dial("600")
	w.await(w.s2.Record, "INVITE", 1)
	p.UntilCall(soon, "up")
	w.exactly("attempts to connect to the primary", w.syns(w.n1, 1), 1)
	w.atOnce("the backup was connected to", w.syns(w.n1, 1)[0], w.syns(w.n2, 1)[0])
	w.exactly("INVITE at the backup", w.s2.Record.Requests("INVITE"), 1)
}

func TestInviteMovesOnFromLostSYNsAfterTheSameTime(t *testing.T) {
	w := build(t).tcp()
	w.set("Enable Reg:0")
	p := w.boot()
	w.n1.DropSYN()
	p.Dial("600")
	w.await(w.s2.Record, "INVITE", 1)
	p.UntilCall(soon, "up")
	w.timesFrom(w.syns(w.n1, 1)[0].At, "connecting to the backup", w.syns(w.n2, 1), limit)
}

// A reset of a connection that was up before may only mean that the server has
// closed an idle one: once more on a new connection, then it counts.
func TestInviteIsTriedOnceAnewAfterAResetOfAReusedConnection(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.s1.SetRules(append([]siptest.Rule{{Method: "INVITE", Nth: 1, Steps: []siptest.Step{{Close: true}}}}, party()...)...)
	w.call(p)
	invites := w.s1.Record.Requests("INVITE")
	if len(invites) != 2 || invites[0].From == invites[1].From || invites[0].CallID != invites[1].CallID || invites[0].CSeq != invites[1].CSeq {
		t.Errorf("not the same INVITE once more over another connection\n%s", invites)
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestInviteMovesOnAfterTheSecondReset(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: []siptest.Step{{Close: true}}})
	p.Dial("600")
	first := w.await(w.s1.Record, "INVITE", 2)
	w.moved(p, first[0])
	w.exactly("INVITE at the primary", w.s1.Record.Requests("INVITE"), 2)
}

func TestInviteMovesOnFromASilentTCPServerWithoutARetransmission(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.s1.Silence()
	p.Dial("600")
	first := w.await(w.s1.Record, "INVITE", 1)
	w.moved(p, first[0])
	w.copies("INVITE at the primary", w.s1.Record.Requests("INVITE"), 1)
	w.timesFrom(w.seen(w.n1, "INVITE", 1)[0].At, "connecting to the backup", w.syns(w.n2, 1), limit)
}

// A name that does not resolve, and never did, stands for no server. The line
// does not register here: else the REGISTER had found out already.
func TestInviteMovesOnAtOnceFromANameThatDoesNotResolve(t *testing.T) {
	w := build(t)
	w.set("Enable Reg:0", "Register Addr:nowhere.invalid")
	p := w.boot()
	dialled := time.Now()
	p.Dial("600")
	invites := w.await(w.s2.Record, "INVITE", 1)
	p.UntilCall(soon, "up")
	w.copies("INVITE at the backup", invites, 1)
	if d := invites[0].At.Sub(dialled); d > limit/2+w.Stall() {
		t.Errorf("the backup was asked after %v", d)
	}
}
