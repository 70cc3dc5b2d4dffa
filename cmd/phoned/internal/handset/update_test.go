//go:build linux

package handset

import (
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
)

// An update as its owner lives it: bundles that are not for this phone are refused
// in words; the right one is installed while a call is up and does not disturb it;
// after the call the phone restarts in the other slot, registers, and the firmware
// stays. Then one whose kernel does not start: the phone comes back by itself.
func TestAnUpdate(t *testing.T) {
	w := newWorld(t)
	p := Boot(t, Options{Image: w.image, Plug: &w.plug, UBoot: true, Tests: map[string]string{
		"good":    bundle{version: "0.2.0"}.make(t),
		"cut":     bundle{version: "0.2.0", cut: true}.make(t),
		"other":   bundle{version: "0.2.0", compatible: "phone-other"}.make(t),
		"foreign": bundle{version: "0.2.0", foreign: true}.make(t),
		"kernel":  bundle{version: "0.3.0", kernel: true}.make(t),
	}})
	p.untilSlot(slow, 0, "A")
	p.UntilAt(patience, w.s1)
	p.untilService()

	ok := t.Run("bundles that are refused change nothing", func(t *testing.T) {
		before := p.slotB()
		order, _, _ := p.order()
		for name, words := range map[string]string{
			"foreign": "not signed by a key that this phone trusts",
			"other":   "made for another kind of phone",
			"cut":     "damaged or no firmware",
		} {
			told, ok := p.install(name)
			if ok || !strings.Contains(told, words) {
				t.Errorf("%s: %q, want: %s", name, told, words)
			}
		}
		if after := p.slotB(); after != before {
			t.Error("slot B has changed")
		}
		if after, _, _ := p.order(); after != order {
			t.Errorf("the order of the slots was %s and is %s", order, after)
		}
	})

	// What the owner has set stays.
	p.Press("volume+", "volume+")
	p.Until(10*time.Second, "the volume is kept", func() bool { return p.kept() != "" })
	settings := p.kept()

	mark := p.Serial.Mark()
	ok = ok && t.Run("a call goes on while it is installed", func(t *testing.T) {
		p.Lift(true)
		p.UntilState(15*time.Second, "the dial tone", func(s lab.State) bool { return s.Sound == "dial" })
		p.Press("2", "0", "0", "#")
		p.UntilCall(15*time.Second, "up")
		if told, ok := p.install("good"); !ok || !strings.Contains(told, "Firmware 0.2.0 is installed. The phone restarts as soon as there is no call.") {
			t.Fatalf("not installed: %q", told)
		}
		if s := p.State(); s.Call != "up" {
			t.Errorf("the call is %s", s.Call)
		}
		if slot := p.slot(); slot != "A" {
			t.Errorf("slot %s runs in the middle of the call", slot)
		}
		p.Lift(false)
	})
	if !ok {
		return
	}
	p.untilSlot(slow, mark, "B")
	p.UntilAt(patience, w.s1)
	p.untilTold(30*time.Second, "The new firmware 0.2.0 works and stays.")
	if order, _, b := p.order(); order != "B A" || b != "3" {
		t.Errorf("the order is %s with %s tries for B, want B A with 3", order, b)
	}
	if got := p.kept(); got != settings {
		t.Errorf("the settings were %q and are %q", settings, got)
	}
	if release := p.Shell("cat /etc/phone-release"); !strings.Contains(release, "VERSION=0.2.0") {
		t.Errorf("what runs is %s", release)
	}
	t.Logf("idle:\n%s", p.Shell(`for n in rauc dbus-daemon; do for i in $(pidof $n); do echo $n $(grep VmRSS /proc/$i/status); done; done`))

	t.Run("a kernel that does not start", func(t *testing.T) {
		mark := p.Serial.Mark()
		if told, ok := p.install("kernel"); !ok {
			t.Fatalf("not installed: %q", told)
		}
		p.untilSlot(slow, mark, "B")
		if n := strings.Count(p.Serial.Text(), "Slot A does not start."); n != 3 {
			t.Errorf("slot A was tried %d times, want 3", n)
		}
		p.untilTold(30*time.Second, "The new firmware 0.3.0 did not start up. The phone runs 0.2.0 again.")
		p.UntilAt(patience, w.s1)
	})
}

// kept is what is kept of the owner's settings.
func (p *Phone) kept() string {
	p.T.Helper()
	out, _ := p.Try("cat /data/phone/settings.0 /data/phone/settings.1 2>/dev/null")
	return out
}
