//go:build linux

package handset

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/guest"
	"phoned/scripts/emulate/machine"
)

var (
	cuts    = flag.Int("cuts", 0, "power cuts of each kind in an update; 0 leaves out the tests with many restarts")
	cutSeed = flag.Uint64("cut-seed", 1, "of their moments")
)

// The power goes at random moments while a bundle is written and the owner
// changes a setting, which is written too: the phone starts in its old firmware
// every time, with the settings from before or after, and takes the next bundle.
// The cut takes away what the kernel has not written; what it has handed to the
// disk stays.
func TestPowerCutsWhileFirmwareIsInstalled(t *testing.T) {
	long(t)
	random := rand.New(rand.NewPCG(*cutSeed, 1))
	o := cutOptions(t)
	p := Boot(t, o)
	p.untilSlot(slow, 0, "A")
	p.untilService()
	p.Do(map[string]any{"do": "press", "key": "volume+"})
	began := time.Now()
	if told, ok := p.install("good"); !ok {
		t.Fatalf("not installed: %q", told)
	}
	whole := time.Since(began)
	p.Kill()
	// The disk as new: what was installed above would be started.
	o.Disk = filepath.Join(t.TempDir(), "disk.img")
	if err := o.Image.Copy(t.Context(), o.Disk); err != nil {
		t.Fatal(err)
	}
	p = Boot(t, o)
	p.untilUp()
	for i := range *cuts {
		p.untilService()
		after := time.Duration(random.Int64N(int64(whole)))
		ctx, end := context.WithTimeout(t.Context(), after)
		go func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := []string{"volume+", "volume-"}[n%2]
				_, _ = p.watch.socket.Write([]byte(`{"do":"press","key":"` + key + `"}` + "\n"))
				time.Sleep(50 * time.Millisecond)
			}
		}()
		if _, err := p.Try("cp " + build.TestMount + "/good /data/new.raucb"); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = p.agent.Stream(ctx, nil, guest.Request{Args: []string{"/usr/bin/phoned", "update", "/data/new.raucb"}})
		}()
		<-ctx.Done()
		end()
		p.Kill()
		p = Boot(t, o)
		slot := p.untilUp()
		order, a, b := p.order()
		t.Logf("cut %d after %v of about %v: slot %s, order %s, tries %s %s", i+1, after.Round(10*time.Millisecond), whole.Round(time.Second), slot, order, a, b)
		p.sound(slot)
		if slot == "B" { // it was through: begin with A again
			p.Kill()
			p.must(o.Image.Copy(t.Context(), o.Disk))
			p = Boot(t, o)
			p.untilUp()
		}
	}
}

// The power goes at random moments of the first start of new firmware, up to and
// after the moment at which it is marked good: the phone starts every time, in
// the new or the old one.
func TestPowerCutsWhileNewFirmwareProvesItself(t *testing.T) {
	long(t)
	random := rand.New(rand.NewPCG(*cutSeed, 2))
	o := cutOptions(t)
	p := Boot(t, o)
	p.untilSlot(slow, 0, "A")
	p.servers()
	p.untilService()
	p.Do(map[string]any{"do": "press", "key": "volume+"})
	mark := p.Serial.Mark()
	if told, ok := p.install("good"); !ok {
		t.Fatalf("not installed: %q", told)
	}
	// Its last moment in A: everything is written.
	ctx, cancel := p.within(slow)
	defer cancel()
	if _, err := p.Serial.WaitFrom(ctx, mark, "reboot: Restarting system"); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	installed := p.Disk
	o.Disk = filepath.Join(t.TempDir(), "disk.img")
	fresh := func() { tool(t, nil, "cp", "--sparse=always", installed, o.Disk) }
	fresh()
	p = Boot(t, o)
	p.untilSlot(slow, 0, "B")
	p.servers()
	p.untilTold(slow, "The new firmware 0.2.0 works and stays.")
	whole := time.Since(p.Started)
	p.Kill()
	for i := range *cuts {
		fresh()
		after := time.Duration(random.Int64N(int64(whole)))
		p = Boot(t, o)
		go func() { // without servers it would not be marked for minutes
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			if agent, err := p.Machine.Agent(ctx); err == nil {
				_, _ = agent.Stream(ctx, nil, guest.Request{Args: []string{build.TestMount + "/far"}})
			}
		}()
		time.Sleep(after)
		p.Kill()
		p = Boot(t, o)
		slot := p.untilUp()
		order, a, b := p.order()
		t.Logf("cut %d after %v of about %v: slot %s, order %s, tries %s %s", i+1, after.Round(10*time.Millisecond), whole.Round(time.Second), slot, order, a, b)
		p.sound(slot)
		p.Kill()
	}
}

// quietNet is a network in which nobody speaks unasked: QEMU's own router would
// send advertisements of IPv6 to U-Boot.
const quietNet = "user,ipv6=off"

// long skips a test that restarts a phone often, unless it was asked for.
func long(t *testing.T) {
	t.Helper()
	if *cuts == 0 {
		t.Skip("SKIPPED: many restarts; -cuts 10 runs it, each cut takes about a minute")
	}
}

// cutOptions are those of a phone with servers in itself and a bundle at hand.
func cutOptions(t *testing.T) Options {
	t.Helper()
	work := Workshop(t)
	far := filepath.Join(t.TempDir(), "far")
	if err := work.Program(t.Context(), "./scripts/emulate/far", far); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Image: Image(t, build.Spec{Factory: map[string]string{"settings.conf": guest.Settings()}}), UBoot: true,
		Tests: map[string]string{"far": far, "good": bundle{version: "0.2.0"}.make(t)},
		Tune:  func(c *machine.Config) { c.Net = quietNet },
	}
	o.Disk = filepath.Join(t.TempDir(), "disk.img")
	if err := o.Image.Copy(t.Context(), o.Disk); err != nil {
		t.Fatal(err)
	}
	return o
}

// untilUp waits until the phone is up, whatever slot it is, and phoned answers.
func (p *Phone) untilUp() (slot string) {
	p.T.Helper()
	p.Until(slow, "the phone is up", func() bool {
		slot = p.slot()
		return slot != ""
	})
	p.State()
	return slot
}

// sound fails the test unless what runs is whole: the firmware of its slot, and
// settings as they were before or after a change.
func (p *Phone) sound(slot string) {
	p.T.Helper()
	want := map[string]string{"A": "VERSION=0.1.0", "B": "VERSION=0.2.0"}[slot]
	if release := p.Shell("cat /etc/phone-release"); !strings.Contains(release, want) {
		p.T.Errorf("slot %s has %s", slot, release)
	}
	if _, err := p.Try("test ! -e /run/data-volatile"); err != nil {
		p.T.Error("the data partition could not be mounted")
	}
	volume := regexp.MustCompile(`HandFree Ring Vol *:([0-9])`).FindAllStringSubmatch(p.kept(), -1)
	if len(volume) == 0 {
		p.T.Errorf("the volume that was set is lost: %q", p.kept())
	}
	if log, _ := p.Try("logread | grep -E 'kept settings|can not be used|load settings'"); log != "" {
		p.T.Errorf("the settings are damaged: %s", log)
	}
	if out := p.Shell("cat /run/fsck.log"); strings.Contains(out, "UNEXPECTED INCONSISTENCY") {
		p.T.Errorf("the data partition is damaged:\n%s", out)
	}
	p.T.Logf("fsck: %s", fmt.Sprintf("%.200s", strings.ReplaceAll(p.Shell("cat /run/fsck.log"), "\n", " / ")))
}
