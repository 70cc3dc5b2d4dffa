//go:build linux

package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// filter puts an nftables rule before what arrives at a node.
func (w *world) filter(n *lab.Node, rule string) {
	w.T.Helper()
	text := "table ip evidence\ndelete table ip evidence\ntable ip evidence {\n\tchain in { type filter hook input priority 1; policy accept; iif lo accept; " +
		rule + "; }\n}\n"
	path := w.File("evidence-"+n.Name+".nft", text)
	if _, err := n.Call("nft", "-f", path); err != nil {
		w.T.Fatal(err)
	}
}

// A quote is the IP packet that an ICMP message is about.
type quote struct {
	from, to netip.AddrPort
	payload  []byte
}

// packet is the quoted packet: IPv4 and UDP header (RFC 791, RFC 768), payload.
func (q quote) packet() []byte {
	b := make([]byte, 28, 28+len(q.payload))
	b[0], b[8], b[9] = 0x45, 63, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(b[2:], uint16(28+len(q.payload)))
	binary.BigEndian.PutUint16(b[4:], 1)
	copy(b[12:], q.from.Addr().AsSlice())
	copy(b[16:], q.to.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[10:], checksum(b[:20]))
	binary.BigEndian.PutUint16(b[20:], q.from.Port())
	binary.BigEndian.PutUint16(b[22:], q.to.Port())
	binary.BigEndian.PutUint16(b[24:], uint16(8+len(q.payload)))
	return append(b, q.payload...)
}

// unreachable sends an ICMP destination unreachable (RFC 792) from a node to
// the phone. Code 4 says that the packet was too big for a link of 1400 bytes.
func (w *world) unreachable(from *lab.Node, code byte, q quote) {
	w.T.Helper()
	b := []byte{3, code, 0, 0, 0, 0, 0, 0}
	if code == 4 {
		binary.BigEndian.PutUint16(b[6:], 1400)
	}
	b = append(b, q.packet()...)
	binary.BigEndian.PutUint16(b[2:], checksum(b))
	err := from.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
		if err != nil {
			return err
		}
		return errors.Join(unix.Sendto(fd, b, 0, &unix.SockaddrInet4{Addr: w.desk.Addr.As4()}), unix.Close(fd))
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// send sends one datagram from a node to the phone's SIP port.
func (w *world) send(from *lab.Node, payload string) {
	w.T.Helper()
	pc, err := from.ListenPacket(netip.AddrPortFrom(from.Addr, 0))
	if err == nil {
		_, err = pc.WriteTo([]byte(payload), net.UDPAddrFromAddrPort(netip.AddrPortFrom(w.desk.Addr, 5060)))
		err = errors.Join(err, pc.Close())
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

// trap listens on a port of a node and gives each connection to handle, which
// is on its own goroutine and has to return when the connection is closed.
func (w *world) trap(n *lab.Node, port uint16, handle func(net.Conn)) {
	w.T.Helper()
	l, err := n.Listen(netip.AddrPortFrom(n.Addr, port))
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(w.T.Context(), func() { _ = c.Close() })
			go handle(c)
		}
	}()
}

// secure gives a server TLS on port 5061 with a certificate for the names, and
// returns the path of the authority's file.
func (w *world) secure(a *siptest.Authority) string {
	w.T.Helper()
	path := filepath.Join(w.Dir, "ca.pem")
	if err := os.WriteFile(path, a.PEM, 0o600); err != nil {
		w.T.Fatal(err)
	}
	return path
}

func authority(t *testing.T) *siptest.Authority {
	t.Helper()
	a, err := siptest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// serve adds TLS on port 5061 to a node: valid for so long, for the names.
func (w *world) serve(n *lab.Node, a *siptest.Authority, valid time.Duration, names ...string) *siptest.Server {
	w.T.Helper()
	cfg, err := a.Server(valid, names...)
	if err != nil {
		w.T.Fatal(err)
	}
	return n.Server(siptest.Config{
		Users: map[string]string{"100": "secret"}, NoAuth: true, Rules: party(),
		Binds: []siptest.Bind{{Transport: "TLS", Addr: netip.AddrPortFrom(n.Addr, 5061), TLS: cfg}},
	})
}

// words tells whether a text has all words, in any case.
func words(text string, all ...string) bool {
	for _, word := range all {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			return false
		}
	}
	return true
}
