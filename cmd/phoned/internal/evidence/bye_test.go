//go:build linux

package evidence

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// The column BYE of the table of evidence. Every call here was set up through
// the primary.

// ended fails the test unless the BYE first went on to the backup, after a
// REGISTER there: the same dialog, a higher CSeq, a new branch.
func (w *world) ended(first siptest.Entry) siptest.Entry {
	w.T.Helper()
	next := w.await(w.s2.Record, "BYE", 1)
	registers := w.s2.Record.Requests("REGISTER")
	w.exactly("REGISTER at the backup", registers, 1)
	w.copies("BYE at the backup", next, 1)
	if !registers[0].At.Before(next[0].At) {
		w.T.Errorf("the BYE did not wait for the REGISTER\n%s%s", registers, next)
	}
	a, b := first.Message, next[0].Message
	if b.URI != a.URI || b.CallID != a.CallID || b.FromTag != a.FromTag || b.ToTag != a.ToTag || a.ToTag == "" {
		w.T.Errorf("the BYE at the backup is of another dialog:\n%s\n%s", a.Raw, b.Raw)
	}
	if len(a.Routes) == 0 && len(b.Routes) > 0 {
		w.T.Errorf("a route was added: %v", b.Routes)
	}
	if b.CSeq <= a.CSeq || b.Branch == a.Branch {
		w.T.Errorf("CSeq %d and %d, branch %s and %s; want a higher one and a new one", a.CSeq, b.CSeq, a.Branch, b.Branch)
	}
	return next[0]
}

// free fails the test unless the phone is free at once: hanging up waits for no
// network.
func (w *world) free(p *lab.Phone) {
	w.T.Helper()
	at := time.Now()
	p.Down()
	s := p.UntilCall(soon, "idle")
	if d := s.At.Sub(at); d > 200*time.Millisecond+w.Stall() {
		w.T.Errorf("the phone was free after %v", d)
	}
}

func TestByeMovesOnFromSilenceAfterItsRetransmissions(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.call(p)
	w.s1.Silence()
	w.free(p)
	w.ended(w.seen(w.n1, "BYE", 1)[0])
	first := w.seen(w.n1, "BYE", 3)
	w.copies("BYE at the primary", first, 3)
	w.times("BYE at the primary", first, 0, t1, 3*t1)
	w.timesFrom(first[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), limit)
	w.quietAfter(w.s2.Record.Requests("BYE")[0].At, 600*time.Millisecond, "more at the dead server", &w.n1.Capture)
}

func TestByeMovesOnAtOnceFromEveryUnreachable(t *testing.T) {
	for _, reject := range []string{"port-unreachable", "host-unreachable", "admin-prohibited"} {
		t.Run(reject, func(t *testing.T) {
			w := build(t)
			p := w.ready()
			w.call(p)
			w.filter(w.n1, "meta l4proto udp reject with icmp "+reject)
			w.free(p)
			first := w.seen(w.n1, "BYE", 1)
			w.ended(first[0])
			w.copies("BYE at the primary", w.seen(w.n1, "BYE", 1), 1)
			w.atOnce("the backup was asked", first[0], w.seen(w.n2, "REGISTER", 1)[0])
		})
	}
}

func TestByeStaysWhenTheNetworkSaysFragmentationNeeded(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.call(p)
	w.s1.SetRules(siptest.Rule{Method: "BYE", Steps: []siptest.Step{{After: 400 * time.Millisecond, Status: 200}}})
	p.Down()
	asked := w.seen(w.n1, "BYE", 1)[0]
	w.unreachable(w.n1, 4, quote{asked.From, asked.To, asked.Raw})
	w.copies("BYE at the primary", w.seen(w.n1, "BYE", 3), 3)
	w.quiet(time.Second, "a request at the backup", w.s2.Record)
}

func TestByeMovesOnFrom503(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.call(p)
	w.s1.SetRules(reply("BYE", 503))
	p.Down()
	first := w.await(w.s1.Record, "BYE", 1)[0]
	w.ended(first)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 1)
	w.atOnce("the backup was asked", first, w.s2.Record.Requests("REGISTER")[0])
}

// Any other final answer ends the call, also 481 and 500: the server is alive.
func TestByeEndsWithEveryOtherAnswer(t *testing.T) {
	w := build(t)
	p := w.ready()
	for k, status := range []int{302, 400, 401, 403, 404, 407, 408, 423, 481, 482, 486, 500, 501, 502, 504, 600, 603} {
		w.s1.SetRules(append([]siptest.Rule{reply("BYE", status)}, party()...)...)
		w.call(p)
		w.free(p)
		w.exactly(fmt.Sprint("BYE up to ", status), w.await(w.s1.Record, "BYE", k+1), k+1)
	}
	w.quiet(limit+300*time.Millisecond, "a request at the backup", w.s2.Record)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 17)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestByeMovesOnAfter1xxAndSilence(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.call(p)
	w.s1.SetRules(reply("BYE", 100))
	p.Down()
	first := w.await(w.s1.Record, "BYE", 1)[0]
	w.ended(first)
	w.timesFrom(w.seen(w.n1, "BYE", 1)[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), limit)
}

