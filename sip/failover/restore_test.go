package failover

import (
	"testing"
	"time"
)

// A snapshot comes from a file that a user has sent: one that names a server
// the line does not have is refused, before it does harm.
func TestSnapshotOfAnotherLine(t *testing.T) {
	cfg := testConfig(2)
	for name, change := range map[string]func(*Line){
		"active":      func(l *Line) { l.active = 2 },
		"pass":        func(l *Line) { l.pass.at = 7 },
		"transaction": func(l *Line) { l.txs[0].server = -1 },
		"request":     func(l *Line) { l.requests[0].first = 2 },
		"order":       func(l *Line) { l.order[1] = 3 },
	} {
		p := registered(cfg)
		p.at(time.Second, Event{Kind: Dial, ID: 1})
		if _, err := Restore(cfg, p.AppendState(nil)); err != nil {
			t.Fatalf("%s: before the change: %v", name, err)
		}
		change(p.Line)
		if _, err := Restore(cfg, p.AppendState(nil)); err == nil {
			t.Errorf("%s: a server that is not there was taken", name)
		}
	}
}

// One that was damaged on the way is refused, whatever byte it is.
func TestDamagedSnapshot(t *testing.T) {
	p := registered(testConfig(2))
	state := p.AppendState(nil)
	for i := range state {
		state[i] ^= 0x40
		if _, err := Restore(testConfig(2), state); err == nil {
			t.Errorf("byte %d of %d was changed and nobody has seen it", i, len(state))
		}
		state[i] ^= 0x40
	}
	if _, err := Restore(testConfig(2), state[:len(state)-1]); err == nil {
		t.Error("a snapshot without its end was taken")
	}
}
