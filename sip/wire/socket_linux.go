package wire

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// clockGrain is the resolution of the kernel's word on the last
// acknowledgement, and what a ping may have waited for its turn.
const clockGrain = 50 * time.Millisecond

// A socket is what the kernel is told of how long it may wait for
// acknowledgements. The zero value, of no real socket, is told nothing.
type socket struct {
	raw syscall.RawConn
	now pace
}

func socketOptions(c net.Conn) *socket {
	s := &socket{}
	if tc, ok := c.(*net.TCPConn); ok {
		s.raw, _ = tc.SyscallConn() // nil then: it is closed
	}
	return s
}

// set makes the kernel give the connection up when something is not
// acknowledged for p.patience (TCP_USER_TIMEOUT, tcp(7)), and probe it when
// nothing is to be acknowledged for p.every, if that is not 0.
func (s *socket) set(p pace) {
	if s.raw == nil || s.now == p {
		return
	}
	s.now = p
	// An error says that the connection is closed, or that the kernel knows no such
	// option: then pongs are the only sign of life.
	_ = s.raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(p.patience.Milliseconds()))
		if p.every == 0 {
			return
		}
		seconds := func(d time.Duration) int { return max(1, int((d+time.Second/2)/time.Second)) }
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(p.every))
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(p.patience/time.Duration(keepAlive.Count)))
	})
}

// unacknowledged tells whether something that was sent waits for its
// acknowledgement and nothing at all has been acknowledged for so long
// (TCP_INFO, tcp(7)). The kernel's own limit may come later: it looks at it only
// when it sends again.
func unacknowledged(c net.Conn, silence time.Duration) (dead bool) {
	tc, ok := c.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tc.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) { // an error: it is closed, and its reader says why
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		last := time.Duration(info.Last_ack_recv) * time.Millisecond
		dead = info.Unacked > 0 && last+clockGrain >= silence
	})
	return dead
}
