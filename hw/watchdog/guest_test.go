package watchdog

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"
)

// TestEmulatedWatchdog uses the watchdog of the emulated handset as the kernel
// shows it. It runs inside the emulator only, with phoned stopped.
func TestEmulatedWatchdog(t *testing.T) {
	if _, err := os.Stat("/sys/devices/platform/phone-sim"); err != nil {
		t.Skip("SKIPPED: go run ./scripts/emulate guest-test -virtual PACKAGE runs it on the emulated board: ", err)
	}
	const device, shown = "/dev/watchdog", "/sys/class/watchdog/watchdog0/"
	if _, err := os.Stat(device); err != nil {
		t.Skip("this emulated handset has no watchdog: ", err)
	}
	var log strings.Builder
	w := Open(Options{Device: device, Timeout: 20 * time.Second, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if !strings.Contains(log.String(), "timeout=20s") || strings.Contains(log.String(), "error") {
		t.Fatalf("logged %s", log.String())
	}
	state := func() string {
		text, err := os.ReadFile(shown + "state")
		if err != nil {
			t.Log("the kernel does not show its watchdogs: ", err)
			return ""
		}
		return strings.TrimSpace(string(text))
	}
	if s := state(); s != "" && s != "active" {
		t.Errorf("the watchdog is %s while it is fed", s)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if s := state(); s != "" && s != "inactive" {
		t.Errorf("the watchdog is %s after Close", s)
	}
}
