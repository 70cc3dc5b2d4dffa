//go:build linux

package evidence

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// slow is how long the servers of a drill think about a REGISTER: well below
// what the phone waits for, four retransmissions or 2.3 s.
const slow = 1500 * time.Millisecond

// drilled is a world for a drill, with a far party that calls through either
// server.
func drilled(t *testing.T, smart string) (*world, *siptest.Party) {
	t.Helper()
	w := build(t, func(c *siptest.Config) { c.Rules = nil }).set("Smart Failover:"+smart, "Signal Retry Counts:4")
	far := w.Node("far")
	party := far.Party(siptest.PartyConfig{})
	return w, party
}

// thinks makes a server answer REGISTER late.
func thinks(s *siptest.Server) {
	s.SetRules(siptest.Rule{Method: "REGISTER", Steps: siptest.Pass(slow)})
}

func drill(p *lab.Phone) { p.Do(map[string]any{"do": "drill", "line": 1}) }

// calls lets the far party call through a node's server; the phone rings, takes
// the call, and the far party ends it. It returns when the phone rang.
func (w *world) calls(party *siptest.Party, p *lab.Phone, n *lab.Node) time.Time {
	w.T.Helper()
	call := party.Call("200", "100", netip.AddrPortFrom(n.Addr, 5060))
	rang := p.UntilCall(soon, "incoming").At
	w.state(call, siptest.Ringing)
	p.Lift()
	p.UntilCall(soon, "up")
	w.state(call, siptest.Up)
	call.Hangup()
	p.Down()
	p.UntilCall(soon, "idle")
	return rang
}

func (w *world) state(call *siptest.PartyCall, s siptest.CallState) {
	w.T.Helper()
	w.Until(soon, fmt.Sprintf("the far party's call is %s", s), func() bool { return call.State() == s })
}

// A call over the primary rings while the backup is still asked, and one over
// the backup while the line is on its way back: a drill misses none.
func TestDrillMissesNoCall(t *testing.T) {
	for _, smart := range []string{"0", "1"} {
		t.Run("smart "+smart, func(t *testing.T) {
			w, party := drilled(t, smart)
			p := w.ready()
			thinks(w.s1) // on the way back
			thinks(w.s2)
			mark := time.Now()
			drill(p)
			w.awaitAfter(w.s2.Record, mark, "REGISTER", 1)
			rang := w.calls(party, p, w.n1)
			over := w.kind(p, "drill-over").At
			if rang.After(over.Add(w.Stall())) {
				t.Errorf("the call rang %v after the drill was over there", rang.Sub(over))
			}
			rang = w.calls(party, p, w.n2)
			done := w.kind(p, "drill-done").At
			if rang.After(done.Add(w.Stall())) {
				t.Errorf("the call rang %v after the drill was done", rang.Sub(done))
			}
			p.UntilAt(soon, w.n1)
			for _, s := range p.States() {
				if s.At.After(mark) && !s.Registered {
					t.Errorf("not registered %v into the drill", s.At.Sub(mark))
				}
			}
			for i, s := range []*siptest.Server{w.s1, w.s2} {
				if k := len(s.Bindings("100")); k != 1 {
					t.Errorf("%d bindings at server %d after the drill", k, i+1)
				}
				w.exactly("calls over a server", s.Record.Requests("INVITE"), 1)
			}
		})
	}
}

// A backup that does not answer fails the drill, and nothing else.
func TestDrillOfADeadBackupMissesNoCall(t *testing.T) {
	w, party := drilled(t, "1")
	p := w.ready()
	w.s2.Silence()
	mark := time.Now()
	drill(p)
	w.awaitAfter(w.s2.Record, mark, "REGISTER", 1)
	w.calls(party, p, w.n1)
	w.kind(p, "drill-failed")
	w.calls(party, p, w.n1)
	for _, s := range p.States() {
		if s.At.After(mark) && (!s.Registered || s.Server != w.n1.SIP()) {
			t.Errorf("%v into the drill the line is at %q", s.At.Sub(mark), s.Server)
		}
	}
}

// A drill is for an idle phone: with a call, ringing or up, it is refused, and
// nobody is asked for anything.
func TestDrillWithACallIsRefused(t *testing.T) {
	w, party := drilled(t, "0")
	p := w.ready()
	call := party.Call("200", "100", netip.AddrPortFrom(w.n1.Addr, 5060))
	for i, state := range []string{"incoming", "up"} {
		p.UntilCall(soon, state)
		drill(p)
		w.Until(soon, "a refusal while the call is "+state, func() bool { return len(p.Errors()) > i })
		if e := p.Errors()[i]; !words(e, "there is a call") {
			t.Errorf("refused with %q", e)
		}
		p.Lift()
	}
	w.quiet(time.Second, "a REGISTER at the backup", w.s2.Record, "REGISTER")
	w.state(call, siptest.Up)
	w.free(p)
	w.state(call, siptest.Ended)
	if slices.ContainsFunc(p.Notices("info"), func(n lab.Notice) bool { return n.Kind == "drill-over" }) {
		t.Error("the drill was made")
	}
}

// kind waits for a notice of a kind.
func (w *world) kind(p *lab.Phone, kind string) lab.Notice {
	w.T.Helper()
	return p.UntilNotice(soon, kind, func(n lab.Notice) bool { return n.Kind == kind })
}
