package wire

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"phoned/sip"
)

// A namespace is a network of its own that any goroutine can enter.
type namespace struct{ fd int }

func newNamespace(t *testing.T, lines ...string) namespace {
	t.Helper()
	ns := namespace{-1}
	done := make(chan struct{})
	go t.Run("namespace", func(t *testing.T) { // its thread is lost
		defer close(done)
		isolated(t, lines...)
		fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		ns.fd = fd
	})
	<-done
	if ns.fd < 0 {
		t.Skip("SKIPPED: no network namespace; connections that lose every packet are not tested")
	}
	t.Cleanup(func() { unix.Close(ns.fd) })
	return ns
}

// do runs f inside, on a thread that is lost.
func (ns namespace) do(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := unix.Setns(ns.fd, unix.CLONE_NEWNET); err != nil {
			panic(err) // it is open, and this is root
		}
		f()
	}()
	<-done
}

// nft loads rules.
func (ns namespace) nft(t *testing.T, rules string) {
	t.Helper()
	var out []byte
	var err error
	ns.do(func() {
		cmd := exec.Command("nft", "-f", "-")
		cmd.Stdin = strings.NewReader(rules)
		out, err = cmd.CombinedOutput()
	})
	if err != nil {
		t.Fatalf("nft: %v %s", err, out)
	}
}

// A stall is how late this machine wakes sleepers: what a test allows beside
// the limits.
type stall struct {
	mu   sync.Mutex
	most time.Duration
}

func newStall(t *testing.T) *stall {
	s := &stall{}
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		const step = 10 * time.Millisecond
		for {
			begin := time.Now()
			select {
			case <-time.After(step):
			case <-done:
				return
			}
			s.mu.Lock()
			s.most = max(s.most, time.Since(begin)-step)
			s.mu.Unlock()
		}
	}()
	return s
}

func (s *stall) slack() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return 100*time.Millisecond + 3*s.most
}

// Every packet of a connection is lost from one moment on, as when a firewall
// forgets it or the server loses power: noticed in 15 s, under a call in 2 s,
// whether the server answers pings or only its kernel answers, over IPv4, IPv6
// and link-local addresses.
func TestHalfOpenConnections(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("SKIPPED: no nft; connections that lose every packet are not tested")
	}
	if testing.Short() {
		t.Skip("SKIPPED: -short; connections that lose every packet are not tested")
	}
	ns := newNamespace(
		t,
		"ip link set lo up",
		"ip link add name phone0 type veth peer name pbx0",
		"ip addr add 10.9.0.1/24 dev phone0",
		"ip addr add 2001:db8:9::1/64 dev phone0 nodad",
		"ip link set phone0 addrgenmode none",
		"ip link set phone0 up",
		"ip link set pbx0 up",
		"ip addr add fe80::9/64 dev phone0 nodad",
	)
	late := newStall(t)
	var all sync.WaitGroup
	defer all.Wait()
	for _, host := range []string{"10.9.0.1", "2001:db8:9::1", "fe80::9%phone0"} {
		for _, pongs := range []bool{true, false} {
			for _, busy := range []bool{true, false} {
				all.Go(func() {
					took, got := halfOpen(t, ns, host, pongs, busy)
					name := fmt.Sprintf("%s, pongs %v, call %v", host, pongs, busy)
					limit, why := 14*time.Second, TimedOut
					if busy {
						limit = 1900 * time.Millisecond
					}
					if pongs {
						why = NoPong
					}
					// The kernel's own limit is the same one.
					if got.why != why && (got.why != TimedOut || !pongs) {
						t.Errorf("%s: told %v: %v", name, got.why, got.err)
					}
					if took > limit+late.slack() {
						t.Errorf("%s: noticed after %v", name, took)
					}
					t.Logf("%s: %v after %v", name, got.why, took.Round(time.Millisecond))
				})
			}
		}
	}
}

// halfOpen lets a connection lose every packet, and tells when the phone
// noticed.
func halfOpen(t *testing.T, ns namespace, host string, pongs, busy bool) (time.Duration, lost) {
	var l net.Listener
	var err error
	ns.do(func() { l, err = net.Listen("tcp", net.JoinHostPort(host, "0")) })
	if err != nil {
		t.Error(err)
		return 0, lost{}
	}
	defer l.Close()
	port := addrPortOf(l.Addr()).Port()
	s := Server{Host: host, Port: port, Transport: sip.TCP}
	h := newTold()
	var w *Wire
	ns.do(func() {
		// Not by Addr: the address to dial from follows from the one to dial to.
		w, err = New(Config{Log: quiet, DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
			ns.do(func() { c, err = dialer(netip.Addr{}).DialContext(ctx, network, address) })
			return c, err
		}, Listen: func(context.Context, string, string) (net.Listener, error) { return nil, os.ErrInvalid }}, h)
	})
	if err != nil {
		t.Error(err)
		return 0, lost{}
	}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(context.Background()) }()
	defer func() { w.Close(); <-ended }()
	w.SetServers([]Server{s})
	w.Keep([]Server{s})
	conn, err := l.Accept()
	if err != nil {
		t.Error(err)
		return 0, lost{}
	}
	defer conn.Close()
	p := newPonger(far(conn), pongs)
	if busy {
		w.SetBusy([]Server{s})
	}
	w.Ping(s)
	deadline := time.Now().Add(20 * time.Second)
	for seen := 0; seen < 1 || busy && seen < 3; seen = len(p.heard()) {
		if time.Now().After(deadline) {
			t.Errorf("%s: %d pings", host, seen)
			return 0, lost{}
		}
		runtime.Gosched()
		<-time.After(5 * time.Millisecond)
	}
	ns.nft(t, fmt.Sprintf("table inet half%d {\n chain c {\n type filter hook input priority 0;\n tcp sport %d drop\n tcp dport %d drop\n }\n}\n", port, port, port))
	begin := time.Now()
	w.Keep(nil)
	f := &Flight{Server: s, Build: build("BYE", newBranch())}
	if busy {
		w.Start(f)
	}
	for {
		select {
		case e := <-h.events:
			switch e := e.(type) {
			case lost:
				return time.Since(begin), e
			case unreachable:
				if !busy || e.f != f || e.fault != Refused {
					t.Errorf("%s: told %+v", host, e)
				}
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s: nothing is told", host)
			return 0, lost{}
		}
	}
}

// What the kernel is told of its patience follows what the connection is
// needed for.
func TestPatienceOfTheKernel(t *testing.T) {
	server := newTCPServer(t)
	w, h := serve(t, Config{}, server.Server)
	w.Start(flight(server.Server, "REGISTER"))
	c := server.accept(t)
	c.write(t, reply(t, c.read(t), 200))
	next[response](t, h)
	p := newPonger(c, true)
	w.mu.Lock()
	raw := w.links[server.Server].stream.raw.(*net.TCPConn)
	w.mu.Unlock()
	option := func(name int) (v int) {
		rc, err := raw.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		_ = rc.Control(func(fd uintptr) { v, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, name) })
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	is := func(timeout, idle int) func() bool {
		return func() bool {
			return option(unix.TCP_USER_TIMEOUT) == timeout && option(unix.TCP_KEEPIDLE) == idle
		}
	}
	waitUntil(t, is(10_000, 9))
	w.SetBusy([]Server{server.Server})
	waitUntil(t, is(1000, 1))
	w.SetBusy(nil)
	waitUntil(t, is(10_000, 1)) // until the next ping
	p.pongs.Store(false)
	w.Ping(server.Server)
	waitUntil(t, is(5000, 9))
}
