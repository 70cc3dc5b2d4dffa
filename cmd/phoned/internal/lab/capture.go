//go:build linux

package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"phoned/sip/siptest"
)

// The fates that a capture adds: segments that open or refuse a connection.
const (
	SYN siptest.Fate = "syn"
	RST siptest.Fate = "rst"
)

// A tap is a packet socket at a node's interface.
type tap struct {
	fd   int
	done chan struct{}
	stop chan struct{}
}

// capture records what passes the node's interface, with the kernel's times.
// Packets that arrive are seen before nftables, those that leave after it.
func (n *Node) capture() error {
	t := &tap{done: make(chan struct{}), stop: make(chan struct{})}
	err := n.Do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(htons(unix.ETH_P_ALL)))
		if err != nil {
			return err
		}
		t.fd = fd
		return errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000}),
		)
	})
	if err != nil {
		return fmt.Errorf("lab: capture on %s: %w", n.Name, err)
	}
	n.taps = t
	go n.read(t)
	return nil
}

// Got are the requests of a method that arrived at the node after a time. It
// waits until there are so many at least: the phone may have told what it did
// before the capture was read.
func (n *Node) Got(method string, after time.Time, least int) siptest.Entries {
	n.lab.T.Helper()
	var es siptest.Entries
	n.lab.Until(3*time.Second, fmt.Sprintf("%d %s captured at %s", least, method, n.Name), func() bool {
		es = n.Capture.Requests(method).After(after)
		return len(es) >= least
	})
	return es
}

func (n *Node) stopCapture() {
	if n.taps == nil {
		return
	}
	close(n.taps.stop)
	<-n.taps.done
	n.taps = nil
}

func (n *Node) read(t *tap) {
	defer close(t.done)
	defer func() { _ = unix.Close(t.fd) }()
	frame, control := make([]byte, 65536), make([]byte, 256)
	for {
		select {
		case <-t.stop:
			return
		default:
		}
		k, kc, _, from, err := unix.Recvmsg(t.fd, frame, control, 0)
		if err != nil {
			continue // the time-out, or the interface is down
		}
		link, ok := from.(*unix.SockaddrLinklayer)
		if !ok {
			continue
		}
		at, sent := kernelTime(control[:kc]), link.Pkttype == unix.PACKET_OUTGOING
		if e, ok := decode(frame[:k]); ok {
			e.At, e.Sent = at, sent
			n.Capture.Add(e)
		} else if e.Transport == "UDP" && !sent {
			n.ears.hear(e.From.Addr(), at, e.Raw)
		}
	}
}

// kernelTime is when the kernel saw the packet.
func kernelTime(control []byte) time.Time {
	msgs, err := unix.ParseSocketControlMessage(control)
	if err == nil {
		for _, m := range msgs {
			if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
				return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
			}
		}
	}
	return time.Now()
}

// A packet is what an IP packet says of itself.
type packet struct {
	src, dst netip.Addr
	protocol byte
	content  []byte
}

// unpack reads an Ethernet frame with IP. Fragments but the first, and IPv6 with
// extension headers, are none.
func unpack(b []byte) (p packet, ok bool) {
	if len(b) < 34 {
		return p, false
	}
	ip := b[14:]
	switch binary.BigEndian.Uint16(b[12:]) {
	case unix.ETH_P_IP:
		head, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
		if head < 20 || total < head || total > len(ip) || binary.BigEndian.Uint16(ip[6:])&0x1fff != 0 {
			return p, false
		}
		return packet{netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20])), ip[9], ip[head:total]}, true
	case unix.ETH_P_IPV6:
		const head = 40
		if len(ip) < head {
			return p, false
		}
		total := head + int(binary.BigEndian.Uint16(ip[4:]))
		if total > len(ip) {
			return p, false
		}
		return packet{netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(ip[24:40])), ip[6], ip[head:total]}, true
	}
	return p, false
}

// decode reads an Ethernet frame with SIP over IP: UDP datagrams, TCP
// segments that begin a message, open or refuse a connection. Of another
// datagram only the addresses and the content are told.
func decode(b []byte) (e siptest.Entry, ok bool) {
	p, ok := unpack(b)
	if !ok || len(p.content) < 8 {
		return e, false
	}
	src, dst, protocol, seg := p.src, p.dst, p.protocol, p.content
	e.From = netip.AddrPortFrom(src, binary.BigEndian.Uint16(seg))
	e.To = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(seg[2:]))
	switch protocol {
	case unix.IPPROTO_UDP:
		e.Transport = "UDP"
		e.Raw = append([]byte(nil), seg[8:]...)
		if len(e.Raw) == 0 || e.Raw[0] >= 0x80 { // RTP and RTCP
			return e, false
		}
		e.Message = siptest.Parse(e.Raw)
		return e, e.Valid || e.To.Port() == 5060 || e.From.Port() == 5060
	case unix.IPPROTO_TCP:
		if len(seg) < 20 {
			return e, false
		}
		e.Transport = "TCP"
		switch flags := seg[13]; {
		case flags&0x12 == 0x02:
			e.Fate = SYN
			return e, true
		case flags&0x04 != 0:
			e.Fate = RST
			return e, true
		}
		offset := int(seg[12]>>4) * 4
		if offset < 20 || offset >= len(seg) {
			return e, false
		}
		e.Message = siptest.Parse(append([]byte(nil), seg[offset:]...))
		return e, e.Valid
	}
	return e, false
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }
