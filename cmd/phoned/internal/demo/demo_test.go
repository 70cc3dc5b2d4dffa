package demo

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/config"
	"phoned/sip/siptest"
)

func start(t *testing.T) *Demo {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d, err := Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		d.close() // waits
	})
	return d
}

// ask sends an OPTIONS to a server and returns the answer's status, 0 = none.
func ask(t *testing.T, d *Demo, n int) int {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(d.Server(n)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	here := c.LocalAddr().String()
	_, _ = c.Write([]byte("OPTIONS sip:" + d.Server(n).String() + " SIP/2.0\r\nVia: SIP/2.0/UDP " + here + ";rport;branch=z9hG4bK" + here +
		"\r\nFrom: <sip:test@" + here + ">;tag=1\r\nTo: <sip:" + d.Server(n).String() + ">\r\nCall-ID: " + here + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
	b := make([]byte, 1500)
	if err := c.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	k, err := c.Read(b)
	if err != nil {
		return 0
	}
	return siptest.Parse(b[:k]).Status
}

func TestTheButtonsDoWhatTheySay(t *testing.T) {
	d := start(t)
	for _, step := range []struct {
		key  rune
		want [2]int // status of each server; 0 = no answer
		says string
	}{
		{'v', [2]int{200, 200}, "in service"},
		{'c', [2]int{0, 200}, "stopped"},
		{'E', [2]int{0, 503}, "answers 503"},
		{'w', [2]int{0, 503}, "silent"},
		{'v', [2]int{200, 503}, "in service"},
		{'V', [2]int{200, 200}, "in service"},
	} {
		d.Key(step.key)
		if got := [2]int{ask(t, d, 1), ask(t, d, 2)}; got != step.want {
			t.Errorf("after %c the servers answer %v, want %v", step.key, got, step.want)
		}
		if panel := strings.Join(d.Lines(), "\n"); !strings.Contains(panel, step.says) {
			t.Errorf("after %c the panel does not say %q:\n%s", step.key, step.says, panel)
		}
	}
	if panel := strings.Join(d.Lines(), "\n"); !strings.Contains(panel, "OPTIONS") || !strings.Contains(panel, "200 OK") {
		t.Errorf("the panel does not show what passed:\n%s", panel)
	}
}

func TestTwoDemosRunSideBySide(t *testing.T) {
	first, second := start(t), start(t)
	if first.Server(1) == second.Server(1) {
		t.Error("both on the same port")
	}
	if ask(t, first, 1) != 200 || ask(t, second, 1) != 200 {
		t.Error("one of them does not answer")
	}
}

func TestTheSettingsAreGood(t *testing.T) {
	d := start(t)
	f, err := config.ParseChecked(d.Settings())
	if err != nil {
		t.Fatal(err)
	}
	if unknown := f.Unknown(); len(unknown) > 0 {
		t.Errorf("settings nobody knows: %v", unknown)
	}
}
