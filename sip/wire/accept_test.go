package wire

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"phoned/sip"
)

// Servers may open connections; strangers may not, nor too many, nor slowly.
func TestIncomingConnections(t *testing.T) {
	s := Server{Host: "127.0.0.1", Port: 9, Transport: sip.TCP}
	w, h := serve(t, Config{MaxConns: 3, MaxMessage: 4096}, s)
	dial := func(from string) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", local(w).String())
		if err != nil {
			return nil // reset at once
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	closed := func(what string, c net.Conn) {
		t.Helper()
		if c == nil {
			return
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		b := make([]byte, 100)
		if n, err := c.Read(b); err == nil {
			t.Errorf("%s is answered %q", what, b[:n])
		} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%s is not closed", what)
		}
	}
	closed("a stranger", dial("127.0.0.7"))

	c := far(dial("127.0.0.1"))
	c.write(t, arriving("OPTIONS", newBranch(), "TCP 127.0.0.1:9", ""))
	got := next[request](t, h)
	if err := got.tx.Respond(got.tx.Response(200, "OK", nil)); err != nil {
		t.Fatal(err)
	}
	if text := c.read(t); !strings.HasPrefix(text, "SIP/2.0 200 OK") {
		t.Errorf("answer %q", text)
	}
	if r := got.tx.Route(); r.Local != local(w) || r.Remote != addrPortOf(c.LocalAddr()) || r.Transport != sip.TCP {
		t.Errorf("route %+v", r)
	}

	for what, text := range map[string]string{
		"no Content-Length":    strings.Replace(arriving("OPTIONS", newBranch(), "TCP x", ""), "Content-Length: 0\r\n", "", 1),
		"two Content-Lengths":  arriving("OPTIONS", newBranch(), "TCP x", "l: 0\r\n"),
		"too long a body":      strings.Replace(arriving("OPTIONS", newBranch(), "TCP x", ""), "Length: 0", "Length: 5000", 1),
		"an endless header":    "OPTIONS " + strings.Repeat("x", 5000),
		"an endless body size": strings.Replace(arriving("OPTIONS", newBranch(), "TCP x", ""), "Length: 0", "Length: 99999999999999999999", 1),
		"noise":                "\x16\x03\x01\r\n\r\n",
	} {
		c := dial("127.0.0.1")
		_, _ = io.WriteString(c, text)
		closed(what, c)
		waitUntil(t, func() bool { return w.connections() == 1 })
	}
	dial("127.0.0.1") // the second
	dial("127.0.0.1") // the third
	waitUntil(t, func() bool { return w.connections() == 3 })
	closed("the fourth", dial("127.0.0.1"))
}

// connections counts those that others have opened.
func (w *Wire) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.inbound)
}

// waitUntil polls: the kernel's work has no event to wait for.
func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("it never happened")
		}
		timer := time.NewTimer(time.Millisecond)
		<-timer.C
	}
}

// The port is open while a server uses TCP, and not otherwise.
func TestListensOnlyWhenNeeded(t *testing.T) {
	w, _ := serve(t, Config{}, Server{Host: "127.0.0.1", Port: 9, Transport: sip.UDP})
	open := func() bool {
		c, err := net.Dial("tcp", local(w).String())
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	if open() {
		t.Error("TCP is open for UDP servers")
	}
	w.SetServers([]Server{{Host: "127.0.0.1", Port: 9, Transport: sip.TCP}})
	if !open() {
		t.Error("TCP is closed for TCP servers")
	}
	w.SetServers(nil)
	if open() {
		t.Error("TCP is still open")
	}
}

// One server can not take every place.
func TestConnectionsFromOneSource(t *testing.T) {
	w, _ := serve(t, Config{}, Server{Host: "127.0.0.1", Port: 9, Transport: sip.TCP},
		Server{Host: "127.0.0.3", Port: 9, Transport: sip.TCP})
	for _, from := range []string{"127.0.0.1", "127.0.0.3"} {
		for range maxPerSource + 2 {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
			if c, err := d.Dial("tcp", local(w).String()); err == nil { // else reset at once
				t.Cleanup(func() { c.Close() })
			}
		}
	}
	waitUntil(t, func() bool { return w.connections() == 2*maxPerSource })
}

// An answer whose connection has ended goes over another of the same server, not
// over one of somebody else.
func TestAnswerOverAnotherInbound(t *testing.T) {
	w, h := serve(t, Config{}, Server{Host: "127.0.0.1", Port: 9, Transport: sip.TCP},
		Server{Host: "127.0.0.3", Port: 9, Transport: sip.TCP})
	dial := func(from string) farConn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", local(w).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return far(c)
	}
	c, other, same := dial("127.0.0.1"), dial("127.0.0.3"), dial("127.0.0.1")
	c.write(t, arriving("INVITE", newBranch(), "TCP 127.0.0.1:9", ""))
	got := next[request](t, h)
	waitUntil(t, func() bool { return w.connections() == 3 })
	c.Close()
	waitUntil(t, func() bool { return w.connections() == 2 })
	if err := got.tx.Respond(got.tx.Response(486, "Busy Here", nil)); err != nil {
		t.Fatal(err)
	}
	for line := ""; line != "SIP/2.0 486 Busy Here"; { // an automatic 100 may come before
		line = startLine(same.read(t))
	}
	other.Close()
	same.Close()
	waitUntil(t, func() bool { return w.connections() == 0 })
	if err := got.tx.Respond(got.tx.Response(486, "Busy Here", nil)); err != nil {
		t.Errorf("with no connection left: %v", err)
	}
}
