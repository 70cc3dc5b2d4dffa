//go:build linux

package evidence

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// tls makes both servers of the line TLS, with authority a trusted.
func (w *world) tls(a *siptest.Authority) *world {
	w.T.Helper()
	w.line.Transport, w.line.Port = 3, 5061
	return w.set("TLS CA File:" + w.secure(a))
}

// a wiretap keeps what came in over a trap's connections.
type wiretap struct {
	mu    sync.Mutex
	bytes bytes.Buffer
	conns int
}

// deaf reads what the phone says, answers with something that is no TLS, and
// closes.
func (t *wiretap) deaf(c net.Conn) {
	b := make([]byte, 4096)
	n, _ := c.Read(b)
	t.mu.Lock()
	t.bytes.Write(b[:n])
	t.conns++
	t.mu.Unlock()
	_, _ = c.Write([]byte("SIP/2.0 400 Speak plainly\r\n\r\n"))
	_ = c.Close()
}

// plain fails the test if something readable was said, or nothing at all.
func (w *world) plain(t *wiretap) {
	w.T.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conns == 0 {
		w.T.Error("the phone never connected")
	}
	if strings.Contains(t.bytes.String(), "SIP/2.0") || strings.Contains(t.bytes.String(), "sip:") {
		w.T.Errorf("said in plain text:\n%q", t.bytes.String())
	}
}

// unreadable fails the test if a SIP message could be read on the wire.
func (w *world) unreadable(n *lab.Node) {
	w.T.Helper()
	if es := n.Capture.Entries().Received().Requests(""); len(es) > 0 {
		w.T.Errorf("plain text on the wire to %s:\n%s", n.Name, es)
	}
}

func TestTLSWithAGoodCertificateIsUsed(t *testing.T) {
	w := build(t)
	a := authority(t)
	s1 := w.serve(w.n1, a, time.Hour, w.n1.Addr.String())
	w.tls(a)
	p := w.boot()
	p.Until(soon, "registered at the primary", func(s lab.State) bool { return s.Registered && s.Server == w.n1.Addr.String()+":5061" })
	w.exactly("REGISTER at the primary", s1.Record.Requests("REGISTER"), 1)
	if got := s1.Record.Requests("REGISTER")[0]; got.Transport != "TLS" || !strings.Contains(got.ContactTo, "transport=tls") {
		t.Errorf("over %s with contact %s", got.Transport, got.ContactTo)
	}
	w.unreadable(w.n1)
}

// A certificate that does not verify is an unavailable server and an alarm; the
// phone never falls back to plain text.
func TestTLSWithABadCertificateMovesOnAndIsAnAlarm(t *testing.T) {
	good := authority(t)
	for _, c := range []struct {
		name  string
		a     *siptest.Authority
		valid time.Duration
		names []string
	}{
		{"wrong name", good, time.Hour, []string{"10.77.0.99", "other.example"}},
		{"unknown authority", authority(t), time.Hour, []string{"10.77.0.1"}},
		{"expired", good, -time.Minute, []string{"10.77.0.1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t)
			s1 := w.serve(w.n1, c.a, c.valid, c.names...)
			s2 := w.serve(w.n2, good, time.Hour, w.n2.Addr.String())
			w.tls(good)
			p := w.boot()
			moved := func(s lab.State) bool { return s.Registered && s.Server == w.n2.Addr.String()+":5061" }
			p.Until(soon, "registered at the backup", moved)
			w.atOnce("the backup was connected to", w.syns(w.n1, 1)[0], w.syns(w.n2, 1)[0])
			s := p.Until(soon, "the alarm on the screen", func(s lab.State) bool { return words(strings.Join(s.Screen, " "), "certificate", "Server 1") })
			if !moved(s) {
				t.Errorf("not at the backup: %+v", s)
			}
			p.Register(1) // the test may have come too late for the first alarm
			p.UntilNotice(soon, "the alarm", func(n lab.Notice) bool {
				return n.Kind == "certificate" && n.Line == 1 && words(n.Text, "certificate", "Server 1")
			})
			w.await(s2.Record, "REGISTER", 2)
			w.exactly("requests at the primary", s1.Record.Requests(""), 0)
			w.exactly("requests at the primary's open port", w.s1.Record.Requests(""), 0)
			w.unreadable(w.n1)
			w.unreadable(w.n2)
		})
	}
}

