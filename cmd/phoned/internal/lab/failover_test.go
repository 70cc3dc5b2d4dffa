//go:build linux

package lab

import (
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/sip/siptest"
)

func TestRegisterToASilentPrimaryMovesToTheBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.s1.Silence()
	p := w.desk.Phone(w.settings, "null")
	p.UntilAt(10*time.Second, w.s2)

	first := w.s1.Got("REGISTER", time.Time{}, 1)
	w.at("REGISTER at the primary", first, first[0].At, copies...)
	w.oneBranch(first)
	next := w.s2.Got("REGISTER", time.Time{}, 1)
	w.at("REGISTER at the backup", next[:1], first[0].At, limit)
	if slices.Contains(next.CallIDs(), first[0].Message.CallID) || slices.Contains(next.Branches(), first[0].Message.Branch) {
		t.Errorf("the backup was asked with the primary's Call-ID or branch\n%s%s", first, next)
	}
	p.UntilNotice(time.Second, "the move to the backup", func(n Notice) bool {
		return n.Line == 1 && n.Severity == "info" && strings.Contains(n.Text, "2")
	})
}

func TestInviteToASilentPrimaryGoesUpThroughTheBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("null")
	w.s1.Silence()
	w.call(p)

	first := w.s1.Got("INVITE", time.Time{}, 1)
	w.at("INVITE at the primary", first, first[0].At, copies...)
	w.oneBranch(first)
	registers := w.s2.Got("REGISTER", time.Time{}, 1)
	w.at("REGISTER at the backup", registers[:1], first[0].At, limit)
	next := w.s2.Got("INVITE", time.Time{}, 1)
	if len(next) == 0 || !w.near(next[0].At.Sub(first[0].At), limit) {
		t.Fatalf("INVITE at the backup:\n%s", next)
	}
	// The same call there: Call-ID and From tag stay, the branch is new.
	f, n := first[0].Message, next[0].Message
	if n.CallID != f.CallID || n.FromTag != f.FromTag || n.Branch == f.Branch || n.CSeq != f.CSeq {
		t.Errorf("not the same INVITE:\n%s%s", first[:1], next[:1])
	}
	if s := p.State(); s.Server != w.s2.SIP() {
		t.Errorf("the phone is at %s", s.Server)
	}
	if got := w.far.Got("INVITE", time.Time{}, 1); len(got.Firsts()) != 1 {
		t.Errorf("baresip was called more than once:\n%s", got)
	}
}

func TestICMPMovesWithin50Milliseconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("null")

	w.s1.Unreachable()
	mark := time.Now()
	p.Register(1)
	p.UntilAt(2*time.Second, w.s2)
	w.within50(w.s1.Got("REGISTER", mark, 1), w.s2.Got("REGISTER", mark, 1))

	w.s1.Heal()
	p.Register(1)
	p.UntilAt(2*time.Second, w.s1)
	w.k1.Kill() // a closed port: the kernel's own ICMP
	mark = time.Now()
	w.call(p)
	w.within50(w.s1.Got("INVITE", mark, 1), w.s2.Got("REGISTER", mark, 1))
}

// within50 fails the test unless one datagram went to the primary and the
// backup was asked at once.
func (w *world) within50(primary, backup siptest.Entries) {
	w.T.Helper()
	if len(primary) != 1 || len(backup) == 0 {
		w.T.Fatalf("primary\n%sbackup\n%s", primary, backup)
	}
	d := backup[0].At.Sub(primary[0].At)
	w.T.Logf("backup asked after %v", d)
	if d > 50*time.Millisecond+w.Stall() {
		w.T.Errorf("backup asked after %v, want 50 ms (this machine was late by up to %v)", d, w.Stall())
	}
}

func TestByeReachesTheFarPartyThroughTheBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("null")
	w.call(p)
	w.s1.Silence()
	mark := time.Now()
	p.Down()
	if s := p.UntilCall(time.Second, "idle"); s.At.Sub(mark) > 300*time.Millisecond {
		t.Errorf("the phone was free only after %v", s.At.Sub(mark))
	}
	w.baresip.Await("CALL_CLOSED", 1, 12*time.Second)

	first := w.s1.Got("BYE", time.Time{}, 1)
	w.at("BYE at the primary", first, first[0].At, copies...)
	w.oneBranch(first)
	registers := w.s2.Got("REGISTER", time.Time{}, 1)
	w.at("REGISTER at the backup", registers[:1], first[0].At, limit)
	next := w.s2.Got("BYE", time.Time{}, 1)
	if len(next) != 1 || !w.near(next[0].At.Sub(first[0].At), limit) {
		t.Fatalf("BYE at the backup:\n%s", next)
	}
	f, n := first[0].Message, next[0].Message
	if n.URI != f.URI || n.CallID != f.CallID || n.FromTag != f.FromTag || n.ToTag != f.ToTag || n.CSeq <= f.CSeq || n.Branch == f.Branch {
		t.Errorf("not the same BYE with a higher CSeq:\n%s%s", first[:1], next)
	}
	if len(n.Routes) != 1 || !strings.Contains(n.Routes[0], w.s2.Addr.String()) || !strings.Contains(n.Routes[0], "lr") {
		t.Errorf("routes %v, want the backup in the primary's place (it was %v)", n.Routes, f.Routes)
	}
}

