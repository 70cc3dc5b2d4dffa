//go:build linux

package evidence

import (
	"slices"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// Answers that come when nobody waits for them any more. "The user never gets
// two calls."

// later are the steps of a server that answers an INVITE only after the phone
// has given it up.
const later = 1500 * time.Millisecond

func TestAHangUpBeforeAnyAnswerEndsThePass(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	p.Dial("600")
	w.seen(w.n1, "INVITE", 2)
	hung := time.Now()
	w.free(p)
	w.quietAfter(hung.Add(slack), last+time.Second, "more at the primary", &w.n1.Capture)
	w.exactly("CANCEL at the primary", w.n1.Capture.Requests("CANCEL"), 0)
	w.exactly("requests at the backup", w.n2.Capture.Requests(""), 0)
}

func TestAHangUpWhileTheBackupIsAskedToRegisterEndsThePass(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	w.s2.SetRules(append(party(), siptest.Rule{Method: "REGISTER", Steps: siptest.Pass(500 * time.Millisecond)})...)
	p.Dial("600")
	w.await(w.s2.Record, "REGISTER", 1)
	hung := time.Now()
	w.free(p)
	w.quietAfter(hung, 1500*time.Millisecond, "an INVITE or CANCEL at the backup", w.s2.Record, "INVITE", "CANCEL")
	w.quietAfter(hung, 0, "a CANCEL at the primary", &w.n1.Capture, "CANCEL", "INVITE")
}

func TestALateRingingAfterTheHangUpIsCancelledOnce(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: []siptest.Step{
		{After: later, Status: 180}, {After: 100 * time.Millisecond, Status: 183}, {After: 100 * time.Millisecond, Status: 487},
	}})
	p.Dial("600")
	invite := w.await(w.s1.Record, "INVITE", 1)[0]
	p.Down()
	w.quietAfter(invite.At, later/2, "a CANCEL before any answer", w.s1.Record, "CANCEL")
	cancel := w.await(w.s1.Record, "CANCEL", 1)[0]
	if cancel.Branch != invite.Branch {
		t.Errorf("the CANCEL has branch %s, the INVITE %s", cancel.Branch, invite.Branch)
	}
	w.await(w.s1.Record, "ACK", 1)
	w.quiet(300*time.Millisecond, "another CANCEL", w.s1.Record, "CANCEL")
	w.copies("CANCEL", w.s1.Record.Requests("CANCEL"), 1)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

// oneBye fails the test unless the late call at a server was acknowledged and
// ended by one BYE in its own dialog.
func (w *world) oneBye(r *siptest.Record) {
	w.T.Helper()
	bye := w.await(r, "BYE", 1)[0]
	acks := w.await(r, "ACK", 1)
	invite := r.Requests("INVITE")[0]
	if bye.CallID != invite.CallID || bye.FromTag != invite.FromTag || bye.ToTag == "" || acks[0].CSeq != invite.CSeq || acks[0].ToTag != bye.ToTag {
		w.T.Errorf("not ACK and BYE of the late call\n%s\n%s\n%s", invite.Raw, acks[0].Raw, bye.Raw)
	}
	// The server repeats its 200; each copy is acknowledged, none ended anew.
	answers := w.until(soon, "a copy of the 200", r, func(es siptest.Entries) siptest.Entries {
		return es.Sent().Responses("INVITE").Status(200)
	}, 2)
	w.until(soon, "an ACK of each copy", r, func(es siptest.Entries) siptest.Entries {
		return es.Received().Requests("ACK")
	}, len(answers))
	w.until(soon, "the answer to the BYE", r, func(es siptest.Entries) siptest.Entries {
		return es.Sent().Responses("BYE")
	}, 1)
	w.quiet(300*time.Millisecond, "another BYE", r, "BYE")
	w.exactly("BYE", r.Requests("BYE"), 1)
}

func TestALate200AfterTheHangUpIsAcknowledgedAndEndedOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []siptest.Step
		ring  bool
	}{
		{"no answer before", []siptest.Step{{After: later, Status: 200, Body: sdp}}, false},
		{"it rang and crossed the CANCEL", []siptest.Step{{Status: 180}, {After: later, Status: 200, Body: sdp}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t)
			w.set("Signal Retry Counts:4")
			p := w.ready()
			// The BYE is answered behind the first copy of the 200: that one must not
			// lead to another BYE. At 600 ms no copy of the BYE is due.
			w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: c.steps},
				siptest.Rule{Method: "BYE", Steps: []siptest.Step{{After: 600 * time.Millisecond, Status: 200}}})
			p.Dial("600")
			w.await(w.s1.Record, "INVITE", 1)
			if c.ring {
				p.UntilCall(soon, "ringing")
			}
			w.free(p)
			w.oneBye(w.s1.Record)
			if k := len(w.s1.Record.Requests("CANCEL")); k > 0 != c.ring {
				t.Errorf("%d CANCEL", k)
			}
			w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
			if s := p.State(); s.Call != "idle" {
				t.Errorf("the call is %s", s.Call)
			}
		})
	}
}

