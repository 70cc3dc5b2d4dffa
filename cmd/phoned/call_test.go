package main

import (
	"os"
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

// The primary server dies, the call goes through the backup, the primary
// returns and the phone goes back while the call stays up: told in this order.
func TestProgramSurvivesItsServer(t *testing.T) {
	d, file := servers(t)
	text := string(d.Settings())
	write(t, file, strings.Replace(text, "SIP1 Failback Interval  :20", "SIP1 Failback Interval  :2", 1))
	if text == string(read(t, file)) {
		t.Fatal("the demo's failback interval has changed")
	}
	p := launch(t, "-config", file, "-lang", "zh")
	w := p.watch()
	w.until("registration", field("registered", true))
	if err := d.Press(1, demo.Stop); err != nil {
		t.Fatal(err)
	}
	w.send(`{"do":"hook","up":true}`)
	w.press("6", "0", "0", "send")
	if m := w.until("the failure of server 1", field("kind", "trying")); m["severity"] != "info" || m["line"] != 1.0 || !strings.Contains(m["text"].(string), "服务器1") {
		t.Errorf("notice %v", m)
	}
	w.until("the move", field("kind", "moved"))
	if m := w.until("an answer", field("call", "up")); m["server"] != d.Server(2).String() {
		t.Errorf("up: %v", m)
	}
	if err := d.Press(1, demo.Return); err != nil {
		t.Fatal(err)
	}
	w.until("the way back", field("kind", "back"))
	m := w.until("server 1", field("server", d.Server(1).String()))
	if m["call"] != "up" || m["registered"] != true {
		t.Errorf("after the failback: %v", m)
	}
	calls, _ := m["calls"].([]any)
	if len(calls) != 1 || calls[0].(map[string]any)["server"] != 2.0 {
		t.Errorf("the call left the server it was set up through: %v", calls)
	}
	w.send(`{"do":"hook","up":false}`)
	w.until("the end", field("call", "idle"))
	p.stop(syscall.SIGTERM)
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

// make run SMART=1: the demo's line knows both its servers before either fails.
func TestProgramSmartDemo(t *testing.T) {
	p := launch(t, "-demo", "-smart")
	w := p.watch()
	w.until("registration", field("registered", true))
	w.send(`{"do":"watch","what":["health"]}`)
	w.until("the backup's health", func(m map[string]any) bool {
		health, _ := m["health"].(map[string]any)
		targets, _ := health["targets"].([]any)
		return len(targets) == 2 && targets[1].(map[string]any)["state"] == "up"
	})
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

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
