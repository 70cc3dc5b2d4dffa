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
