package gpio

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"phoned/hw"
	"phoned/hw/hwtest"
)

// phoneSim is where the kernel module phone-sim is moved by a test
// (buildroot/board/emulated). The tests here run in the emulated handset.
const phoneSim = "/sys/devices/platform/phone-sim"

func needPhoneSim(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(phoneSim); err != nil {
		t.Skipf("SKIPPED: go run ./scripts/emulate guest-test -virtual PACKAGE runs it on the emulated board (%v)", err)
	}
}

// A simHand moves the emulated board.
type simHand struct {
	t      *testing.T
	keys   *uint64
	screen *hw.Screen
}

func (h simHand) write(file string, n uint64) {
	if err := os.WriteFile(filepath.Join(phoneSim, file), fmt.Appendf(nil, "%#x\n", n), 0); err != nil {
		h.t.Error(err)
	}
}

func (h simHand) read(file string) uint64 {
	b, err := os.ReadFile(filepath.Join(phoneSim, file))
	n, err2 := strconv.ParseUint(string(bytes.TrimSpace(b)), 0, 64)
	if err = errors.Join(err, err2); err != nil {
		h.t.Error(err)
	}
	return n
}

func (h simHand) move(k hw.Key, down bool) {
	for r, row := range layout {
		if c := slices.Index(row, k); c >= 0 {
			bit := uint64(1) << (r*len(row) + c)
			if *h.keys &^= bit; down {
				*h.keys |= bit
			}
		}
	}
	h.write("keys", *h.keys)
}

func (h simHand) Press(k hw.Key) {
	h.move(k, true)
	time.Sleep(fingerTime)
}

func (h simHand) Release(k hw.Key) {
	h.move(k, false)
	time.Sleep(fingerTime)
}

func (h simHand) turn(file string, on bool) {
	var n uint64
	if on {
		n = 1
	}
	h.write(file, n)
	time.Sleep(fingerTime)
}

func (h simHand) Hook(up bool)           { h.turn("hook", up) }
func (h simHand) Headset(in bool)        { h.turn("headset", in) }
func (h simHand) Shows(text string) bool { return seeing{screen: h.screen}.Shows(text) }
func (h simHand) shines(l hw.Lamp) bool  { return h.read("lamps")>>l&1 != 0 }
func (h simHand) Light(l hw.Lamp) hw.Light {
	const every = 10 * time.Millisecond
	time.Sleep(5 * every) // SetLamp does not wait for the line
	last, at, changes := h.shines(l), time.Now(), 0
	for time.Since(at) < slowHalf+200*time.Millisecond {
		time.Sleep(every)
		now := h.shines(l)
		if now == last {
			continue
		}
		if changes++; changes == 2 { // between the two a whole half has passed
			if time.Since(at) < slowHalf/2 {
				return hw.Fast
			}
			return hw.Slow
		}
		last, at = now, time.Now()
	}
	switch {
	case changes != 0:
		return hw.Light(99)
	case last:
		return hw.On
	}
	return hw.Off
}

// simConfig is the emulated board, whose lamps are all active high.
func simConfig() Config {
	cfg := config()
	for i := range cfg.Lamps {
		cfg.Lamps[i].ActiveLow = false
	}
	return cfg
}

// openSim opens the panel of the emulated board, at rest.
func openSim(t *testing.T, cfg Config) (*Panel, simHand) {
	t.Helper()
	needPhoneSim(t)
	h := simHand{t, new(uint64), &hw.Screen{}}
	h.write("keys", 0)
	h.write("hook", 0)
	h.write("headset", 0)
	p, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Close()
		h.write("keys", 0)
		h.write("hook", 0)
		h.write("headset", 0)
	})
	time.Sleep(fingerTime)
	return p, h
}

// The real lines of the kernel pass the tests of every board.
func TestPhoneSim(t *testing.T) {
	needPhoneSim(t)
	hwtest.Test(t, func(t *testing.T) (hw.Board, hwtest.Hand) {
		p, h := openSim(t, simConfig())
		return board{p, h.screen}, h
	})
}