func TestALate200OfTheAbandonedPrimaryNeverMakesASecondCall(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: []siptest.Step{{After: later, Status: 200, Body: sdp}}}, reply("BYE", 200))
	w.call(p)
	if s := p.State(); s.Server != w.n2.SIP() {
		t.Fatalf("the call is up through %s", s.Server)
	}
	w.oneBye(w.s1.Record)
	w.exactly("BYE at the backup", w.s2.Record.Requests("BYE"), 0)
	if s := p.State(); s.Call != "up" || s.Server != w.n2.SIP() {
		t.Errorf("the call is %s, the phone at %s", s.Call, s.Server)
	}
	p.Down()
	w.await(w.s2.Record, "BYE", 1)
	w.exactly("BYE at the primary", w.s1.Record.Requests("BYE"), 1)
}

func TestALateRingingOfTheAbandonedPrimaryIsCancelledThereOnly(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: []siptest.Step{
		{After: later, Status: 180}, {After: 100 * time.Millisecond, Status: 180}, {After: 200 * time.Millisecond, Status: 487},
	}})
	w.call(p)
	invite := w.s1.Record.Requests("INVITE")[0]
	cancels := w.await(w.s1.Record, "CANCEL", 1)
	if cancels[0].Branch != invite.Branch {
		t.Errorf("the CANCEL has branch %s, the INVITE %s", cancels[0].Branch, invite.Branch)
	}
	w.await(w.s1.Record, "ACK", 1)
	w.copies("CANCEL at the primary", w.s1.Record.Requests("CANCEL"), 1)
	w.exactly("CANCEL at the backup", w.s2.Record.Requests("CANCEL"), 0)
	if s := p.State(); s.Call != "up" {
		t.Errorf("the call is %s", s.Call)
	}
}

func TestALateRefusalOfTheAbandonedPrimaryIsOnlyAcknowledged(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.SetRules(siptest.Rule{Method: "INVITE", Steps: []siptest.Step{{After: later, Status: 486}}})
	w.call(p)
	ack := w.await(w.s1.Record, "ACK", 1)[0]
	if invite := w.s1.Record.Requests("INVITE")[0]; ack.Branch != invite.Branch || ack.CSeq != invite.CSeq {
		t.Errorf("not the ACK of that INVITE\n%s\n%s", invite.Raw, ack.Raw)
	}
	w.exactly("CANCEL and BYE at the primary", w.s1.Record.Requests("").Select(func(e siptest.Entry) bool {
		return slices.Contains([]string{"CANCEL", "BYE"}, e.Method)
	}), 0)
	if s := p.State(); s.Call != "up" {
		t.Errorf("the call is %s", s.Call)
	}
}

func TestALateAnswerToAnAbandonedRegisterChangesNothing(t *testing.T) {
	w := build(t)
	w.s1.SetRules(siptest.Rule{Method: "REGISTER", Steps: siptest.Pass(later)})
	p := w.boot()
	p.UntilAt(soon, w.n2)
	w.until(soon, "the late 200", w.s1.Record, func(es siptest.Entries) siptest.Entries {
		return es.Sent().Responses("REGISTER").Status(200)
	}, 1)
	w.quiet(400*time.Millisecond, "a request to the primary", w.s1.Record)
	w.call(p)
	if s := p.State(); s.Server != w.n2.SIP() {
		t.Errorf("the phone is at %s", s.Server)
	}
	w.exactly("INVITE at the primary", w.s1.Record.Requests("INVITE"), 0)
}

// RFC 3261 §8.2.2.2: the next server says that it knows the call already. That
// is the call's result, and no reason to ask on.
func TestA482OfTheNextServerIsTheCallsResult(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	w.s2.SetRules(reply("INVITE", 482))
	p.Dial("600")
	w.await(w.s2.Record, "ACK", 1)
	p.UntilCall(soon, "idle")
	w.told(p, soon, "error")
	w.quiet(limit+300*time.Millisecond, "another INVITE", w.s2.Record, "INVITE")
	for _, n := range p.Notices("error") {
		if n.Kind == "all-failed" {
			t.Errorf("an answer told as a failure of all servers: %+v", n)
		}
	}
	w.copies("INVITE at the primary", w.n1.Capture.Requests("INVITE"), 3)
}
