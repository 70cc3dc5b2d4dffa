//go:build linux

package peertest

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/scripts/peers/report"
	"phoned/sip/siptest"
)

// The account of every program, and the far party's number.
const (
	user, password, domain, number = "100", "secret", "lab.test", "200"
	lifetime                       = 30 // s that registrations are asked for
)

// A world is the network of one cell.
type world struct {
	*lab.Lab
	cell           report.Cell
	s1, s2         *lab.Node // primary and backup
	far, dns, desk *lab.Node
	primary        *lab.Kamailio
}

func newWorld(t *testing.T, cell report.Cell) *world {
	t.Helper()
	l := lab.New(t, "kamailio", "kamcmd", "baresip")
	w := &world{
		Lab: l, cell: cell,
		s1: l.Node("s1"), s2: l.Node("s2"), far: l.Node("far"), dns: l.Node("dns"), desk: l.Node("desk"),
	}
	w.serveNames()
	// A program may take a machine without a default route for one without a
	// network. This one leads to a machine that forwards nothing.
	if _, err := w.desk.Call("ip", "route", "add", "default", "via", w.dns.Addr.String()); err != nil {
		t.Fatal(err)
	}
	w.far.Baresip(lab.BaresipConfig{User: number})
	cfg := lab.KamailioConfig{Realm: domain, Password: password, Numbers: map[string]*lab.Node{number: w.far}, AuthCalls: true, Control: true}
	w.primary = w.s1.Kamailio(cfg)
	w.s2.Kamailio(cfg)
	return w
}

// transport is what the programs use, in small letters.
func (w *world) transport() string {
	if w.cell.Fault.TCP {
		return "tcp"
	}
	return "udp"
}

// overIt fails the test if a server got a request over another transport: then
// something else was measured.
func (w *world) overIt() {
	w.T.Helper()
	for _, n := range []*lab.Node{w.s1, w.s2} {
		for _, e := range n.Capture.Requests("").From(netip.AddrPortFrom(w.desk.Addr, 0)) {
			if !strings.EqualFold(e.Transport, w.transport()) {
				w.T.Fatalf("the program used %s: %s", e.Transport, e.Message)
			}
		}
	}
}

// fail brings the cell's fault upon the primary, and returns when it is there.
func (w *world) fail() time.Time {
	w.T.Helper()
	switch w.cell.Fault.ID {
	case "silence", "syn":
		w.s1.Silence()
	case "icmp":
		w.s1.Unreachable()
	case "503":
		w.primary.Refuse(503)
	case "rst":
		w.s1.ResetTCP()
	default:
		w.T.Fatalf("nobody knows how to make the fault %q", w.cell.Fault.ID)
	}
	return time.Now()
}

// heal ends the fault, and returns when it is about to.
func (w *world) heal() time.Time {
	w.T.Helper()
	at := time.Now()
	if w.cell.Fault.ID == "503" {
		w.primary.Refuse(0)
	} else {
		w.s1.Heal()
	}
	return at
}

// await looks until found is true, and returns how long after start that was. It
// gives up when the limit is over.
func (w *world) await(start time.Time, limit time.Duration, found func() (time.Time, bool)) (report.Outcome, time.Duration) {
	w.T.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		at, ok := found()
		switch {
		case ok && at.Sub(start) <= limit:
			return report.Done, max(0, at.Sub(start))
		case ok, time.Since(start) > limit+time.Second: // the capture is read a little later
			return report.Never, limit
		}
		<-tick.C
	}
}

// trace tells at the end what was captured.
func (w *world) trace() {
	w.T.Cleanup(func() {
		for _, n := range []*lab.Node{w.s1, w.s2, w.far} {
			w.T.Logf("%s %s:\n%s", n.Name, n.Addr, n.Capture.Entries())
		}
	})
}

// setup is the time for what no fault delays.
const setup = 20 * time.Second

// settle is the pause between what is prepared and the fault.
func (w *world) settle() { <-time.After(time.Second) }

// registered looks for the first good registration at a node after a time.
func (w *world) registered(n *lab.Node, after time.Time) func() (time.Time, bool) {
	return func() (time.Time, bool) { return registered(n.Capture.Entries(), after) }
}

// first is when the first packet from the desk came to one of the servers.
func (w *world) first() (time.Time, bool) {
	var at time.Time
	for _, n := range []*lab.Node{w.s1, w.s2} {
		es := n.Capture.Entries().Received().From(netip.AddrPortFrom(w.desk.Addr, 0))
		if len(es) > 0 && (at.IsZero() || es[0].At.Before(at)) {
			at = es[0].At
		}
	}
	return at, !at.IsZero()
}

// registered is when a server first answered a REGISTER with a 200 that tells of
// a binding, after a time: a 200 without a Contact has removed the last one.
func registered(es siptest.Entries, after time.Time) (time.Time, bool) {
	return begin(es.Sent().Responses("REGISTER").Status(200).After(after).Select(func(e siptest.Entry) bool {
		return e.Header("Contact") != ""
	}))
}

// answered is when the far party first sent its 200 to an INVITE to a server.
func answered(es siptest.Entries, server netip.Addr, after time.Time) (time.Time, bool) {
	return begin(es.Sent().Responses("INVITE").Status(200).To(netip.AddrPortFrom(server, 0)).After(after))
}

// acknowledged is when the far party got its first ACK.
func acknowledged(es siptest.Entries) (time.Time, bool) {
	return begin(es.Received().Requests("ACK"))
}

// ended is when the far party got its first BYE after a time.
func ended(es siptest.Entries, after time.Time) (time.Time, bool) {
	return begin(es.Received().Requests("BYE").After(after))
}

func begin(es siptest.Entries) (time.Time, bool) {
	if len(es) == 0 {
		return time.Time{}, false
	}
	return es[0].At, true
}
