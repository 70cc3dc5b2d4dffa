//go:build linux

package lab

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// Rules of calls that baresip does not know, against sipp.

// A sippWorld is a phone with two Kamailios; a sipp will be the number 200.
type sippWorld struct {
	*world
	sipp *Sipp
}

// newSippWorld starts the two servers. More are settings of the phone's line.
func newSippWorld(t *testing.T, more ...string) *sippWorld {
	t.Helper()
	l := New(t, "kamailio", "sipp")
	w := &world{Lab: l, s1: l.Node("s1"), s2: l.Node("s2"), far: l.Node("far"), desk: l.Node("phone")}
	cfg := KamailioConfig{Numbers: map[string]*Node{"200": w.far}, AuthCalls: true}
	w.k1, w.k2 = w.s1.Kamailio(cfg), w.s2.Kamailio(cfg)
	w.settings = Settings([]Line{{
		Domain: "lab.test", Primary: w.s1, Backup: w.s2,
		More: append([]string{"Signal Retry Counts:3", "NAT UDPUpdate:0"}, more...),
	}})
	return &sippWorld{world: w}
}

// meets starts the far side.
func (w *sippWorld) meets(scenario string) {
	w.T.Helper()
	w.sipp = w.far.Sipp(SippConfig{Scenario: scenario, Calls: 1})
}

// RFC 3262: a 183 and a 180 that want PRACK. The answer to the offer is the
// 183's: the 200 has none.
func TestReliableResponsesOfSippAreAcknowledged(t *testing.T) {
	t.Parallel()
	w := newSippWorld(t, "PRACK:1")
	w.meets("reliable")
	p := w.phone("null")
	p.Dial("200")
	p.UntilCall(5*time.Second, "up")
	w.Until(3*time.Second, "voice to the address of the 183", func() bool { return w.far.Arrived(w.desk).Length() > 0 })
	p.Down()
	w.sipp.Done(5 * time.Second)

	invites := w.far.Got("INVITE", time.Time{}, 1)
	pracks := w.far.Got("PRACK", time.Time{}, 2)
	w.each("PRACK", pracks, func(m siptest.Entry) string { return m.Header("RAck") },
		"5001 "+cseq(invites[0])+" INVITE", "5002 "+cseq(invites[0])+" INVITE")
	if pracks[1].CSeq != pracks[0].CSeq+1 || pracks[0].CSeq <= invites[0].CSeq {
		t.Errorf("CSeq of INVITE %d, of the PRACKs %d and %d", invites[0].CSeq, pracks[0].CSeq, pracks[1].CSeq)
	}
}

// The same the other way round: sipp requires them, and takes two seconds to
// acknowledge the 180.
func TestSippRequiresReliableResponses(t *testing.T) {
	t.Parallel()
	w := newSippWorld(t, "PRACK:1")
	p := w.phone("null")
	w.sipp = w.far.Sipp(SippConfig{Scenario: "caller", Calls: 1, Through: w.s1, Callee: "100"})
	p.UntilCall(3*time.Second, "incoming")
	prack := w.desk.Got("PRACK", time.Time{}, 1)
	w.Until(3*time.Second, "PRACK is answered", func() bool {
		return len(w.far.Capture.Responses("PRACK").Status(200)) > 0
	})
	p.Lift()
	p.UntilCall(3*time.Second, "up")
	w.sipp.Done(5 * time.Second)
	p.UntilCall(3*time.Second, "idle")

	sent := w.desk.Capture.Entries().Sent()
	rings := sent.Responses("INVITE").Status(180)
	w.at("180", rings, rings[0].At, copies[:3]...) // and none after the PRACK
	number := rings[0].Header("RSeq")
	for _, r := range rings {
		if r.Header("Require") != "100rel" || r.Header("RSeq") != number || r.ToTag != rings[0].ToTag {
			t.Errorf("not a copy of the first 180:\n%s", r.Raw)
		}
	}
	w.each("PRACK", prack, func(m siptest.Entry) string { return m.Header("RAck") }, number+" 1 INVITE")
	taken := sent.Responses("INVITE").Status(200)
	if acknowledged := sent.Responses("PRACK"); len(acknowledged) != 1 || len(taken) == 0 || taken[0].At.Before(acknowledged[0].At) {
		t.Errorf("PRACK and INVITE answered:\n%s%s", acknowledged, taken)
	}
}

