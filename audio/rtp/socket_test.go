package rtp

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// socket binds any port and returns it.
func socket(t *testing.T) (*Socket, netip.AddrPort) {
	t.Helper()
	fd, err := Bind(0, 46)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	s, err := NewSocket(fd)
	if err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := 0
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		port = a.Port
	case *unix.SockaddrInet6:
		port = a.Port
	}
	return s, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

func wait(s *Socket, d time.Duration) {
	unix.Poll([]unix.PollFd{{Fd: int32(s.FD()), Events: unix.POLLIN}}, int(d/time.Millisecond))
}

func TestSocketsCarryDatagrams(t *testing.T) {
	a, from := socket(t)
	b, to := socket(t)
	if _, _, err := b.Receive(make([]byte, 10)); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty socket: %v", err)
	}
	if err := a.Send([]byte("voice"), to); err != nil {
		t.Fatal(err)
	}
	wait(b, time.Second)
	buf := make([]byte, 10)
	n, got, err := b.Receive(buf)
	if err != nil || string(buf[:n]) != "voice" || got != from {
		t.Errorf("received %q from %v, want from %v: %v", buf[:n], got, from, err)
	}
}

// An ICMP answer (nobody listens at the far port) neither shows nor stops what
// follows.
func TestAnICMPErrorIsIgnored(t *testing.T) {
	a, from := socket(t)
	b, _ := socket(t)
	for range 3 {
		_ = a.Send([]byte("x"), netip.MustParseAddrPort("127.0.0.1:9"))
	}
	wait(a, 20*time.Millisecond)
	if _, _, err := a.Receive(make([]byte, 10)); !errors.Is(err, ErrEmpty) {
		t.Errorf("after ICMP: %v", err)
	}
	_ = b.Send([]byte("y"), from)
	wait(a, time.Second)
	if n, _, err := a.Receive(make([]byte, 10)); n != 1 || err != nil {
		t.Errorf("nothing comes after ICMP: %v", err)
	}
}

func TestPacketsAreMarked(t *testing.T) {
	s, _ := socket(t)
	if tos, err := unix.GetsockoptInt(s.FD(), unix.IPPROTO_IP, unix.IP_TOS); err != nil || tos != 46<<2 {
		t.Errorf("TOS %#x, %v", tos, err)
	}
}

func TestSocketsAllocateNothing(t *testing.T) {
	a, _ := socket(t)
	b, to := socket(t)
	buf := make([]byte, 200)
	n := testing.AllocsPerRun(200, func() {
		_ = a.Send(buf, to)
		_, _, _ = b.Receive(buf)
		_, _, _ = b.Receive(buf)
	})
	if n != 0 {
		t.Errorf("%v allocations a datagram", n)
	}
}

func BenchmarkSocket(b *testing.B) {
	fd, err := Bind(0, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	s, _ := NewSocket(fd)
	buf := make([]byte, 172)
	to := netip.MustParseAddrPort("127.0.0.1:9")
	b.ReportAllocs()
	for b.Loop() {
		_ = s.Send(buf, to)
		_, _, _ = s.Receive(buf)
	}
}