// How long a key takes to the phone, from the copper on; and while nothing is
// pressed, the program does nothing.
func TestPhoneSimIsQuick(t *testing.T) {
	p, h := openSim(t, simConfig())
	var all []time.Duration
	for _, row := range layout {
		for _, k := range row {
			if k == hw.NoKey {
				continue
			}
			begin := time.Now()
			h.move(k, true)
			if in := <-p.Inputs(); in != (hw.Input{Kind: hw.Press, Key: k}) {
				t.Fatalf("pressed %s, told %v", k, in)
			}
			all = append(all, time.Since(begin))
			h.Release(k)
			if in := <-p.Inputs(); in != (hw.Input{Kind: hw.Release, Key: k}) {
				t.Fatalf("released %s, told %v", k, in)
			}
		}
	}
	slices.Sort(all)
	t.Logf("%d keys: press to input %v at best, %v in the middle, %v at worst", len(all), all[0], all[len(all)/2], all[len(all)-1])
	if all[len(all)/2] > 40*time.Millisecond {
		t.Error("keys are slow")
	}

	used := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	cost := func(what string, d time.Duration) time.Duration {
		runtime.GC()
		before := used()
		time.Sleep(d)
		n := used() - before
		t.Logf("%s: %v of the processor in %v", what, n, d)
		return n
	}
	idle := cost("at rest", 5*time.Second)
	h.Press(hw.Key5)
	cost("a key is down", 5*time.Second)
	h.Release(hw.Key5)
	if idle > 50*time.Millisecond {
		t.Error("rest costs too much")
	}
}

// Keys as fast as a hand can: none is lost, none is told twice.
func TestPhoneSimManyKeys(t *testing.T) {
	p, h := openSim(t, simConfig())
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		k := layout[r.IntN(6)][r.IntN(4)]
		h.move(k, true)
		time.Sleep(45 * time.Millisecond)
		h.move(k, false)
		time.Sleep(45 * time.Millisecond)
		for _, kind := range []hw.InputKind{hw.Press, hw.Release} {
			select {
			case in := <-p.Inputs():
				if in != (hw.Input{Kind: kind, Key: k}) {
					t.Fatalf("tap %d of %s, told %v", i, k, in)
				}
			case <-time.After(time.Second):
				t.Fatalf("tap %d of %s was lost", i, k)
			}
		}
	}
}

// On the copper of the module a ghost is no key either.
func TestPhoneSimGhost(t *testing.T) {
	p, h := openSim(t, simConfig())
	h.Press(hw.Key1)
	h.Press(hw.Key3)
	wantInputs(t, p, hw.Input{Kind: hw.Press, Key: hw.Key1}, hw.Input{Kind: hw.Press, Key: hw.Key3},
		hw.Input{Kind: hw.Long, Key: hw.Key1}, hw.Input{Kind: hw.Long, Key: hw.Key3})
	h.Press(hw.Key7)
	wantInputs(t, p)
	h.Release(hw.Key3)
	wantInputs(t, p, hw.Input{Kind: hw.Release, Key: hw.Key3}, hw.Input{Kind: hw.Press, Key: hw.Key7}, hw.Input{Kind: hw.Long, Key: hw.Key7})
}

// A stuck key hides none of its row or column on real lines.
func TestPhoneSimStuckKey(t *testing.T) {
	cfg := simConfig()
	cfg.Keypad.Stuck = 500 * time.Millisecond
	p, h := openSim(t, cfg)
	h.Press(hw.Key5)
	wantInputs(t, p, hw.Input{Kind: hw.Press, Key: hw.Key5}, hw.Input{Kind: hw.Release, Key: hw.Key5},
		hw.Input{Kind: hw.Fault, Key: hw.Key5, Text: "Key 5 seems to be stuck."})
	for _, k := range []hw.Key{hw.Key2, hw.Key6, hw.Key0, hw.KeySoft1} {
		h.Press(k)
		time.Sleep(fingerTime)
		h.Release(k)
		wantInputs(t, p, hw.Input{Kind: hw.Press, Key: k}, hw.Input{Kind: hw.Release, Key: k})
	}
	h.Release(hw.Key5)
	time.Sleep(time.Second)
	wantInputs(t, p, hw.Input{Kind: hw.Fault})
}

// The errors of Open name the line, and who has it.
func TestPhoneSimErrors(t *testing.T) {
	p, _ := openSim(t, simConfig())
	fails := func(change func(*Config), words ...string) {
		t.Helper()
		cfg := simConfig()
		change(&cfg)
		other, err := Open(cfg)
		if err == nil {
			_ = other.Close()
			t.Errorf("opened; want %q", words)
			return
		}
		t.Log(err)
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not tell %q", err, w)
			}
		}
	}
	fails(func(*Config) {}, "line ROW0", "phone-sim", "line 0", `belongs to "phoned" already`)
	_ = p.Close()
	fails(func(c *Config) { c.Hook.Line, c.Lamps[1].Line = "CRADLE", "LAMP99" }, "CRADLE", "LAMP99", "phone-sim")
	fails(func(c *Config) { c.Chip = "gpio-nowhere" }, "there is no GPIO chip gpio-nowhere", "phone-sim")

	// A line can be called by its number, and looked for on every chip.
	cfg := simConfig()
	cfg.Chip, cfg.Hook.Line = "", "phone-sim:12"
	other, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_ = other.Close()
}
