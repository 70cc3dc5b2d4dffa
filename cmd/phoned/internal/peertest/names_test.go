//go:build linux

package peertest

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// A nameServer answers for one domain with two servers: by SRV for one
// transport, the first one with the better priority, and by the addresses of
// their names.
type nameServer struct {
	domain, transport string
	hosts             [2]netip.Addr
}

// serveNames runs the name server of the world until the test ends.
func (w *world) serveNames() {
	w.T.Helper()
	pc, err := w.dns.ListenPacket(netip.AddrPortFrom(w.dns.Addr, 53))
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = pc.Close() })
	go nameServer{domain, w.transport(), [2]netip.Addr{w.s1.Addr, w.s2.Addr}}.serve(pc)
}

func (s nameServer) serve(pc net.PacketConn) {
	b := make([]byte, 1500)
	for {
		k, from, err := pc.ReadFrom(b)
		if err != nil {
			return
		}
		if answer, ok := s.answer(b[:k]); ok {
			_, _ = pc.WriteTo(answer, from)
		}
	}
}

// The types of RFC 1035 §3.2.2 and RFC 2782.
const typeA, typeSRV = 1, 33

// answer is the answer to a query with one question (RFC 1035 §4.1). What the
// server does not know does not exist.
func (s nameServer) answer(query []byte) ([]byte, bool) {
	name, kind, end, ok := question(query)
	if !ok {
		return nil, false
	}
	out := slices.Clone(query[:end])
	out[2], out[3] = 0x84|query[2]&1, 0x80 // an authoritative answer
	binary.BigEndian.PutUint16(out[6:], 0)
	copy(out[8:], make([]byte, 4)) // neither authority nor additional records
	var records [][]byte
	switch {
	case kind == typeSRV && name == "_sip._"+s.transport+"."+s.domain:
		for i := range s.hosts {
			data := binary.BigEndian.AppendUint16(nil, uint16(10*(i+1))) // priority
			data = binary.BigEndian.AppendUint16(data, 1)                // weight
			data = binary.BigEndian.AppendUint16(data, 5060)
			records = append(records, append(data, encode(s.host(i))...))
		}
	case kind == typeA && name == s.host(0), kind == typeA && name == s.host(1):
		for i, a := range s.hosts {
			if name == s.host(i) {
				records = append(records, a.AsSlice())
			}
		}
	}
	for _, data := range records {
		out = append(out, 0xc0, 12) // the name of the question
		out = binary.BigEndian.AppendUint16(out, kind)
		out = append(out, 0, 1, 0, 0, 1, 0x2c) // IN, 300 s
		out = binary.BigEndian.AppendUint16(out, uint16(len(data)))
		out = append(out, data...)
	}
	binary.BigEndian.PutUint16(out[6:], uint16(len(records)))
	if len(records) == 0 && name != s.domain && !strings.HasPrefix(name, "_sip._") && name != s.host(0) && name != s.host(1) {
		out[3] |= 3 // no such name
	}
	return out, true
}

func (s nameServer) host(i int) string { return fmt.Sprintf("s%d.%s", i+1, s.domain) }

// question reads the first question of a query, and where it ends.
func question(q []byte) (name string, kind uint16, end int, ok bool) {
	if len(q) < 12 || q[2]&0xf8 != 0 || binary.BigEndian.Uint16(q[4:]) != 1 {
		return "", 0, 0, false
	}
	var labels []string
	at := 12
	for at < len(q) && q[at] != 0 {
		size := int(q[at])
		if size > 63 || at+1+size >= len(q) {
			return "", 0, 0, false
		}
		labels = append(labels, strings.ToLower(string(q[at+1:at+1+size])))
		at += 1 + size
	}
	if at+5 > len(q) {
		return "", 0, 0, false
	}
	return strings.Join(labels, "."), binary.BigEndian.Uint16(q[at+1:]), at + 5, true
}

// encode writes a name without compression, as RFC 2782 wants it.
func encode(name string) []byte {
	var out []byte
	for label := range strings.SplitSeq(name, ".") {
		out = append(append(out, byte(len(label))), label...)
	}
	return append(out, 0)
}

func TestNames(t *testing.T) {
	s := nameServer{"lab.test", "udp", [2]netip.Addr{netip.MustParseAddr("10.77.0.1"), netip.MustParseAddr("10.77.0.2")}}
	query := func(name string, kind byte) []byte {
		q := []byte{7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
		return append(append(q, encode(name)...), 0, kind, 0, 1)
	}
	for _, c := range []struct {
		name    string
		kind    byte
		records byte
		code    byte
		last    []byte
	}{
		{"_sip._udp.lab.test", typeSRV, 2, 0, encode("s2.lab.test")},
		{"_SIP._UDP.Lab.Test", typeSRV, 2, 0, encode("s2.lab.test")},
		{"_sip._tcp.lab.test", typeSRV, 0, 0, nil},
		{"s1.lab.test", typeA, 1, 0, []byte{10, 77, 0, 1}},
		{"s2.lab.test", typeA, 1, 0, []byte{10, 77, 0, 2}},
		{"s2.lab.test", 28, 0, 0, nil},
		{"lab.test", 35, 0, 0, nil},
		{"else.test", typeA, 0, 3, nil},
	} {
		a, ok := s.answer(query(c.name, c.kind))
		if !ok || a[0] != 7 || a[1] != 9 || a[2]&0x80 == 0 || a[7] != c.records || a[3]&15 != c.code {
			t.Errorf("%s %d: % x", c.name, c.kind, a)
		} else if !strings.HasSuffix(string(a), string(c.last)) {
			t.Errorf("%s %d: % x, want it to end with % x", c.name, c.kind, a, c.last)
		}
	}
	for _, bad := range [][]byte{nil, make([]byte, 11), query("a", 1)[:14], append([]byte{1, 1, 0x80}, make([]byte, 20)...)} {
		if a, ok := s.answer(bad); ok {
			t.Errorf("% x got an answer: % x", bad, a)
		}
	}
}