// RFC 4028 §7.3: the interval is too small for the far side, so the same call is
// asked for again with what it wants.
func TestSippWantsALongerSession(t *testing.T) {
	t.Parallel()
	w := newSippWorld(t, "Session Timer:1", "S Timer Expires:90")
	w.meets("raise")
	p := w.phone("null")
	p.Dial("200")
	p.UntilCall(5*time.Second, "up")
	p.Down()
	w.sipp.Done(5 * time.Second)

	invites := w.far.Got("INVITE", time.Time{}, 2).Firsts()
	w.each("INVITE", invites, func(m siptest.Entry) string {
		return m.Header("Session-Expires") + " " + m.Header("Min-SE")
	}, "90 ", "120 120")
	if a, b := invites[0], invites[1]; b.CallID != a.CallID || b.FromTag != a.FromTag || b.ToTag != "" || b.CSeq <= a.CSeq {
		t.Errorf("not the same call with a higher CSeq:\n%s", invites)
	}
}

// RFC 4028 §7.2: whose part it is refreshes at half of the interval.
func TestTheSessionWithSippIsRefreshedAtHalf(t *testing.T) {
	t.Parallel()
	w := newSippWorld(t, "Session Timer:1", "S Timer Expires:90")
	w.meets("refreshed")
	p := w.phone("null")
	p.Dial("200")
	p.UntilCall(5*time.Second, "up")
	w.Until(50*time.Second, "an UPDATE", func() bool { return len(w.far.Capture.Requests("UPDATE")) > 0 })
	w.Until(2*time.Second, "its answer", func() bool {
		return len(w.desk.Capture.Responses("UPDATE").Status(200)) > 0
	})
	p.Down()
	w.sipp.Done(5 * time.Second)

	agreed := w.desk.Capture.Responses("INVITE").Status(200)
	w.at("the refresh", w.desk.Capture.Entries().Sent().Requests("UPDATE"), agreed[0].At, 45*time.Second)
	if refresh := w.far.Got("UPDATE", time.Time{}, 1)[0]; refresh.Body() != "" {
		t.Errorf("the refresh offers something:\n%s", refresh.Raw)
	}
}

// RFC 4028 §10: the far side has promised to refresh and is not heard of: the
// call ends before the session does, by a third of it.
func TestTheSessionThatSippForgetsEnds(t *testing.T) {
	t.Parallel()
	w := newSippWorld(t, "Session Timer:1", "S Timer Expires:90")
	w.meets("forgotten")
	p := w.phone("null")
	p.Dial("200")
	p.UntilCall(5*time.Second, "up")
	s := p.Until(65*time.Second, "the call is over", func(s State) bool { return s.Call != "up" })
	w.sipp.Done(5 * time.Second)

	agreed := w.desk.Capture.Responses("INVITE").Status(200)
	w.at("BYE", w.desk.Capture.Entries().Sent().Requests("BYE"), agreed[0].At, 60*time.Second)
	t.Logf("then %s: %q, %+v", s.Call, s.Screen, p.Notices(""))
}

// each fails the test unless the entries are so many, each with what it should
// say.
func (l *Lab) each(what string, es siptest.Entries, says func(siptest.Entry) string, want ...string) {
	l.T.Helper()
	var got []string
	for _, e := range es {
		got = append(got, says(e))
	}
	if !slices.Equal(got, want) {
		l.T.Errorf("%s: %q, want %q\n%s", what, got, want, es)
	}
}

func cseq(e siptest.Entry) string { return strconv.Itoa(int(e.CSeq)) }
