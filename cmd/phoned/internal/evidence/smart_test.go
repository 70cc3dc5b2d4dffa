//go:build linux

package evidence

import (
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// Smart Failover 1 on real sockets: what the servers got.

// smart is a world whose line is smart, with limits long enough that it is not
// these that move a request.
func smart(t *testing.T, change ...func(*siptest.Config)) *world {
	t.Helper()
	return build(t, change...).set("Smart Failover:1", "Signal Retry Counts:4")
}

// mute are rules of a server that answers no question either.
func mute(rules ...siptest.Rule) []siptest.Rule {
	return append(rules, silent("OPTIONS"), silent("REGISTER"))
}

// early is when a request to a silent server goes on at last: a missed copy, the
// questions, and what a round trip may take.
const early = t1 + 760*time.Millisecond + 400*time.Millisecond

func TestSmartSilenceMovesAnInviteBeforeItsLimit(t *testing.T) {
	w := smart(t)
	p := w.ready()
	w.s1.SetRules(mute(silent("INVITE"))...)
	w.call(p)
	first, next := w.s1.Record.Requests("INVITE")[0], w.s2.Record.Requests("INVITE")[0]
	w.sameCall(first, next)
	if d := next.At.Sub(first.At); d > early+slack+w.Stall() {
		t.Errorf("the INVITE was at the backup after %v, want %v at last", d, early)
	}
	for _, r := range []*siptest.Record{w.s1.Record, w.s2.Record} {
		if n := len(r.Requests("OPTIONS").Branches()); n != 1 {
			t.Errorf("%d questions, want one\n%s", n, r.Requests("OPTIONS"))
		}
	}
}

func TestSmartLateAnswerOfTheSilentServerIsEnded(t *testing.T) {
	w := smart(t)
	p := w.ready()
	w.s1.SetRules(mute(siptest.Rule{Method: "INVITE", Steps: takes(2500 * time.Millisecond)},
		siptest.Rule{Method: "BYE", Steps: []siptest.Step{{After: 600 * time.Millisecond, Status: 200}}})...)
	w.call(p)
	w.oneBye(w.s1.Record)
	w.copies("CANCEL of what rang late", w.s1.Record.Requests("CANCEL"), 1)
	w.exactly("INVITE at the backup", w.s2.Record.Requests("INVITE"), 1)
	w.exactly("BYE at the backup", w.s2.Record.Requests("BYE"), 0)
	if s := p.State(); s.Call != "up" {
		t.Errorf("the call through the backup is %s", s.Call)
	}
}

func TestSmartServerThatAnswersTheQuestionIsSpared(t *testing.T) {
	w := smart(t)
	p := w.ready()
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Copy: 5, Steps: takes(0)}, reply("BYE", 200))
	w.call(p)
	w.exactly("INVITE at the backup", w.s2.Record.Requests("INVITE"), 0)
	w.copies("INVITE at the primary", w.s1.Record.Requests("INVITE"), 5)
	if p.State().Server != w.n1.SIP() {
		t.Errorf("the line has moved to %s", p.State().Server)
	}
}

func TestSmartNeverASecondInviteAfterSomebodyMayRing(t *testing.T) {
	w := smart(t)
	p := w.ready()
	w.s1.SetRules(mute(reply("INVITE", 183))...)
	p.Dial("600")
	w.await(w.s1.Record, "INVITE", 1)
	p.Until(soon, "progress", func(s lab.State) bool { return s.Call == "calling" || s.Call == "ringing" })
	w.s1.Silence()
	w.quiet(6*time.Second, "an INVITE at the backup", w.s2.Record, "INVITE")
	w.free(p)
	w.seen(w.n1, "CANCEL", 1)
	w.quiet(2*time.Second, "an INVITE or CANCEL at the backup", w.s2.Record, "INVITE", "CANCEL")
}

func TestSmartInviteThatOnlyGotTryingIsTakenBackFromADeadServer(t *testing.T) {
	w := smart(t)
	p := w.ready()
	w.s1.SetRules(mute(reply("INVITE", 100))...)
	p.Dial("600")
	first := w.await(w.s1.Record, "INVITE", 1)[0]
	p.UntilCall(soon, "up")
	next := w.s2.Record.Requests("INVITE")[0]
	w.sameCall(first, next)
	if d := next.At.Sub(first.At); d < 2*time.Second-w.Stall() || d > 2*time.Second+early+slack+w.Stall() {
		t.Errorf("the INVITE was at the backup after %v, want 2 s and %v at last", d, early)
	}
	cancel := w.await(w.s1.Record, "CANCEL", 1)[0]
	if cancel.Branch != first.Branch {
		t.Errorf("the CANCEL has branch %s, the INVITE %s", cancel.Branch, first.Branch)
	}
	w.exactly("CANCEL at the backup", w.s2.Record.Requests("CANCEL"), 0)
}

