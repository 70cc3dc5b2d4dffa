//go:build linux

package handset

import (
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
)

// Processes that are killed in the middle of a call: without its media process
// the phone makes the sound come back; without phoned itself the call is lost, the
// owner gets a working phone back, and the far side is not left hanging for long.
func TestProcessesAreKilledInACall(t *testing.T) {
	w := newWorld(t)
	p := w.boot(t, nil)
	p.UntilAt(patience, w.s1)
	p.Dial("200")
	p.UntilCall(15*time.Second, "up")

	media := p.media()
	p.Shell("kill -9 " + media)
	p.Until(15*time.Second, "a new media process", func() bool {
		now := p.media()
		return now != "" && now != media
	})
	if s := p.State(); s.Call != "up" {
		t.Errorf("without its media process for a moment the call is %s", s.Call)
	}
	before := w.far.Arrived(w.plug.Node()).Length()
	p.Until(10*time.Second, "voice again", func() bool {
		return w.far.Arrived(w.plug.Node()).Length() > before+time.Second
	})

	phoned := p.phoned()
	died := time.Now()
	p.Shell("kill -9 " + phoned)
	p.Lift(false)
	p.Until(30*time.Second, "phoned again", func() bool {
		now := p.phoned()
		return now != "" && now != phoned
	})
	p.Until(patience, "a REGISTER of the new phoned", func() bool {
		return len(w.s1.Capture.Requests("REGISTER").After(died)) > 0
	})
	p.UntilState(patience, "registered again", func(s lab.State) bool { return s.Registered })
	t.Logf("registered %v after the kill", time.Since(died).Round(100*time.Millisecond))
}

// media is the number of the media process, "" if there is none.
func (p *Phone) media() string {
	p.T.Helper()
	return p.process("-media")
}

// phoned is the number of the control process, "" if there is none.
func (p *Phone) phoned() string {
	p.T.Helper()
	return p.process("-board")
}

// process is the number of the phoned whose first argument is this.
func (p *Phone) process(first string) string {
	p.T.Helper()
	out, _ := p.Try(`for p in $(pidof phoned); do [ "$(tr '\0' '\n' <"/proc/$p/cmdline" | sed -n 2p)" = "` + first + `" ] && echo "$p"; done`)
	return out
}

// A phoned that hangs, alive but doing nothing: nobody feeds the watchdog, and the
// phone starts anew.
func TestTheWatchdogResetsAFrozenPhone(t *testing.T) {
	w := newWorld(t)
	p := w.boot(t, nil)
	p.UntilAt(patience, w.s1)
	frozen := time.Now()
	p.Shell("kill -STOP " + p.phoned())
	p.agent = nil
	p.Until(2*time.Minute, "the watchdog's reset", func() bool {
		out, err := p.Try("cat /proc/uptime")
		p.agent = nil
		return err == nil && fields(t, out)[0] < time.Since(frozen)
	})
	t.Logf("up again %v after it froze", time.Since(frozen).Round(time.Second))
	p.Until(patience, "a REGISTER after the reset", func() bool {
		return len(w.s1.Capture.Requests("REGISTER").After(frozen.Add(10*time.Second))) > 0
	})
}
