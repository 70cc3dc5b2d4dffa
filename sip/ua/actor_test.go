package ua

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing/synctest"

	"phoned/sip/siptest"
)

// An actor is a socket that says what a test wants and remembers what it
// hears: a stranger, or a server with a script.
type actor struct {
	b    *bench
	addr netip.AddrPort
	pc   *siptest.PacketConn
	// play answers a message; nil keeps silent.
	play func(m siptest.Message)

	mu    sync.Mutex
	heard siptest.Entries
}

func (b *bench) actor(addr string) *actor {
	b.t.Helper()
	a := &actor{b: b, addr: netip.MustParseAddrPort(addr)}
	var err error
	a.pc, err = b.net.Socket(a.addr)
	b.must(err)
	b.t.Cleanup(func() { _ = a.pc.Close() })
	go func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := a.pc.ReadFrom(buf)
			if err != nil {
				return
			}
			m := siptest.Parse(append([]byte(nil), buf[:n]...))
			a.mu.Lock()
			a.heard = append(a.heard, siptest.Entry{From: from.(*net.UDPAddr).AddrPort(), Message: m})
			a.mu.Unlock()
			if a.play != nil {
				a.play(m)
			}
		}
	}()
	return a
}

// say sends a text to the phone; "\n" ends a line.
func (a *actor) say(text string) {
	a.send(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
}

// send sends bytes to the phone as they are.
func (a *actor) send(text string) {
	_, err := a.pc.WriteTo([]byte(text), net.UDPAddrFromAddrPort(netip.AddrPortFrom(phoneAddr, 5060)))
	a.b.must(err)
}

// hears is all that has arrived by now.
func (a *actor) hears() siptest.Entries {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return append(siptest.Entries(nil), a.heard...)
}

// answer sends a response to m; tag is the To tag if m has none.
func (a *actor) answer(m siptest.Message, status int, tag string, headers ...string) {
	var s strings.Builder
	fmt.Fprintf(&s, "SIP/2.0 %d Word\n", status)
	body := ""
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		v := m.Header(name)
		if name == "To" && m.ToTag == "" && tag != "" {
			v += ";tag=" + tag
		}
		fmt.Fprintf(&s, "%s: %s\n", name, v)
	}
	for _, h := range headers {
		if rest, ok := strings.CutPrefix(h, "body:"); ok {
			body = rest
			s.WriteString("Content-Type: application/sdp\n")
			continue
		}
		s.WriteString(h + "\n")
	}
	fmt.Fprintf(&s, "Content-Length: %d\n\n%s", len(body), body)
	a.say(s.String())
}

// registrar makes the actor a server that takes every REGISTER and OPTIONS and
// leaves the rest to play.
func (a *actor) registrar(play func(m siptest.Message)) {
	a.play = func(m siptest.Message) {
		switch {
		case m.Is("REGISTER"):
			a.answer(m, 200, "r", "Contact: <"+m.ContactTo+">;expires=3600")
		case m.Is("OPTIONS"):
			a.answer(m, 200, "o")
		case play != nil:
			play(m)
		}
	}
}

// request is a request of the actor to the phone's line.
func (a *actor) request(method, branch, callID, fromTag, toTag string, cseq int, headers ...string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s sip:alice@%s:5060 SIP/2.0\n", method, phoneAddr)
	fmt.Fprintf(&s, "Via: SIP/2.0/UDP %s;branch=%s\n", a.addr, branch)
	fmt.Fprintf(&s, "Max-Forwards: 70\nFrom: \"Bob\" <sip:bob@%s>;tag=%s\n", a.addr.Addr(), fromTag)
	fmt.Fprintf(&s, "To: <sip:alice@%s>", a.addr.Addr())
	if toTag != "" {
		s.WriteString(";tag=" + toTag)
	}
	fmt.Fprintf(&s, "\nCall-ID: %s\nCSeq: %d %s\n", callID, cseq, method)
	if !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, "Contact:") }) {
		fmt.Fprintf(&s, "Contact: <sip:bob@%s>\n", a.addr)
	}
	body := ""
	for _, h := range headers {
		if rest, ok := strings.CutPrefix(h, "body:"); ok {
			body = rest
			s.WriteString("Content-Type: application/sdp\n")
			continue
		}
		if rest, ok := strings.CutPrefix(h, "plain:"); ok {
			body = rest
			continue
		}
		s.WriteString(h + "\n")
	}
	fmt.Fprintf(&s, "Content-Length: %d\n\n%s", len(body), body)
	return s.String()
}

// description is a session description of a far side at addr.
func description(addr netip.Addr) string {
	return fmt.Sprintf("body:v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 0\r\n", addr, addr)
}
