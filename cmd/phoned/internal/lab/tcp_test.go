//go:build linux

package lab

import (
	"testing"
	"time"

	"phoned/sip/siptest"
)

// overTCP is a world whose phone speaks TCP to both servers.
func overTCP(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.settings = Settings([]Line{{
		Domain: "lab.test", Primary: w.s1, Backup: w.s2, Transport: 1,
		More: []string{"Signal Retry Counts:3", "NAT UDPUpdate:0"},
	}})
	return w
}

func TestARefusedConnectionMovesAtOnce(t *testing.T) {
	t.Parallel()
	w := overTCP(t)
	w.s1.ResetTCP()
	p := w.desk.Phone(w.settings, "null")
	p.UntilAt(5*time.Second, w.s2)
	syn := w.syn(w.s1)
	next := w.syn(w.s2)
	if len(syn) != 1 {
		t.Errorf("the primary was asked\n%s", syn)
	}
	if d := next[0].At.Sub(syn[0].At); d > 50*time.Millisecond+w.Stall() {
		t.Errorf("backup asked after %v", d)
	}
}

func TestAConnectionThatIsNotUpInTimeMovesAfterTheLimit(t *testing.T) {
	t.Parallel()
	w := overTCP(t)
	w.s1.DropSYN()
	p := w.desk.Phone(w.settings, "null")
	p.UntilAt(15*time.Second, w.s2)
	syn := w.syn(w.s1)
	next := w.syn(w.s2)
	w.at("the backup's connection", next[:1], syn[0].At, limit)
}

func TestASilentConnectionMovesAfterTheLimitWithoutCopies(t *testing.T) {
	t.Parallel()
	w := overTCP(t)
	p := w.phone("null")
	w.s1.Silence()
	mark := time.Now()
	p.Register(1)
	p.UntilAt(15*time.Second, w.s2)
	first := w.s1.Got("REGISTER", mark, 1)
	next := w.s2.Got("REGISTER", mark, 1)
	w.oneBranch(first) // TCP repeats segments, the phone no requests
	w.at("REGISTER at the backup", next[:1], first[0].At, limit)
}

func TestAConnectionLostWhileIdleIsNoEvidence(t *testing.T) {
	t.Parallel()
	l := New(t)
	s1, s2, desk := l.Node("s1"), l.Node("s2"), l.Node("phone")
	users := map[string]string{"100": "secret"}
	primary, backup := s1.Server(siptest.Config{Users: users}), s2.Server(siptest.Config{Users: users})
	p := desk.Phone(Settings([]Line{{Primary: s1, Backup: s2, Transport: 1}}), "null")
	p.UntilAt(5*time.Second, s1)
	mark := time.Now()
	primary.Reset()
	l.Until(5*time.Second, "the phone registers again at the primary", func() bool {
		return len(primary.Record.Requests("REGISTER").After(mark)) > 0
	})
	again := primary.Record.Requests("REGISTER").After(mark)
	if d := again[0].At.Sub(mark); d < time.Second || d > 2*time.Second+tolerance+l.Stall() {
		t.Errorf("registered again after %v, want 1 to 2 s", d)
	}
	p.UntilAt(5*time.Second, s1)
	if got := backup.Record.Requests(""); len(got) > 0 {
		t.Errorf("the backup was asked:\n%s", got)
	}
}

// syn are the attempts to connect to a node, at least one.
func (w *world) syn(n *Node) (es siptest.Entries) {
	w.T.Helper()
	w.Until(3*time.Second, "a connection attempt captured at "+n.Name, func() bool {
		es = n.Capture.Entries().Received().Select(func(e siptest.Entry) bool { return e.Fate == SYN })
		return len(es) > 0
	})
	return es
}
