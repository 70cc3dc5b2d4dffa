//go:build linux

package lab

import (
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// The same failover on a network without IPv4.

func newWorld6(t *testing.T, more ...string) *world {
	t.Helper()
	l := New(t, "kamailio", "baresip", "sysctl")
	return l.world(l.Node6, more)
}

// closed waits until baresip's n-th call has been hung up on.
func (w *world) closed(n int) {
	w.T.Helper()
	w.baresip.Await("CALL_CLOSED", n, 10*time.Second)
}

// home registers the phone at the primary again, which is whole.
func (w *world) home(p *Phone) {
	w.T.Helper()
	w.s1.Heal()
	p.Register(1)
	p.UntilAt(5*time.Second, w.s1)
}

// The times of the settings are exact: four datagrams, and the next server after
// 7.5 s, for REGISTER, INVITE and BYE.
func TestIPv6SilenceMovesAfterTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld6(t)
	p := w.phone("null")
	moved := func(method string, mark time.Time) (first, next siptest.Entry) {
		t.Helper()
		asked := w.s1.Got(method, mark, 1)
		w.at(method+" at the primary", asked, asked[0].At, copies...)
		w.oneBranch(asked)
		then := w.s2.Got(method, mark, 1)
		w.at(method+" at the backup", then[:1], asked[0].At, limit)
		return asked[0], then[0]
	}

	w.s1.Silence()
	mark := time.Now()
	p.Register(1)
	p.UntilAt(10*time.Second, w.s2)
	moved("REGISTER", mark)

	w.home(p)
	w.s1.Silence()
	mark = time.Now()
	w.call(p)
	if f, n := moved("INVITE", mark); n.CallID != f.CallID || n.FromTag != f.FromTag || n.CSeq != f.CSeq || n.Branch == f.Branch {
		t.Errorf("not the same INVITE:\n%s\n%s", f.Raw, n.Raw)
	}
	w.Until(3*time.Second, "voice both ways", func() bool {
		return w.far.Arrived(w.desk).Length() > 0 && w.desk.Arrived(w.far).Length() > 0
	})
	p.Down()
	w.closed(1)

	w.home(p)
	w.call(p)
	w.s1.Silence()
	mark = time.Now()
	p.Down()
	w.closed(2)
	f, n := moved("BYE", mark)
	if n.URI != f.URI || n.CallID != f.CallID || n.ToTag != f.ToTag || n.CSeq <= f.CSeq {
		t.Errorf("not the same BYE with a higher CSeq:\n%s\n%s", f.Raw, n.Raw)
	}
	if !slices.EqualFunc(n.Routes, []string{w.s2.host()}, strings.Contains) {
		t.Errorf("routes %v, want the backup in the primary's place (it was %v)", n.Routes, f.Routes)
	}
	w.noIPv4()
}

// ICMPv6 type 1, of a filter and of a machine whose Kamailio has died: at once.
func TestICMPv6MovesWithin50Milliseconds(t *testing.T) {
	t.Parallel()
	w := newWorld6(t)
	p := w.phone("null")
	closed := 0
	for name, fault := range map[string]struct{ strike, mend func() }{
		"port unreachable":    {w.s1.Unreachable, w.s1.Heal},
		"address unreachable": {w.s1.UnreachableHost, w.s1.Heal},
		"Kamailio is dead":    {func() { w.k1.Kill() }, w.k1.Start},
	} {
		t.Log(name)
		fault.strike()
		mark := time.Now()
		p.Register(1)
		p.UntilAt(2*time.Second, w.s2)
		w.within50(w.s1.Got("REGISTER", mark, 1), w.s2.Got("REGISTER", mark, 1))

		fault.mend()
		w.home(p)
		fault.strike()
		mark = time.Now()
		w.call(p)
		w.within50(w.s1.Got("INVITE", mark, 1), w.s2.Got("REGISTER", mark, 1))
		w.s2.Got("INVITE", mark, 1)
		p.Down()
		closed++
		w.closed(closed)

		fault.mend()
		w.home(p)
		w.call(p)
		fault.strike()
		mark = time.Now()
		p.Down()
		closed++
		w.closed(closed)
		w.within50(w.s1.Got("BYE", mark, 1), w.s2.Got("REGISTER", mark, 1))
		fault.mend()
		w.home(p)
	}
	w.noIPv4()
}

// With Smart Failover nobody waits for the limit.
func TestSmartIPv6SilenceMovesWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld6(t, "Smart Failover:1")
	p := w.phone("null")
	w.warm()
	soon := func(method string, mark time.Time) {
		t.Helper()
		d := w.s2.Got(method, mark, 1)[0].At.Sub(mark)
		t.Logf("%s at the backup after %v", method, d)
		if d > 2*time.Second+w.Stall() {
			t.Errorf("%s at the backup after %v (this machine was late by up to %v)", method, d, w.Stall())
		}
	}
	w.s1.Silence()
	mark := time.Now()
	p.Register(1)
	p.UntilAt(10*time.Second, w.s2)
	soon("REGISTER", mark)

	w.home(p)
	w.s1.Silence()
	mark = time.Now()
	w.call(p)
	soon("INVITE", mark)
	p.Down()
	w.closed(1)

	w.home(p)
	w.call(p)
	w.s1.Silence()
	mark = time.Now()
	p.Down()
	w.closed(2)
	soon("BYE", mark)
	w.noIPv4()
}

// noIPv4 fails the test if a SIP message went over IPv4.
func (w *world) noIPv4() {
	w.T.Helper()
	for _, n := range w.nodes {
		for _, e := range n.Capture.Entries() {
			if e.Valid && !e.From.Addr().Is6() {
				w.T.Errorf("%s: %s", n.Name, e.Message)
			}
		}
	}
}
