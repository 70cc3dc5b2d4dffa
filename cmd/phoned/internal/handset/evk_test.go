//go:build linux

package handset

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/machine"
)

// An evk is the phone on QEMU's i.MX6UL EVK: the true drivers of that processor
// for GPIO, I2C, SD card, both Ethernets and watchdog, and a hand on its pins.
type evk struct {
	*Phone
	*world
	pins   *machine.Pins
	second lab.Plug // of its other Ethernet
}

// bootEVK starts the EVK with cables in both its Ethernets, in a network with one
// Kamailio and baresip as the number 200. The image is in memory: kernel and
// initramfs are what the machine is started with. Tune may change the machine.
func bootEVK(t *testing.T, tune func(*machine.Config)) evk {
	t.Helper()
	shop := Workshop(t)
	l := lab.New(t, "kamailio", "baresip", "dnsmasq")
	w := &world{Lab: l, s1: l.Node("s1"), far: l.Node("far"), plug: l.Plug()}
	e := evk{world: w, second: l.Plug()}
	l.Node("dhcp").NameServer(l.Leases(w.plug, e.second)...)
	w.baresip = w.far.Baresip(lab.BaresipConfig{User: "200", Tone: 440})
	w.k1 = w.s1.Kamailio(lab.KamailioConfig{Numbers: map[string]*lab.Node{"200": w.far}, AuthCalls: true})
	board, err := os.ReadFile("testdata/evk.toml")
	if err != nil {
		t.Fatal(err)
	}
	w.image = Image(t, build.Spec{Files: map[string]string{
		"etc/phoned/board.toml":    string(board),
		"etc/phoned/keep.conf":     "board=/etc/phoned/board.toml\naudio=\ncaps=\n",
		"etc/phoned/defaults.conf": lab.Settings([]lab.Line{{Domain: "lab.test", Primary: w.s1}}),
		"etc/modules":              "snd-aloop\n",
	}})
	k, err := shop.Kernel(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e.Phone = Boot(t, Options{Image: w.image, Virtual: true, Tune: func(c *machine.Config) {
		c.Board, c.QTest, c.Ear, c.Virtual = machine.EVK, true, "", false
		c.Append, c.DTB = build.EVKAppend, k.DeviceTree()
		c.Space, c.Tap, c.MAC = w.plug.Space, w.plug.Tap, w.plug.MAC.String()
		c.Tap2, c.MAC2 = e.second.Tap, e.second.MAC.String()
		if tune != nil {
			tune(c)
		}
		tree := filepath.Join(c.Dir, "evk.dtb")
		if err := shop.EVKTree(t.Context(), c.DTB, tree); err != nil {
			t.Fatal(err)
		}
		c.DTB = tree
	}})
	e.pins, err = e.Pins(t.Context())
	e.must(err)
	return e
}

// press presses keys of the matrix on the pins.
func (e evk) press(keys ...string) {
	e.T.Helper()
	e.must(e.pins.Press(300*time.Millisecond, keys...))
}

// From the power to a call on the drivers of the i.MX6UL, and what they do on the
// way.
func TestTheEVK(t *testing.T) {
	if os.Getenv("HANDSET_EVK") == "" {
		t.Skip("SKIPPED: HANDSET_EVK=1 runs it; keys pressed through the pins are sometimes lost while the emulator is slow")
	}
	e := bootEVK(t, nil)
	e.UntilAt(2*patience, e.s1)
	es := e.s1.Capture.Requests("REGISTER")
	t.Logf("registered %v after the power", es[len(es)-1].At.Sub(e.Started).Round(10*time.Millisecond))

	t.Run("two Ethernets", func(t *testing.T) {
		for _, plug := range []lab.Plug{e.plug, e.second} {
			e.Until(patience, "an Ethernet has "+plug.Addr.String(), func() bool {
				return strings.Contains(e.Shell("ip -o -4 addr"), plug.Addr.String()+"/")
			})
		}
	})
	t.Run("the codec takes its registers over I2C", func(t *testing.T) {
		// An interrupt for each byte, and nobody who complains.
		out := e.Shell("grep 21a4000.i2c /proc/interrupts")
		t.Log(out)
		if n, err := strconv.Atoi(strings.Fields(out)[1]); err != nil || n < 40 {
			t.Errorf("i2c-imx has moved %d bytes: %v", n, err)
		}
		if out, err := e.Try("logread | grep -i codec"); err == nil {
			t.Errorf("phoned says of the codec: %s", out)
		}
	})
	t.Run("keys of the matrix dial", func(t *testing.T) {
		e.must(e.pins.Lift(true))
		e.press("2", "0", "0", "#")
		e.UntilCall(20*time.Second, "up")
		if n := len(e.s1.Capture.Requests("INVITE").Branches()); n == 0 {
			t.Error("no INVITE at the server")
		}
		lamps, err := e.pins.Lamps()
		t.Logf("lamps %08b %v", lamps, err)
		e.must(e.pins.Lift(false))
		e.UntilCall(10*time.Second, "idle")
	})
	t.Run("the watchdog resets a frozen phone", func(t *testing.T) {
		frozen := time.Now()
		e.Shell("kill -STOP " + e.phoned())
		e.Until(2*time.Minute, "a REGISTER after the reset", func() bool {
			return len(e.s1.Capture.Requests("REGISTER").After(frozen.Add(5*time.Second))) > 0
		})
		t.Logf("registered again %v after it froze", time.Since(frozen).Round(time.Second))
	})
}
