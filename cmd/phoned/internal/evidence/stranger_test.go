//go:build linux

package evidence

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// request is one of a peer at an address, for the phone's user 100.
func (w *world) request(method string, from *lab.Node, callID string) string {
	body := ""
	if method == "INVITE" {
		body = sdp
	}
	return fmt.Sprintf("%s sip:100@%s:5060 SIP/2.0\r\nVia: SIP/2.0/UDP %s:5090;branch=z9hG4bK%s%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:200@%s>;tag=far-%s\r\nTo: <sip:100@%s>\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:200@%s:5090>\r\n"+
		"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		method, w.desk.Addr, from.Addr, callID, strings.ReplaceAll(from.Addr.String(), ".", "x"), from.Addr, callID, from.Addr, callID, method, from.Addr, len(body), body)
}

// What does not come from the line's servers gets nothing that reveals the
// phone: not one packet.
func TestAStrangerGetsNoPacketBack(t *testing.T) {
	w := build(t)
	foe := w.Node("foe")
	// Every IP packet of the phone is counted where the foe would get it.
	w.filter(foe, "ip saddr "+w.desk.Addr.String()+" counter")
	p := w.ready()
	seed := rand.New(rand.NewPCG(1, 2))
	garbage := make([]byte, 700)
	for i := range garbage {
		garbage[i] = byte(seed.Uint32())
	}
	for i, method := range []string{"OPTIONS", "INVITE", "REGISTER", "BYE", "CANCEL", "ACK", "NOTIFY", "MESSAGE", "INFO", "NONSENSE"} {
		w.send(foe, w.request(method, foe, fmt.Sprint("foe", i)))
	}
	for _, noise := range []string{string(garbage), "\r\n\r\n", "\r\n", "SIP/2.0 200 OK\r\n\r\n", "OPTIONS sip:100@" + w.desk.Addr.String() + " SIP/2.0\r\n\r\n", ""} {
		w.send(foe, noise)
	}
	// In the name of the primary, with its own Via: the answer would go there.
	w.send(foe, w.request("OPTIONS", w.n1, "spoofed"))
	// Behind all that in the phone's one socket: a server's OPTIONS is answered,
	// so the foe's had been read.
	w.send(w.n1, w.request("OPTIONS", w.n1, "ours"))
	w.until(soon, "the answer to a server's OPTIONS", &w.n1.Capture, func(es siptest.Entries) siptest.Entries {
		return es.Received().Responses("OPTIONS").CallID("ours").Status(200)
	}, 1)
	w.quiet(500*time.Millisecond, "a request to the foe", &foe.Capture)
	out, err := foe.Call("nft", "list", "table", "ip", "evidence")
	if err != nil || !strings.Contains(out, "counter packets 0 bytes 0") {
		t.Errorf("the phone sent the foe something: %v\n%s\n%s", err, out, foe.Capture.Entries())
	}
	if es := w.n1.Capture.Entries().CallID("spoofed"); len(es) > 0 {
		t.Errorf("what the foe asked in the primary's name was answered\n%s", es)
	}
	for _, s := range p.States() {
		if s.Call != "idle" || s.Sound == "ring" {
			t.Errorf("a stranger made the phone ring: %+v", s)
		}
	}
}

// The same call over both servers (same Call-ID and From tag) rings once.
func TestACallThatComesOverBothServersRingsOnce(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.send(w.n2, w.request("INVITE", w.n2, "twice"))
	p.UntilCall(soon, "incoming")
	w.send(w.n1, w.request("INVITE", w.n1, "twice"))
	answers := func(n *lab.Node, status int) siptest.Entries {
		return w.until(soon, fmt.Sprint(status, " at ", n.Name), &n.Capture, func(es siptest.Entries) siptest.Entries {
			return es.Received().Responses("INVITE").CallID("twice").Status(status)
		}, 1)
	}
	answers(w.n2, 180)
	answers(w.n1, 482)
	w.exactly("180 over the other server", w.n1.Capture.Entries().Responses("INVITE").Status(180), 0)
	if s := p.State(); s.Call != "incoming" {
		t.Errorf("the call is %s", s.Call)
	}
	// Another call is another call, also over the server that does not serve the
	// line.
	w.send(w.n1, w.request("INVITE", w.n1, "another"))
	w.until(soon, "the second call's answer", &w.n1.Capture, func(es siptest.Entries) siptest.Entries {
		return es.Received().Responses("INVITE").CallID("another").Status(180)
	}, 1)
}
