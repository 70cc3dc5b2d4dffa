package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Forgeries that come before the answer do not take its place, and each
// question has an ID and a port of its own (RFC 5452).
func TestExchangeOutlivesForgeries(t *testing.T) {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	k := key{"pbx.example", typeA}
	ids, ports := map[uint16]bool{}, map[uint16]bool{}
	served := make(chan struct{})
	const questions = 8
	go func() {
		defer close(served)
		buf := make([]byte, 2048)
		for range questions {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if q.Unpack(buf[:n]) != nil {
				continue
			}
			ids[q.ID] = true
			ports[from.(*net.UDPAddr).AddrPort().Port()] = true
			good := reply(t, k, func(m *dnsmessage.Message) {
				m.ID, m.Answers = q.ID, []dnsmessage.Resource{record(60, "A", k.name, "10.0.0.1")}
			})
			forged := reply(t, k, func(m *dnsmessage.Message) {
				m.ID, m.Answers = q.ID+1, []dnsmessage.Resource{record(60, "A", k.name, "10.6.6.6")}
			})
			for _, msg := range [][]byte{{}, []byte("junk"), forged, buf[:n], good} {
				c.WriteTo(msg, from)
			}
		}
	}()
	server := c.LocalAddr().(*net.UDPAddr).AddrPort()
	a := asker{hosts: "/dev/null", servers: &servers{fixed: []netip.AddrPort{server}}, exchange: exchange}
	for range questions {
		set, err := a.ask(t.Context(), k)
		if err != nil || len(set.addrs) != 1 || set.addrs[0] != netip.MustParseAddr("10.0.0.1") {
			t.Fatalf("%+v, %v", set, err)
		}
	}
	<-served
	if len(ids) < questions-1 || len(ports) < 2 {
		t.Errorf("%d IDs, %d ports in %d questions", len(ids), len(ports), questions)
	}
}

// A server that takes the question and says nothing costs its time and no
// more, over both networks; a closed port costs none.
func TestExchangeEnds(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	server := l.Addr().(*net.TCPAddr).AddrPort()
	c, err := net.ListenPacket("udp4", server.String())
	if err != nil {
		t.Skipf("SKIPPED: the UDP port is taken: %v", err)
	}
	query, _ := question(7, key{"pbx.example", typeA}, true)
	for _, network := range []string{"udp", "tcp"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		begin := time.Now()
		if msg, err := exchange(ctx, network, server, query); err == nil || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: %x, %v after %v", network, msg, err, time.Since(begin))
		}
		cancel()
	}
	c.Close()
	begin := time.Now()
	if _, err := exchange(t.Context(), "udp", server, query); err == nil || time.Since(begin) > 5*time.Second {
		t.Errorf("closed port: %v after %v", err, time.Since(begin))
	}
}

// RFC 1035 §4.2.2: two bytes of length, both ways.
func TestExchangeStream(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	got := make(chan []byte, 1)
	go func() {
		defer far.Close()
		var length [2]byte
		io.ReadFull(far, length[:])
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		io.ReadFull(far, query)
		got <- query
		far.Write([]byte{0, 5, 'h', 'e'})
		far.Write([]byte("llo"))
	}()
	msg, err := exchangeStream(near, []byte("question"))
	if string(msg) != "hello" || err != nil || string(<-got) != "question" {
		t.Errorf("%q, %v", msg, err)
	}
	if _, err := exchangeStream(near, []byte("again")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("closed: %v", err)
	}
}