func TestSmartLinesMoveTogether(t *testing.T) {
	w := smart(t, func(c *siptest.Config) { c.Users["101"] = "secret" })
	other := w.line
	other.User = "101"
	p := w.desk.Phone(lab.Settings([]lab.Line{w.line, other}), "null")
	at := func(n *lab.Node) func(lab.State) bool {
		return func(s lab.State) bool {
			return len(s.Lines) >= 2 && s.Lines[0].Registered && s.Lines[1].Registered &&
				s.Lines[0].Server == n.SIP() && s.Lines[1].Server == n.SIP()
		}
	}
	p.Until(soon, "both lines at the primary", at(w.n1))
	w.s1.Silence()
	mark := time.Now()
	p.Dial("600")
	p.Until(soon, "both lines at the backup", at(w.n2))
	bind := func(e siptest.Entry) bool { return e.ContactTo != "" } // one without only asks for a challenge
	bound := w.s2.Record.Requests("REGISTER").After(mark).Select(bind)
	if len(bound) < 2 {
		t.Fatalf("REGISTER at the backup:\n%s", bound)
	}
	if d := bound[1].At.Sub(bound[0].At); d > time.Second+w.Stall() {
		t.Errorf("the second line moved %v after the first one", d)
	}
	for _, n := range []*lab.Node{w.n1, w.n2} {
		if asked := n.Capture.Requests("OPTIONS").After(mark); len(asked.Branches()) != 1 {
			t.Errorf("%d questions to %s, want one for both lines\n%s", len(asked.Branches()), n.Name, asked)
		}
	}
	if got := w.n1.Capture.Requests("REGISTER").After(mark).Select(bind); len(got) > 0 {
		t.Errorf("the second line asked the dead primary itself:\n%s", got)
	}
}

func TestBackupModeIsRegisteredAtBothAndMovesWithoutARegister(t *testing.T) {
	w := smart(t).set("Backup Mode:1")
	p := w.ready()
	both := []siptest.Entry{w.await(w.s1.Record, "REGISTER", 1)[0], w.await(w.s2.Record, "REGISTER", 1)[0]}
	for i, e := range both {
		contact := e.Header("Contact")
		if !strings.Contains(contact, "reg-id="+string(rune('1'+i))) || !strings.Contains(contact, "+sip.instance=") {
			t.Errorf("Contact at server %d: %s", i+1, contact)
		}
	}
	if both[0].CallID == both[1].CallID {
		t.Error("one Call-ID at both servers")
	}
	w.s1.SetRules(mute(silent("INVITE"))...)
	mark := time.Now()
	w.call(p)
	if got := w.s2.Record.Requests("REGISTER").After(mark); len(got) > 0 {
		t.Errorf("registered again at the backup before the call:\n%s", got)
	}
	if s := p.State(); s.Server != w.n2.SIP() {
		t.Errorf("the line is at %s", s.Server)
	}
}

func TestDrillWalksOverAndBackAndKeepsBothBindings(t *testing.T) {
	w := build(t) // the owner asks for it: no need to be smart
	p := w.ready()
	mark := time.Now()
	p.Do(map[string]any{"do": "drill", "line": 1})
	over := w.awaitAfter(w.s2.Record, mark, "REGISTER", 1)[0]
	back := w.awaitAfter(w.s1.Record, mark, "REGISTER", 1)[0]
	if back.At.Before(over.At) {
		t.Error("back before over")
	}
	p.UntilAt(soon, w.n1)
	for _, r := range []*siptest.Record{w.s1.Record, w.s2.Record} {
		for _, e := range r.Requests("REGISTER") {
			if e.Expires == 0 {
				t.Errorf("a binding was removed: calls would be missed\n%s", e.Raw)
			}
		}
	}
}

// 503 moves all three at once.
func TestSmart503MovesAtOnce(t *testing.T) {
	w := smart(t)
	p := w.ready()
	w.call(p)
	w.s1.SetRules(reply("", 503))

	mark := time.Now()
	p.Down()
	w.atOnce("BYE at the backup", w.awaitAfter(w.s1.Record, mark, "BYE", 1)[0], w.awaitAfter(w.s2.Record, mark, "BYE", 1)[0])
	p.UntilCall(soon, "idle")

	mark = time.Now()
	w.call(p)
	w.awaitAfter(w.s2.Record, mark, "INVITE", 1)
	if d := w.s2.Record.Requests("INVITE").After(mark)[0].At.Sub(mark); d > time.Second+w.Stall() {
		t.Errorf("the INVITE was at the backup after %v", d) // keys are pressed and the pound is waited for
	}
	p.Down()
	p.UntilCall(soon, "idle")

	mark = time.Now()
	p.Register(1)
	asked := w.awaitAfter(w.s1.Record, mark, "REGISTER", 1)[0]
	w.atOnce("REGISTER at the backup", asked, w.awaitAfter(w.s2.Record, mark, "REGISTER", 1)[0])
}
