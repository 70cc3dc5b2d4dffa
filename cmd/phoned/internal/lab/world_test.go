//go:build linux

package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// A world is a phone with two Kamailios, and baresip as the number 200.
type world struct {
	*Lab
	s1, s2, far *Node
	k1, k2      *Kamailio
	baresip     *Baresip
	desk        *Node
	settings    string
}

// newWorld starts all but the phone. More are settings of its line.
func newWorld(t *testing.T, more ...string) *world {
	t.Helper()
	l := New(t, "kamailio", "baresip")
	return l.world(l.Node, more)
}

// world is newWorld on nodes of one kind.
func (l *Lab) world(node func(name string) *Node, more []string) *world {
	l.T.Helper()
	w := &world{Lab: l, s1: node("s1"), s2: node("s2"), far: node("far"), desk: node("phone")}
	w.baresip = w.far.Baresip(BaresipConfig{User: "200", Tone: 440})
	cfg := KamailioConfig{Numbers: map[string]*Node{"200": w.far}, AuthCalls: true}
	w.k1, w.k2 = w.s1.Kamailio(cfg), w.s2.Kamailio(cfg)
	// No keep-alive: what is sent is what the test causes.
	w.settings = Settings([]Line{{
		Domain: "lab.test", Primary: w.s1, Backup: w.s2,
		More: append([]string{"Signal Retry Counts:3", "NAT UDPUpdate:0"}, more...),
	}})
	return w
}

// phone starts the phone and waits until it is registered at s1.
func (w *world) phone(audio string) *Phone {
	w.T.Helper()
	p := w.desk.Phone(w.settings, audio)
	p.UntilAt(5*time.Second, w.s1)
	return p
}

// call dials 200 and waits until both sides are in the call.
func (w *world) call(p *Phone) {
	w.T.Helper()
	n := len(w.baresip.Events("CALL_ESTABLISHED"))
	p.Dial("200")
	p.UntilCall(15*time.Second, "up")
	w.baresip.Await("CALL_ESTABLISHED", n+1, 5*time.Second)
}

// tolerance is how much later than due a datagram may be seen, beside what the
// machine itself is late.
const tolerance = 60 * time.Millisecond

// at fails the test unless the entries came at the times, counted from start.
func (l *Lab) at(what string, es siptest.Entries, start time.Time, want ...time.Duration) {
	l.T.Helper()
	got := es.OffsetsFrom(start)
	ok := slices.EqualFunc(got, want, l.near)
	if !ok {
		l.T.Errorf("%s at %v, want %v (this machine was late by up to %v)\n%s", what, rounded(got), want, l.Stall(), es)
	}
}

// near tells whether something came when it should.
func (l *Lab) near(got, want time.Duration) bool {
	slack := 5*time.Millisecond + l.Stall() // the first one may have been late
	return got > want-slack && got < want+tolerance+l.Stall()
}

func rounded(ds []time.Duration) []string {
	var out []string
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%.3fs", d.Seconds()))
	}
	return out
}

// oneBranch fails the test unless the entries are copies of one request.
func (l *Lab) oneBranch(es siptest.Entries) {
	l.T.Helper()
	if b := es.Branches(); len(b) != 1 {
		l.T.Errorf("branches %v, want one\n%s", b, es)
	}
}

// sentence fails the test unless the screen says something with the words.
func (l *Lab) sentence(s State, words ...string) {
	l.T.Helper()
	screen := strings.Join(s.Screen, " ")
	for _, w := range words {
		if !strings.Contains(screen, w) {
			l.T.Errorf("the screen says %q, want %q in it", screen, w)
		}
	}
}

// copies are the times of N = 3: the request and three retransmissions.
var copies = []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}

// limit is when the next server is asked after that.
const limit = 7500 * time.Millisecond

// endpoint is a node's SIP socket.
func (l *Lab) endpoint(n *Node) netip.AddrPort { return netip.AddrPortFrom(n.Addr, 5060) }
