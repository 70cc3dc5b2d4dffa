//go:build linux

package handset

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the image promises whoever puts it on a desk: a root that nobody changes,
// data that stays, a phoned that is nobody, and a network side that is shut but
// for what a phone needs.
func TestThePhoneIsShut(t *testing.T) {
	w := newWorld(t)
	p := w.boot(t, nil)
	p.UntilAt(patience, w.s1)

	t.Run("the root is read-only", func(t *testing.T) {
		for _, path := range []string{"/x", "/etc/x", "/usr/bin/x", "/var/x"} {
			if out, err := p.Try("touch " + path + " 2>&1"); err == nil || !strings.Contains(out+err.Error(), "Read-only") {
				t.Errorf("touch %s: %v %s", path, err, out)
			}
		}
		if out, err := p.Try("mount -o remount,rw / 2>&1 && touch /x"); err == nil {
			t.Errorf("the root was made writable: %s", out)
		}
	})
	t.Run("phoned is not root", func(t *testing.T) {
		for _, pid := range strings.Fields(p.Shell("pidof phoned")) {
			status := p.Shell("cat /proc/" + pid + "/status")
			for line := range strings.Lines(status) {
				name, value, _ := strings.Cut(line, ":")
				f := strings.Fields(value)
				switch name {
				case "Uid", "Gid":
					if slices.Contains(f, "0") {
						t.Errorf("process %s of phoned has %s", pid, line)
					}
				case "CapEff", "CapPrm", "CapBnd":
					if strings.Trim(f[0], "0") != "" {
						t.Errorf("process %s of phoned has capabilities: %s", pid, line)
					}
				case "NoNewPrivs":
					if f[0] != "1" {
						t.Errorf("process %s of phoned may get new privileges", pid)
					}
				}
			}
		}
	})
	t.Run("only a phone's ports are open", func(t *testing.T) {
		allowed := []int{80, 443, 5060}
		for _, port := range openPorts(t, w, w.plug.Addr) {
			if !slices.Contains(allowed, port) {
				t.Errorf("TCP port %d is open", port)
			}
		}
		t.Logf("listening:\n%s", p.Shell("netstat -lntu"))
	})
	t.Run("what it weighs", func(t *testing.T) { weigh(t, w, p) })
	t.Run("data survives a reboot, nothing else does", func(t *testing.T) {
		p.Shell("echo kept > /data/phone/kept; echo lost > /tmp/lost; sync")
		mark := p.Serial.Mark()
		p.agent = nil
		ctx, cancel := p.within(2 * time.Second)
		defer cancel()
		if agent, err := p.Machine.Agent(ctx); err == nil {
			_, _ = agent.Shell(ctx, "reboot") // no answer: the phone goes
		}
		began := time.Now()
		p.untilRebooted(mark)
		if got := p.Shell("cat /data/phone/kept; cat /tmp/lost 2>/dev/null; true"); got != "kept" {
			t.Errorf("after the reboot: %q, want \"kept\"", got)
		}
		p.UntilAt(patience, w.s1)
		// It said goodbye before, and so is registered once.
		if n := len(w.s1.Capture.Requests("REGISTER").After(began)); n == 0 {
			t.Error("no REGISTER after the reboot")
		}
	})
}

// untilRebooted waits until the phone is down, up again, and its agent answers.
func (p *Phone) untilRebooted(mark int) {
	p.T.Helper()
	ctx, cancel := p.within(patience)
	defer cancel()
	if _, err := p.Serial.WaitFrom(ctx, mark, "reboot: Restarting system|reboot: System halted"); err != nil {
		p.T.Fatal(err)
	}
	p.agent = nil
	boot := func() string {
		out, err := p.Try("cat /proc/uptime")
		if err != nil {
			return ""
		}
		return out
	}
	p.Until(patience, "the phone is up again", func() bool {
		up, err := strconv.ParseFloat(strings.Fields(boot() + " 1e9")[0], 64)
		return err == nil && up < 60
	})
}

// openPorts tries every TCP port of an address from a machine of the network.
func openPorts(t *testing.T, w *world, addr netip.Addr) []int {
	t.Helper()
	var mu sync.Mutex
	var open []int
	ports := make(chan int)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for port := range ports {
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				conn, err := w.far.Dial(ctx, netip.AddrPort{}, netip.AddrPortFrom(addr, uint16(port)))
				cancel()
				if err == nil {
					_ = conn.Close()
					mu.Lock()
					open = append(open, port)
					mu.Unlock()
				}
			}
		})
	}
	for port := 1; port <= 1100; port++ {
		ports <- port
	}
	for _, port := range []int{1720, 2000, 2049, 3128, 4000, 5000, 5060, 5061, 5555, 6379, 7547, 8000, 8080, 8443, 9090, 10000, 49152} {
		ports <- port
	}
	close(ports)
	all.Wait()
	slices.Sort(open)
	return open
}

// The limits of what a handset is.
const (
	imageLimit  = 32 << 20
	memoryLimit = 24 << 10 // KiB, phoned and its media process
)

// weigh prints sizes and memory, and fails if a limit is exceeded.
func weigh(t *testing.T, w *world, p *Phone) {
	t.Helper()
	for _, path := range []string{w.image.Root(), w.image.Bundle()} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-20s %6.2f MiB", info.Name(), float64(info.Size())/(1<<20))
		if info.Size() > imageLimit {
			t.Errorf("%s has %d bytes, more than 32 MiB", info.Name(), info.Size())
		}
	}
	sum := 0
	for line := range strings.Lines(p.Shell(`for d in /proc/[0-9]*; do r=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' $d/status 2>/dev/null); [ -z "$r" ] || echo "$r $(sed -n 's/^Name:[^a-z]*//p' $d/status) $(tr '\0' ' ' <$d/cmdline | cut -c 1-60)"; done`)) {
		var kib int
		var name string
		if _, err := fmt.Sscan(line, &kib, &name); err != nil {
			continue
		}
		t.Logf("RSS %6d KiB  %s", kib, strings.TrimSpace(line[strings.Index(line, name):]))
		if name == "phoned" {
			sum += kib
		}
	}
	t.Logf("phoned with its media process: %d KiB", sum)
	if sum > memoryLimit {
		t.Errorf("phoned with its media process has %d KiB in memory, more than %d", sum, memoryLimit)
	}
}
