package wire

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrEmpty says that no message waits.
var ErrEmpty = errors.New("no message waits")

// A Link is one end of the socket between the two processes. It never blocks.
// One goroutine may receive while another sends.
type Link struct {
	fd  int
	in  [MaxSize]byte
	out [MaxSize]byte
	oob [64]byte
	msg unix.Msghdr
	iov unix.Iovec
}

// NewLink takes over a SOCK_SEQPACKET socket.
func NewLink(fd int) (*Link, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("make the control socket non-blocking: %w", err)
	}
	return &Link{fd: fd}, nil
}

// Pair makes both ends of a link; they are closed by an exec.
func Pair() (a, b int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("make a pair of control sockets: %w", err)
	}
	return fds[0], fds[1], nil
}

// Dial connects to a media process that listens at path.
func Dial(path string) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open a control socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("connect to the media process at %s: %w", path, err)
	}
	return fd, nil
}

// Listen opens the socket at path at which another control process may take a
// media process over. Only its owner may connect.
func Listen(path string) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("open a control socket: %w", err)
	}
	_ = unix.Unlink(path) // of a media process before this one; none is no error
	old := unix.Umask(0o177)
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	unix.Umask(old)
	if err == nil {
		err = unix.Listen(fd, 4)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("listen at %s: %w", path, err)
	}
	return fd, nil
}

// Accept takes a connection at a socket of Listen, if its process has our user
// or is root. -1 if there is none.
func Accept(listening int) int {
	fd, _, err := unix.Accept4(listening, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return -1
	}
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil || cred.Uid != 0 && int(cred.Uid) != unix.Getuid() {
		unix.Close(fd)
		return -1
	}
	return fd
}

// FD is the link's descriptor.
func (l *Link) FD() int { return l.fd }

// Close closes it.
func (l *Link) Close() { unix.Close(l.fd) }

// Send sends a message and copies of descriptors. It allocates nothing without
// descriptors. If the other side does not read, the error is unix.EAGAIN.
func (l *Link) Send(m *Message, fds ...int) error {
	b := m.Append(l.out[:0])
	if len(fds) == 0 {
		_, err := unix.Write(l.fd, b)
		return err
	}
	return unix.Sendmsg(l.fd, b, unix.UnixRights(fds...), nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// Receive takes the next message and its descriptors, which belong to the caller
// then. ErrEmpty if none waits, io.EOF if the other side is gone; any other
// error is of this message alone. It allocates nothing but texts, sessions and
// lists of descriptors.
func (l *Link) Receive(m *Message) (fds []int, err error) {
	n, oobn, e := l.receive()
	switch {
	case e == unix.EAGAIN || e == unix.EINTR:
		return nil, ErrEmpty
	case e != 0 || n == 0:
		return nil, io.EOF
	}
	if oobn > 0 {
		fds = rights(l.oob[:oobn])
	}
	if err := m.Parse(l.in[:n]); err != nil {
		CloseAll(fds)
		return nil, err
	}
	return fds, nil
}

// receive is recvmsg(2) without the sender's address, which unix.Recvmsg makes
// anew each time.
func (l *Link) receive() (n, oobn int, e syscall.Errno) {
	l.iov.Base = &l.in[0]
	l.iov.SetLen(len(l.in))
	l.msg = unix.Msghdr{Iov: &l.iov, Control: &l.oob[0]}
	l.msg.SetIovlen(1)
	l.msg.SetControllen(len(l.oob))
	r, _, e := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(l.fd), uintptr(unsafe.Pointer(&l.msg)), unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	return int(r), int(l.msg.Controllen), e
}

func rights(oob []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if f, err := unix.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, f...)
		}
	}
	return fds
}

// CloseAll closes descriptors that nobody wants.
func CloseAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
