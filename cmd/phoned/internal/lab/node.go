//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"phoned/sip/siptest"
)

// A Node is one machine of a Lab. As a siptest.Host it opens the test's own
// sockets on that machine.
type Node struct {
	Name    string
	Addr    netip.Addr
	Capture siptest.Record // every SIP datagram and TCP segment at the interface

	lab      *Lab
	space    string
	resolver string // file that is its programs' /etc/resolv.conf; empty = as outside
	taps     *tap
	ears     ears
}

// SIP is the node's address with port 5060, as the control socket writes it.
func (n *Node) SIP() string { return netip.AddrPortFrom(n.Addr, 5060).String() }

// host is the node's address as it is written before a port.
func (n *Node) host() string {
	if n.Addr.Is6() {
		return "[" + n.Addr.String() + "]"
	}
	return n.Addr.String()
}

// Do runs f on a thread that is inside the node's namespace. What f opens stays
// there.
func (n *Node) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread is of no use to anybody else and ends with the
		// goroutine.
		runtime.LockOSThread()
		fd, err := unix.Open(filepath.Join("/run/netns", n.space), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			done <- fmt.Errorf("lab: namespace of %s: %w", n.Name, err)
			return
		}
		defer func() { _ = unix.Close(fd) }()
		if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("lab: enter the namespace of %s: %w", n.Name, err)
			return
		}
		done <- f()
	}()
	return <-done
}

// ListenPacket implements siptest.Host.
func (n *Node) ListenPacket(local netip.AddrPort) (pc net.PacketConn, err error) {
	err = n.bind(func() error {
		pc, err = siptest.OS.ListenPacket(local)
		return err
	})
	return pc, err
}

// Listen implements siptest.Host.
func (n *Node) Listen(local netip.AddrPort) (l net.Listener, err error) {
	err = n.bind(func() error {
		l, err = siptest.OS.Listen(local)
		return err
	})
	return l, err
}

// bind is Do for opening a port. One that the test has just closed is still
// taken for a moment if a program was being started meanwhile: between fork and
// exec the child has the socket, too.
func (n *Node) bind(open func() error) (err error) {
	for end := time.Now().Add(time.Second); ; {
		if err = n.Do(open); !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Dial implements siptest.Host.
func (n *Node) Dial(ctx context.Context, local, remote netip.AddrPort) (c net.Conn, err error) {
	err = n.Do(func() error {
		c, err = siptest.OS.Dial(ctx, local, remote)
		return err
	})
	return c, err
}

// Server starts a scripted server in the test itself, on port 5060 over UDP and
// TCP unless the configuration says otherwise.
func (n *Node) Server(cfg siptest.Config) *siptest.Server {
	n.lab.T.Helper()
	cfg.Host = n
	if len(cfg.Binds) == 0 {
		a := netip.AddrPortFrom(n.Addr, 5060)
		cfg.Binds = []siptest.Bind{{Transport: "UDP", Addr: a}, {Transport: "TCP", Addr: a}}
	}
	s, err := siptest.Start(cfg)
	n.lab.must(err)
	n.lab.T.Cleanup(s.Close)
	return s
}

// Party starts a far party in the test itself, with sound.
func (n *Node) Party(cfg siptest.PartyConfig) *siptest.Party {
	n.lab.T.Helper()
	cfg.Host, cfg.Media = n, true
	if !cfg.Addr.IsValid() {
		cfg.Addr = netip.AddrPortFrom(n.Addr, 5060)
	}
	p, err := siptest.StartParty(cfg)
	n.lab.must(err)
	n.lab.T.Cleanup(p.Close)
	return p
}

// A Process is a program on a node.
type Process struct {
	cmd  *exec.Cmd
	name string
	in   io.WriteCloser // nil: it reads nothing

	mu   sync.Mutex
	out  bytes.Buffer
	done chan struct{}
	err  error
}

// Run starts a program on the node. It is ended with the test; if the test
// failed, what it wrote is shown.
func (n *Node) Run(program string, args ...string) *Process {
	n.lab.T.Helper()
	return n.run(false, program, args)
}

// RunTold is Run for a program that takes its commands from standard input.
func (n *Node) RunTold(program string, args ...string) *Process {
	n.lab.T.Helper()
	return n.run(true, program, args)
}

func (n *Node) run(told bool, program string, args []string) *Process {
	n.lab.T.Helper()
	path, err := find(program)
	n.lab.must(err)
	ip, err := find("ip")
	n.lab.must(err)
	p := &Process{name: n.Name + " " + filepath.Base(program), done: make(chan struct{})}
	argv := []string{ip, "netns", "exec", n.space}
	if n.resolver != "" { // the mount is the program's own: ip gives it a mount namespace
		argv = append(argv, "sh", "-c", `mount --bind "$0" /etc/resolv.conf && exec "$@"`, n.resolver)
	}
	argv = append(append(argv, path), args...)
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Dir = n.lab.Dir
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if told {
		p.in, err = p.cmd.StdinPipe()
		n.lab.must(err)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	n.lab.must(start(p.cmd))
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	n.lab.T.Cleanup(func() {
		p.End()
		if n.lab.T.Failed() {
			n.lab.T.Logf("%s wrote:\n%s", p.name, tail(p.Output(), 8000))
		}
	})
	return p
}

// starter is the one thread that starts programs. A program is killed when the
// thread that started it ends (Pdeathsig), and this one ends with the test, even
// if the test is killed.
var starter = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

func start(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	starter() <- func() {
		started <- cmd.Start()
	}
	return <-started
}

// Write takes what the program writes.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

// Say writes one line to a program that RunTold has started. One that is over
// hears nothing.
func (p *Process) Say(line string) {
	_, _ = io.WriteString(p.in, line+"\n")
}

// Output is what the program has written so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// End asks the program to end, and after 3 s makes it.
func (p *Process) End() {
	select {
	case <-p.done:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		p.Kill()
	}
}

// Kill ends the program at once, as a power cut does.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// Ended tells whether the program is over.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Call runs a program on the node to its end.
func (n *Node) Call(program string, args ...string) (string, error) {
	path, err := find(program)
	if err != nil {
		return "", err
	}
	ip, err := find("ip")
	if err != nil {
		return "", err
	}
	out, err := exec.Command(ip, append([]string{"netns", "exec", n.space, path}, args...)...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("lab: %s on %s: %w: %s", program, n.Name, err, out)
	}
	return string(out), nil
}

// File writes a file of the test and returns its path.
func (l *Lab) File(name, content string) string {
	l.T.Helper()
	path := filepath.Join(l.Dir, name)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644))
	l.must(err)
	return path
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	if _, rest, ok := strings.Cut(s, "\n"); ok {
		s = rest
	}
	return "...\n" + s
}