func TestFailbackByTheProbeWhileACallStaysOnTheBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Failback Interval:4")
	p := w.phone("null")
	w.s1.Unreachable()
	p.Register(1)
	p.UntilAt(2*time.Second, w.s2)
	w.call(p)
	known := w.s1.Capture.Requests("REGISTER").CallIDs()
	w.s1.Heal()
	mark := time.Now()
	p.UntilAt(12*time.Second, w.s1)

	probe := w.s1.Got("REGISTER", mark, 1)
	if len(probe) == 0 || slices.Contains(known, probe[0].Message.CallID) {
		t.Errorf("the probe has no Call-ID of its own; known %v\n%s", known, probe)
	}
	if s := p.State(); s.Call != "up" {
		t.Fatalf("the call is %s", s.Call)
	}
	mark = time.Now()
	p.Down()
	w.baresip.Await("CALL_CLOSED", 1, 5*time.Second)
	if got := w.s1.Capture.Requests("BYE").After(mark); len(got) > 0 {
		t.Errorf("the call left its server:\n%s", got)
	}
	w.s2.Got("BYE", mark, 1)
	w.call(p) // the next one goes through the primary again
	w.s1.Got("INVITE", mark, 1)
	for _, b := range w.s2.Capture.Requests("REGISTER") {
		if b.Expires == 0 {
			t.Errorf("the binding at the backup was removed: %s", b.Message)
		}
	}
}

func TestAProbeThatNobodyAnswersIsElevenDatagrams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "Failback Interval:3")
	w.s1.Unreachable()
	p := w.desk.Phone(w.settings, "null")
	p.UntilAt(5*time.Second, w.s2)
	w.s1.Silence()
	mark := time.Now()
	w.Until(50*time.Second, "the second probe", func() bool {
		return len(w.s1.Capture.Requests("REGISTER").After(mark).Branches()) >= 2
	})
	probes := w.s1.Got("REGISTER", mark, 1)
	first := probes.Branch(probes[0].Message.Branch)
	s := func(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
	w.at("the probe", first, first[0].At, 0, s(.5), s(1.5), s(3.5), s(7.5), s(11.5), s(15.5), s(19.5), s(23.5), s(27.5), s(31.5))
	// The interval starts anew at the probe's end.
	second := probes.Branch(probes.Branches()[1])
	if d := second[0].At.Sub(first[0].At); !w.near(d, 35*time.Second) {
		t.Errorf("the next probe came after %v, want 32 s and the interval", d)
	}
	if s := p.State(); !s.Registered || s.Server != w.s2.SIP() {
		t.Errorf("service left the backup: %+v", s)
	}
}

func TestEverythingDeadIsToldAfterThePassAndThePhoneRecovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("null")
	w.s1.Silence()
	w.s2.Silence()
	p.Dial("200")
	p.Until(2*time.Second, "the call goes out", func(s State) bool { return s.Call == "calling" })
	start := time.Now()
	failed := p.UntilNotice(60*time.Second, "the failure", func(n Notice) bool { return n.Severity == "error" })
	// 7.5 s for the primary, 64*T1 for the last server.
	if d := failed.At.Sub(start); d < 39*time.Second || d > 41*time.Second {
		t.Errorf("told after %v, want 39.5 s: the pass of all servers", d)
	}
	s := p.Until(2*time.Second, "the reorder tone", func(s State) bool { return s.Sound == "reorder" && s.Call == "idle" })
	if strings.TrimSpace(failed.Text) == "" {
		t.Error("the notice has no words")
	}
	w.sentence(s, "server")
	t.Logf("told: %q, screen %q", failed.Text, s.Screen)
	p.Down()

	w.s2.Heal()
	healed := time.Now()
	// RFC 5626 4.5 after one failed pass: at most 60 s, then one pass.
	s = p.UntilAt(60*time.Second+limit+5*time.Second, w.s2)
	t.Logf("registered again after %v", s.At.Sub(healed))
	w.call(p)
}
