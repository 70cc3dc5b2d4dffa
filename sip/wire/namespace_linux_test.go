package wire

import (
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"phoned/sip"
)

// isolated puts the test's thread into a network namespace of its own, made by
// these lines of ip(8) and sysctl(8). The thread ends with the test.
func isolated(t *testing.T, lines ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: network namespaces need root; what the kernel says about routes is not tested")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("SKIPPED: no network namespace: %v; what the kernel says about routes is not tested", err)
	}
	for _, line := range lines {
		args := strings.Fields(line)
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: %s: %v %s; what the kernel says about routes is not tested", line, err, out)
		}
	}
}

// What the kernel says when a server can not be reached: about this server, or
// about the phone's network. Nobody on the link answers ARP for 10.9.0.77.
func TestKernelsWordOnRoutes(t *testing.T) {
	done := make(chan struct{})
	go func() { // its thread is lost
		defer close(done)
		isolated(
			t,
			"ip link set lo up",
			"ip link add name phone0 type veth peer name pbx0",
			"ip addr add 10.9.0.1/24 dev phone0",
			"ip link set phone0 up",
			"ip link set pbx0 up",
			"sysctl -qw net.ipv4.neigh.phone0.retrans_time_ms=20 net.ipv4.neigh.phone0.mcast_solicit=1 net.ipv4.neigh.phone0.delay_first_probe_time=0",
			"ip route add unreachable 10.8.1.1",
			"ip route add blackhole 10.8.2.1",
			"ip route add prohibit 10.8.3.1",
		)
		server := func(host string) Server { return Server{Host: host, Port: 5060, Transport: sip.UDP} }
		near := server("10.9.0.77")
		for _, addr := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.MustParseAddr("10.9.0.1")} {
			w, h := serve(t, Config{Addr: addr}, near)
			for host, want := range map[string]Fault{
				"10.8.1.1": ICMP, "10.8.2.1": ICMP, "10.8.3.1": ICMP,
				"10.7.0.1": ICMP, // no route, but there is one to the other server
				near.Host:  ICMP, // no answer to ARP
			} {
				w.Start(flight(server(host), "REGISTER"))
				if got := next[unreachable](t, h); got.fault != want {
					t.Errorf("from %v to %s: %v (%v), want %v", addr, host, got.fault, got.err, want)
				}
			}
			w.SetServers([]Server{server("10.7.0.1")})
			w.Start(flight(server("10.7.0.1"), "REGISTER"))
			if got := next[unreachable](t, h); got.fault != NoNetwork {
				t.Errorf("from %v, without any route: %v (%v)", addr, got.fault, got.err)
			}
			w.Close()
		}
	}()
	<-done
}
