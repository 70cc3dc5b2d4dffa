//go:build linux

package lab

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Lab is one isolated network. Its methods are for the goroutine of the test.
type Lab struct {
	T   *testing.T
	Dir string // for files of the test; removed at its end

	id    string
	hub   string // namespace of the bridge
	nodes []*Node
	plugs int
	stall atomic.Int64 // ns: how late this machine was at worst
}

// labs numbers the labs of this process.
var labs atomic.Int32

// Need skips the test, with the reason, where the lab can not run: it needs
// root, ip, nft and the programs named.
func Need(t *testing.T, programs ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: the network lab is no short test")
	}
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: network namespaces need root; run the tests as root to have this one")
	}
	var missing []string
	for _, p := range append([]string{"ip", "nft"}, programs...) {
		if _, err := find(p); err != nil {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		t.Skipf("SKIPPED: %s missing; scripts/setup installs what the tests need", strings.Join(missing, ", "))
	}
	if out, err := exec.Command(must(find("ip")), "netns", "list").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: this machine has no network namespaces: %s", out)
	}
}

// find looks for a program also where root's are, whatever PATH says.
func find(program string) (string, error) {
	for _, dir := range []string{"", "/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("lab: %s is not installed", program)
}

func must(path string, err error) string {
	if err != nil {
		return ""
	}
	return path
}

// New makes a network with nothing on it, or skips the test.
func New(t *testing.T, programs ...string) *Lab {
	t.Helper()
	Need(t, programs...)
	sweep()
	hurry()
	id := fmt.Sprintf("pl%d-%d", os.Getpid(), labs.Add(1))
	l := &Lab{T: t, Dir: t.TempDir(), id: id, hub: id + "-hub"}
	t.Cleanup(l.remove)
	l.watch()
	l.must(l.ip("netns", "add", l.hub))
	l.must(l.ip("-n", l.hub, "link", "add", "hub", "type", "bridge", "forward_delay", "0"))
	l.must(l.ip("-n", l.hub, "link", "set", "hub", "up"))
	return l
}

// sweep removes what labs left behind: the namespaces of those whose process
// was killed, and the binaries of those that are over.
var sweep = sync.OnceFunc(func() {
	gone := func(pid int) bool {
		_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
		return os.IsNotExist(err)
	}
	spaces, _ := os.ReadDir("/run/netns") // none was ever made: nothing to sweep
	for _, s := range spaces {
		var pid, number int
		if k, _ := fmt.Sscanf(s.Name(), "pl%d-%d-", &pid, &number); k == 2 && gone(pid) {
			_ = exec.Command(must(find("ip")), "netns", "del", s.Name()).Run()
		}
	}
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), "phoned-lab-*"))
	for _, d := range dirs {
		var pid int
		if k, _ := fmt.Sscanf(filepath.Base(d), "phoned-lab-%d", &pid); k == 1 && gone(pid) {
			_ = os.RemoveAll(d)
		}
	}
})

// hurry puts this process, in which the scripted servers live, ahead of the
// other tests that share the processors: times are asserted on, and a server
// that answers late is not the phone's fault. Programs that it starts inherit it.
var hurry = sync.OnceFunc(func() {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		if tid, err := strconv.Atoi(task.Name()); err == nil {
			// Where that is not allowed, the tests allow for what Stall measures.
			_ = unix.SchedSetAttr(tid, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}, 0)
		}
	}
})

// watch measures how late the machine wakes who sleeps: a busy one makes the
// phone late too, and that is not the phone's fault.
func (l *Lab) watch() {
	ctx := l.T.Context()
	go func() {
		runtime.LockOSThread() // never given back: it measures a thread's own sleep
		const pause = 5 * time.Millisecond
		for ctx.Err() == nil {
			asleep := time.Now()
			ts := unix.NsecToTimespec(int64(pause))
			_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &ts, nil)
			if late := int64(time.Since(asleep) - pause); late > l.stall.Load() {
				l.stall.Store(late)
			}
		}
	}()
}

// Stall is how late the machine has been at worst since the lab was made. A
// test that asserts on times allows for it.
func (l *Lab) Stall() time.Duration { return time.Duration(l.stall.Load()) }

// Node adds a machine to the network. The nodes have the addresses 10.77.0.1,
// 10.77.0.2 and so on in the order in which they are added.
func (l *Lab) Node(name string) *Node {
	l.T.Helper()
	return l.node(name, netip.AddrFrom4([4]byte{10, 77, 0, byte(len(l.nodes) + 1)}), "/24")
}

// Node6 adds a machine that has no IPv4: its address is fd77::1, fd77::2 and so
// on, in the order in which the nodes are added.
func (l *Lab) Node6(name string) *Node {
	l.T.Helper()
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		l.T.Skip("SKIPPED: this machine has no IPv6")
	}
	return l.node(name, netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x77, 15: byte(len(l.nodes) + 1)}), "/64", "nodad")
}

// node adds a machine with an address of a network of so many bits.
func (l *Lab) node(name string, addr netip.Addr, bits string, flags ...string) *Node {
	l.T.Helper()
	n := &Node{Name: name, Addr: addr, lab: l, space: l.id + "-" + name}
	port := fmt.Sprintf("p%d", len(l.nodes))
	l.nodes = append(l.nodes, n)
	l.must(l.ip("netns", "add", n.space))
	l.must(l.ip("-n", l.hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", n.space))
	l.must(l.ip("-n", l.hub, "link", "set", port, "master", "hub", "up"))
	l.must(l.ip("-n", n.space, "link", "set", "lo", "up"))
	if addr.Is6() { // where it is off unless somebody turns it on
		_, err := n.Call("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0")
		l.must(err)
	}
	l.must(l.ip(append([]string{"-n", n.space, "addr", "add", addr.String() + bits, "dev", "eth0"}, flags...)...))
	l.must(l.ip("-n", n.space, "link", "set", "eth0", "up"))
	if err := n.capture(); err != nil {
		l.T.Fatal(err)
	}
	return n
}

// remove deletes the namespaces; processes in them were ended by their own
// clean-ups, which run earlier.
func (l *Lab) remove() {
	for _, n := range l.nodes {
		n.stopCapture()
		_ = l.ip("netns", "del", n.space)
	}
	_ = l.ip("netns", "del", l.hub)
}

// ip runs ip(8).
func (l *Lab) ip(args ...string) error {
	path, err := find("ip")
	if err != nil {
		return err
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("lab: ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (l *Lab) must(err error) {
	l.T.Helper()
	if err != nil {
		l.T.Fatal(err)
	}
}

// Until waits until done is true; after the time it fails the test with what.
func (l *Lab) Until(within time.Duration, what string, done func() bool) {
	l.T.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(within); !done(); <-tick.C {
		if time.Now().After(end) {
			l.T.Fatalf("not within %v: %s", within, what)
		}
	}
}
