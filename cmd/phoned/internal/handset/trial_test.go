//go:build linux

package handset

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/guest"
	"phoned/scripts/emulate/machine"
)

// Firmware whose phoned crashes at once: each of its three starts ends by itself,
// then the old one runs again and says so.
func TestNewFirmwareThatCrashes(t *testing.T) {
	w := newWorld(t)
	p := Boot(t, Options{Image: w.image, Plug: &w.plug, UBoot: true, Tests: map[string]string{
		"crash": bundle{version: "0.2.0", files: map[string]string{"usr/bin/phoned": "#!/bin/sh\nexit 1\n"}}.make(t),
	}})
	p.untilSlot(slow, 0, "A")
	p.UntilAt(patience, w.s1)
	p.untilService()
	mark := p.Serial.Mark()
	if told, ok := p.install("crash"); !ok {
		t.Fatalf("not installed: %q", told)
	}
	p.untilSlot(2*slow, mark, "A")
	if n := strings.Count(p.Serial.Text(), "Slot B; order B A"); n != 3 {
		t.Errorf("slot B was started %d times, want 3", n)
	}
	p.untilTold(30*time.Second, "The new firmware 0.2.0 did not start up. The phone runs 0.1.0 again.")
	p.UntilAt(patience, w.s1)
	t.Logf("what is kept of the crash:\n%s", tail(p.Shell("cat /data/crash/1"), 1000))
}

// Firmware that runs but does not register, although the old one did: after a
// quarter of an hour with a network the phone goes back by itself. Time is
// virtual, and the servers are in the guest: they are not there while the new
// firmware runs.
func TestNewFirmwareThatDoesNotRegister(t *testing.T) {
	long(t)
	work := Workshop(t)
	far := filepath.Join(t.TempDir(), "far")
	if err := work.Program(t.Context(), "./scripts/emulate/far", far); err != nil {
		t.Fatal(err)
	}
	p := Boot(t, Options{
		Image: Image(t, build.Spec{Factory: map[string]string{"settings.conf": guest.Settings()}}), UBoot: true,
		Tests: map[string]string{"far": far, "mute": bundle{version: "0.2.0"}.make(t)},
		Tune: func(c *machine.Config) {
			// A slower processor than in other tests in virtual time: the boot
			// loader waits by counting.
			c.Watchdog, c.Net = false, quietNet
			c.Extra = []string{"-icount", "shift=3,sleep=off", "-rtc", "clock=vm,base=2026-06-01"}
		},
	})
	p.untilSlot(slow, 0, "A")
	p.servers()
	registered := func(s lab.State) bool { return s.Registered }
	p.UntilState(slow, "registered", registered)
	p.untilService()
	mark := p.Serial.Mark()
	if told, ok := p.install("mute"); !ok {
		t.Fatalf("not installed: %q", told)
	}
	p.untilSlot(slow, mark, "B")
	started := p.uptime()
	mark = p.Serial.Mark()
	p.untilTold(3*slow, "The new firmware 0.2.0 can not register. The phone goes back to 0.1.0.")
	t.Logf("given up %v after it was there", p.uptime()-started)
	p.untilSlot(slow, mark, "A")
	p.servers()
	p.untilTold(slow, "The phone runs 0.1.0 again.")
	p.UntilState(slow, "registered again", registered)
	if order, a, b := p.order(); order != "A" && b != "0" {
		t.Errorf("the order is %s with %s and %s tries: B may be tried again", order, a, b)
	}
}

// servers starts the world inside the guest, for as long as this start lasts.
func (p *Phone) servers() {
	p.T.Helper()
	agent := p.Inside()
	ctx, cancel := context.WithCancel(context.Background())
	p.T.Cleanup(cancel)
	go func() {
		_, _ = agent.Stream(ctx, io.Discard, guest.Request{Args: []string{build.TestMount + "/far"}})
	}()
}

// uptime is how long the phone has been up, in its own time.
func (p *Phone) uptime() time.Duration {
	p.T.Helper()
	out, _ := p.Try("cat /proc/uptime")
	return append(fields(p.T, out), 0)[0]
}

// untilService waits until phoned has found the update service.
func (p *Phone) untilService() {
	p.T.Helper()
	p.Until(patience, "the update service", func() bool {
		_, err := p.Try("logread | grep -q 'msg=firmware slot='")
		return err == nil
	})
}
