package codec

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"phoned/hw"
)

// phoneSim is where the emulated handset's kernel module shows its codec.
const phoneSim = "/sys/devices/platform/phone-sim"

// TestEmulatedCodec drives the codec of the emulated handset through the
// kernel's I2C. It runs inside the emulator only, with phoned stopped.
func TestEmulatedCodec(t *testing.T) {
	if _, err := os.Stat(phoneSim); err != nil {
		t.Skip("SKIPPED: go run ./scripts/emulate guest-test -virtual PACKAGE runs it on the emulated board: ", err)
	}
	bus, err := OpenBus("phone-sim codec bus")
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	if err := bus.Tx(0x1b, []byte{0, 0}, nil); err == nil || !strings.Contains(err.Error(), "no acknowledgement from 0x1b") {
		t.Errorf("a chip that is not there: %v", err)
	}
	told := make(chan string, 100)
	start := time.Now()
	codec, err := OpenChip(bus, deskPhone, func(text string) { told <- text })
	if err != nil {
		t.Fatal(err)
	}
	untilHeard(t, deskPhoneHears[hw.RouteHandset], 5*time.Second)
	t.Logf("from nothing to the handset: %v", time.Since(start).Round(time.Millisecond))

	for _, r := range []hw.Route{hw.RouteSpeaker, hw.RouteHeadset, hw.RouteHandset} {
		start := time.Now()
		codec.SetRoute(r)
		untilHeard(t, deskPhoneHears[r], 3*time.Second)
		t.Logf("to the %s: %v", r, time.Since(start).Round(time.Millisecond))
	}
	silent := deskPhoneHears[hw.RouteHandset]
	silent.mouth, silent.mouthDB = "", 0
	codec.SetMute(true)
	untilHeard(t, silent, 3*time.Second)
	codec.SetMute(false)
	untilHeard(t, deskPhoneHears[hw.RouteHandset], 3*time.Second)

	// A wire that breaks, and a wish in the meantime.
	poke(t, "nack", "1")
	codec.SetRoute(hw.RouteSpeaker)
	if text := hear(t, told); !strings.HasPrefix(text, "The sound chip does not answer (i2c-") || !strings.Contains(text, "no acknowledgement from 0x1a") {
		t.Errorf("the owner was told %q", text)
	}
	poke(t, "codec", "1") // it forgot everything
	poke(t, "nack", "0")
	if text := hear(t, told); text != "" {
		t.Errorf("the owner was told %q, want that it is well", text)
	}
	untilHeard(t, deskPhoneHears[hw.RouteSpeaker], 3*time.Second)

	// A power dip that nobody saw.
	poke(t, "codec", "1")
	untilHeard(t, deskPhoneHears[hw.RouteSpeaker], renewEvery+3*time.Second)

	if err := codec.Close(); err != nil {
		t.Error(err)
	}
	if p := inside(t).reg[0x19]; p != 0 {
		t.Errorf("R25 is %03x after Close", p)
	}
	if len(told) != 0 {
		t.Errorf("the owner was told %q too", <-told)
	}
}

// untilHeard waits for a way of the voice through the emulated chip.
func untilHeard(t *testing.T, want heard, patience time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		got := inside(t).hears()
		if got == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the chip connects %+v, want %+v", got, want)
		}
	}
}

func hear(t *testing.T, told <-chan string) string {
	t.Helper()
	select {
	case text := <-told:
		return text
	case <-time.After(2 * longestWait):
		t.Fatal("the owner was told nothing")
	}
	return ""
}

func poke(t *testing.T, file, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(phoneSim, file), []byte(value), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inside is a fakeChip with the registers of the emulated one, whose volumes
// count at once.
func inside(t *testing.T) *fakeChip {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(phoneSim, "codec"))
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(float64(deskPhone.MCLK))
	for i, word := range strings.Fields(string(text)) {
		v, err := strconv.ParseUint(word, 16, 9)
		if err != nil {
			t.Fatal(fmt.Errorf("register %d of the emulated codec: %w", i, err))
		}
		f.reg[byte(i)] = uint16(v)
		if _, ok := volumes[byte(i)]; ok {
			f.effective[byte(i)] = uint16(v)
		}
	}
	return f
}
