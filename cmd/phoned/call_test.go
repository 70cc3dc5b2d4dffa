package main

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"phoned/cmd/phoned/internal/demo"
)

// From the settings file to the goodbye: the phone registers at its primary,
// tells so on the control socket, calls, and at SIGTERM ends the call and
// unregisters, leaving no process, no socket and no registration.
func TestProgramLives(t *testing.T) {
	d, file := servers(t)
	p := launch(t, "-config", file)
	w := p.watch()
	m := w.until("registration", field("registered", true))
	if m["server"] != d.Server(1).String() || m["call"] != "idle" {
		t.Errorf("registered: %v", m)
	}
	if !d.Status(1).Registered {
		t.Error("the server does not know the phone")
	}
	w.send(`{"do":"hook","up":true}`)
	w.press("6", "0", "0", "send")
	w.until("ringing", field("call", "ringing"))
	w.until("an answer", field("call", "up"))
	p.stop(syscall.SIGTERM)
	if d.Status(1).Registered {
		t.Error("the phone is still registered after its end")
	}
	seen := d.Status(1).Seen
	if !slices.ContainsFunc(seen, func(s demo.Seen) bool { return !s.Sent && strings.HasPrefix(s.Text, "BYE") }) {
		t.Errorf("no BYE at the end; the server saw %v", seen)
	}
}

// The demo runs without a terminal, says so, and moves a phone to the backup.
func TestProgramDemo(t *testing.T) {
	p := launch(t, "-demo")
	w := p.watch()
	w.until("registration", field("registered", true))
	w.send(`{"do":"hook","up":true}`)
	w.press("6", "0", "0", "send")
	w.until("an answer", field("call", "up"))
	w.send(`{"do":"hook","up":false}`)
	w.until("the end", field("call", "idle"))
	if log := p.log(); !strings.Contains(log, "no terminal here") || !strings.Contains(log, p.socket) {
		t.Errorf("the demo does not tell how it is reached: %s", log)
	}
	p.stop(syscall.SIGTERM)
}

// A sound device that does not exist is refused at the start, not in a call.
func TestProgramWithoutSuchASound(t *testing.T) {
	_, file := servers(t)
	p := launch(t, "-config", file, "-audio", "trumpet")
	if status := p.wait(); status != 1 || !strings.Contains(p.log(), "trumpet") {
		t.Errorf("exit status %d: %s", status, p.log())
	}
}
