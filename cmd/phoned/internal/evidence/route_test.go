//go:build linux

package evidence

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// What the phone's own kernel says of one server, and what IPv6 says.

// noRoute makes the desk's routing table say no to one node.
func (w *world) noRoute(kind string, n *lab.Node) {
	w.T.Helper()
	if _, err := w.desk.Call("ip", "route", "add", kind, n.Addr.String()+"/32"); err != nil {
		w.T.Fatal(err)
	}
}

func TestRegisterMovesOnAtOnceFromARouteThatSaysNo(t *testing.T) {
	for _, kind := range []string{"unreachable", "prohibit", "blackhole"} {
		t.Run(kind, func(t *testing.T) {
			w := build(t)
			w.noRoute(kind, w.n1)
			p := w.boot()
			p.UntilAt(soon, w.n2)
			mark := time.Now()
			p.Register(1)
			next := w.awaitAfter(w.s2.Record, mark, "REGISTER", 1)[0]
			if d := next.At.Sub(mark); d > limit/2+w.Stall() {
				t.Errorf("the backup was asked after %v, want it at once", d)
			}
			w.exactly("REGISTER at the primary", w.n1.Capture.Requests("REGISTER"), 0)
			w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 2)
		})
	}
}

func TestInviteMovesOnAtOnceFromARouteThatSaysNo(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.noRoute("unreachable", w.n1)
	dialled := time.Now()
	p.Dial("600")
	invite := w.await(w.s2.Record, "INVITE", 1)[0]
	p.UntilCall(soon, "up")
	if d := invite.At.Sub(dialled); d > limit/2+w.Stall() {
		t.Errorf("the backup was asked after %v, want it at once", d)
	}
	w.exactly("INVITE at the primary", w.n1.Capture.Requests("INVITE"), 0)
}

func TestByeMovesOnAtOnceFromARouteThatSaysNo(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.call(p)
	w.noRoute("unreachable", w.n1)
	hung := time.Now()
	w.free(p)
	bye := w.await(w.s2.Record, "BYE", 1)[0]
	if d := bye.At.Sub(hung); d > limit/2+w.Stall() {
		t.Errorf("the backup was asked after %v, want it at once", d)
	}
	w.exactly("BYE at the primary", w.n1.Capture.Requests("BYE"), 0)
}

// Nobody answers ARP for the address: the kernel gives up after about 3 s, well
// before the 7.5 s of the default settings.
func TestRegisterMovesOnFromAMachineThatIsNotThere(t *testing.T) {
	w := build(t)
	w.line.More = []string{"NAT UDPUpdate:0", "Register Addr:10.77.0.250"}
	started := time.Now()
	w.boot()
	next := w.await(w.s2.Record, "REGISTER", 1)[0]
	if d := next.At.Sub(started); d > 5*time.Second+w.Stall() {
		t.Errorf("the backup was asked after %v, want it when ARP has failed", d)
	}
}

// six gives the nodes IPv6 addresses, fd77::1 and so on, and servers to those
// that are named.
func (w *world) six(serving ...*lab.Node) (records []*siptest.Record) {
	w.T.Helper()
	addr := func(n *lab.Node) netip.Addr {
		return netip.MustParseAddr("fd77::" + n.Addr.String()[strings.LastIndexByte(n.Addr.String(), '.')+1:])
	}
	for _, n := range []*lab.Node{w.n1, w.n2, w.desk} {
		if _, err := n.Call("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0"); err != nil {
			w.T.Fatal(err)
		}
		if _, err := n.Call("ip", "addr", "add", addr(n).String()+"/64", "dev", "eth0", "nodad"); err != nil {
			w.T.Fatal(err)
		}
	}
	for _, n := range serving {
		s := n.Server(siptest.Config{
			Users: map[string]string{"100": "secret"}, NoAuth: true, Rules: party(),
			Binds: []siptest.Bind{{Transport: "UDP", Addr: netip.AddrPortFrom(addr(n), 5060)}},
		})
		records = append(records, s.Record)
	}
	w.set("Register Addr:"+addr(w.n1).String(), "Backup Addr:"+addr(w.n2).String())
	return records
}

// ICMPv6 type 1, here of the kernel of a machine whose port is closed.
func TestRegisterMovesOnAtOnceFromICMPv6(t *testing.T) {
	w := build(t)
	backup := w.six(w.n2)[0]
	p := w.boot()
	w.await(backup, "REGISTER", 1)
	p.Until(soon, "registered", func(s lab.State) bool { return s.Registered })
	mark := time.Now()
	p.Register(1)
	next := w.awaitAfter(backup, mark, "REGISTER", 1)[0]
	if d := next.At.Sub(mark); d > limit/2+w.Stall() {
		t.Errorf("the backup was asked after %v, want it at once", d)
	}
}