// The server is gone when the call ends: its connection is closed, a new one is
// refused.
func TestByeMovesOnFromRefusedTCP(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.call(p)
	w.s1.Stop()
	p.Down()
	w.await(w.s2.Record, "BYE", 1)
	w.exactly("BYE at the backup", w.s2.Record.Requests("BYE"), 1)
	if s := p.UntilAt(soon, w.n2); s.Call != "idle" {
		t.Errorf("the call is %s", s.Call)
	}
}

func TestByeIsTriedOnceAnewAfterAResetOfAReusedConnection(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.call(p)
	w.s1.SetRules(append([]siptest.Rule{{Method: "BYE", Nth: 1, Steps: []siptest.Step{{Close: true}}}}, party()...)...)
	p.Down()
	byes := w.await(w.s1.Record, "BYE", 2)
	if byes[0].From == byes[1].From || byes[0].CallID != byes[1].CallID || byes[0].CSeq != byes[1].CSeq {
		t.Errorf("not the same BYE once more over another connection\n%s", byes)
	}
	w.quiet(limit+300*time.Millisecond, "a request at the backup", w.s2.Record)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 2)
}

func TestByeMovesOnAfterTheSecondReset(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.call(p)
	w.s1.SetRules(siptest.Rule{Method: "BYE", Steps: []siptest.Step{{Close: true}}})
	p.Down()
	first := w.await(w.s1.Record, "BYE", 2)
	w.await(w.s2.Record, "BYE", 1)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 2)
	if next := w.s2.Record.Requests("BYE"); len(next) != 1 || next[0].CSeq <= first[0].CSeq {
		t.Errorf("BYE at the backup:\n%s", next)
	}
}

// Connected, but new connections get no answer: the one in use is closed by the
// server, the new one is given up after the same time.
func TestByeMovesOnFromLostSYNsAfterTheSameTime(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.call(p)
	known := len(w.syns(w.n1, 1))
	w.n1.DropSYN()
	w.s1.SetRules(siptest.Rule{Method: "BYE", Steps: []siptest.Step{{Close: true}}})
	p.Down()
	w.await(w.s2.Record, "BYE", 1)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 1)
	w.syns(w.n1, known+1) // a new connection was tried
	w.timesFrom(w.seen(w.n1, "BYE", 1)[0].At, "connecting to the backup", w.syns(w.n2, 1), limit)
}

func TestByeMovesOnFromASilentTCPServerWithoutARetransmission(t *testing.T) {
	w := build(t).tcp()
	p := w.ready()
	w.call(p)
	w.s1.Silence()
	p.Down()
	first := w.await(w.s1.Record, "BYE", 1)[0]
	w.ended(first)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 1)
	w.timesFrom(w.seen(w.n1, "BYE", 1)[0].At, "connecting to the backup", w.syns(w.n2, 1), limit)
}

// The next server's name does not resolve: the BYE is lost then, and told, at
// once instead of after the time of a last server.
func TestByeIsLostAtOnceWhereTheLastNameDoesNotResolve(t *testing.T) {
	w := build(t)
	w.set("Enable Reg:0", "Backup Addr:nowhere.invalid")
	p := w.boot()
	w.call(p)
	w.s1.Silence()
	at := time.Now()
	w.free(p)
	n := w.told(p, soon, "error", "hang-up")
	if d := n.At.Sub(at); n.Kind != "bye-lost" || d < limit-10*time.Millisecond || d > limit+time.Second+w.Stall() {
		t.Errorf("told %q (%s) after %v, want it right after %v", n.Text, n.Kind, d, limit)
	}
	w.copies("BYE at the primary", w.s1.Record.Requests("BYE"), 3)
}

// "All leading Route entries that name the dead server are replaced by one that
// names the next; R-URI, To and From never change."
func TestByeThroughTheBackupReachesTheFarParty(t *testing.T) {
	w := build(t)
	far := w.Node("far")
	party := far.Party(siptest.PartyConfig{})
	w.s1.Close()
	w.s2.Close()
	relay := siptest.Config{Users: map[string]string{"100": "secret"}, NoAuth: true, Numbers: party.Routes()}
	w.s1, w.s2 = w.n1.Server(relay), w.n2.Server(relay)
	p := w.ready()
	w.call(p)
	w.s1.Silence()
	w.free(p)
	first := w.await(w.s1.Record, "BYE", 1)[0]
	next := w.ended(first)
	w.await(party.Record, "BYE", 1)
	if len(first.Routes) != 1 || !strings.Contains(first.Routes[0], w.n1.Addr.String()) {
		t.Fatalf("the BYE to the primary has routes %v", first.Routes)
	}
	if len(next.Routes) != 1 || !strings.Contains(next.Routes[0], w.n2.Addr.String()) || !strings.Contains(next.Routes[0], ";lr") {
		t.Errorf("the BYE to the backup has routes %v, want one that names the backup", next.Routes)
	}
	w.exactly("BYE at the far party", party.Record.Requests("BYE"), 1)
}