func TestRegisterMovesOnAtOnceFromAFailedHandshake(t *testing.T) {
	w := build(t)
	a := authority(t)
	var tap wiretap
	w.trap(w.n1, 5061, tap.deaf)
	s2 := w.serve(w.n2, a, time.Hour, w.n2.Addr.String())
	w.tls(a)
	w.boot()
	w.await(s2.Record, "REGISTER", 1)
	w.atOnce("the backup was connected to", w.syns(w.n1, 1)[0], w.syns(w.n2, 1)[0])
	w.exactly("attempts to connect to the primary", w.syns(w.n1, 1), 1)
	w.plain(&tap)
	w.unreadable(w.n1)
}

// A handshake that does not end takes as long as no answer.
func TestRegisterMovesOnFromASilentHandshakeAfterTheSameTime(t *testing.T) {
	w := build(t)
	a := authority(t)
	w.trap(w.n1, 5061, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) })
	w.serve(w.n2, a, time.Hour, w.n2.Addr.String())
	w.tls(a)
	w.boot()
	w.timesFrom(w.syns(w.n1, 1)[0].At, "connecting to the backup", w.syns(w.n2, 1), limit)
}

func TestInviteMovesOnAtOnceFromAFailedHandshake(t *testing.T) {
	w := build(t)
	a := authority(t)
	var tap wiretap
	w.trap(w.n1, 5061, tap.deaf)
	s2 := w.serve(w.n2, a, time.Hour, w.n2.Addr.String())
	w.tls(a).set("Enable Reg:0")
	p := w.boot()
	p.Dial("600")
	w.await(s2.Record, "INVITE", 1)
	p.UntilCall(soon, "up")
	w.atOnce("the backup was connected to", w.syns(w.n1, 1)[0], w.syns(w.n2, 1)[0])
	w.exactly("INVITE at the backup", s2.Record.Requests("INVITE"), 1)
	w.plain(&tap)
}

func TestByeMovesOnFromAFailedHandshake(t *testing.T) {
	w := build(t)
	a := authority(t)
	s1 := w.serve(w.n1, a, time.Hour, w.n1.Addr.String())
	s2 := w.serve(w.n2, a, time.Hour, w.n2.Addr.String())
	w.tls(a)
	p := w.boot()
	w.await(s1.Record, "REGISTER", 1)
	w.call(p)
	s1.Close()
	var tap wiretap
	w.trap(w.n1, 5061, tap.deaf)
	hung := time.Now()
	p.Down()
	w.exactly("BYE at the backup", w.await(s2.Record, "BYE", 1), 1)
	if d := w.syns(w.n2, 1)[0].At.Sub(hung); d > limit/2+w.Stall() {
		t.Errorf("the backup was connected to after %v, want it at once", d)
	}
	if registers := s2.Record.Requests("REGISTER"); len(registers) == 0 || registers[0].At.After(s2.Record.Requests("BYE")[0].At) {
		t.Errorf("the BYE did not wait for the REGISTER\n%s", registers)
	}
	w.plain(&tap)
	w.unreadable(w.n1)
}

func TestInviteMovesOnAtOnceFromABadCertificate(t *testing.T) {
	w := build(t)
	a := authority(t)
	s1 := w.serve(w.n1, authority(t), time.Hour, w.n1.Addr.String())
	s2 := w.serve(w.n2, a, time.Hour, w.n2.Addr.String())
	w.tls(a).set("Enable Reg:0")
	p := w.boot()
	w.call(p)
	w.atOnce("the backup was connected to", w.syns(w.n1, 1)[0], w.syns(w.n2, 1)[0])
	w.exactly("INVITE at the backup", s2.Record.Requests("INVITE"), 1)
	w.exactly("requests at the primary", s1.Record.Requests(""), 0)
	w.unreadable(w.n1)
	p.UntilNotice(soon, "the alarm", func(n lab.Notice) bool { return n.Kind == "certificate" })
}

// The server comes back with another's certificate while a call is up.
func TestByeMovesOnFromABadCertificate(t *testing.T) {
	w := build(t)
	a := authority(t)
	s1 := w.serve(w.n1, a, time.Hour, w.n1.Addr.String())
	s2 := w.serve(w.n2, a, time.Hour, w.n2.Addr.String())
	w.tls(a)
	p := w.boot()
	w.await(s1.Record, "REGISTER", 1)
	w.call(p)
	s1.Close()
	other := w.serve(w.n1, authority(t), time.Hour, w.n1.Addr.String())
	p.Down()
	w.exactly("BYE at the backup", w.await(s2.Record, "BYE", 1), 1)
	w.exactly("requests at the impostor", other.Record.Requests(""), 0)
	w.unreadable(w.n1)
	p.UntilNotice(soon, "the alarm", func(n lab.Notice) bool { return n.Kind == "certificate" })
}
