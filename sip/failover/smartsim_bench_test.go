package failover

import (
	"fmt"
	"testing"
	"time"
)

// smartLines are lines that keep everything a smart one does going: refreshes,
// keep-alives, warm or standing by backups, calls, servers that fall silent and
// come back, questions and what other lines tell.
type smartLines struct {
	lines []*Line
	at    []time.Duration // of each line: now
	calls []ID
	buf   []Action
	turn  int
	steps int
}

func newSmartLines(n int, standby bool) *smartLines {
	b := &smartLines{at: make([]time.Duration, n), calls: make([]ID, n), buf: make([]Action, 0, 256)}
	for i := range n {
		cfg := testConfig(2)
		cfg.Smart, cfg.Standby = true, standby
		cfg.KeepAlive, cfg.KeepAliveEvery = OptionsAlive, 30*time.Second
		cfg.FailbackInterval = 60 * time.Second
		cfg.Device = uint32(i) << 20
		b.lines = append(b.lines, New(cfg, uint64(i)))
		b.step(i, Event{Kind: Start}, false)
	}
	return b
}

// next takes the next line one wait further.
func (b *smartLines) next() {
	i := b.turn % len(b.lines)
	b.turn++
	l := b.lines[i]
	round := b.turn / len(b.lines)
	dead := round/64%2 == 1 // the primary, half of the time
	b.at[i] = min(l.Deadline(), b.at[i]+time.Minute)
	b.step(i, Event{}, dead)
	switch round % 16 {
	case 3:
		b.calls[i]++
		b.step(i, Event{Kind: Dial, ID: b.calls[i]}, dead)
	case 11:
		b.step(i, Event{Kind: Hangup, ID: b.calls[i]}, dead)
		b.step(i, Event{Kind: Bye, ID: b.calls[i], Server: int8(l.Active())}, dead)
	}
}

// step tells a line an event and answers what it sends, unless its server is
// dead.
func (b *smartLines) step(i int, e Event, dead bool) {
	l, now := b.lines[i], b.at[i]
	b.buf = l.Step(now, e, b.buf[:0])
	b.steps++
	for j := 0; j < len(b.buf); j++ {
		a := b.buf[j]
		gone := dead && a.Server == 0
		switch {
		case a.Kind == Send && a.Purpose != ForPing && !gone:
			b.buf = l.Step(now, Event{Kind: Response, Tx: a.Tx, Status: 200, Expires: a.Expires, Tagged: true}, b.buf)
		case a.Kind == Probe && !gone:
			b.buf = l.Step(now, Event{Kind: Health, Server: a.Server}, b.buf)
		case a.Kind == Probe:
			b.buf = l.Step(now, Event{Kind: Health, Server: a.Server, Cause: Silence}, b.buf)
		default:
			continue
		}
		b.steps++
	}
}

// A smart line allocates nothing after New either.
func TestSmartAllocatesNothing(t *testing.T) {
	for _, standby := range []bool{false, true} {
		b := newSmartLines(3, standby)
		for range 2000 {
			b.next()
		}
		if got := testing.AllocsPerRun(20_000, b.next); got != 0 {
			t.Errorf("standby %v: %v allocations a step", standby, got)
		}
	}
}

// BenchmarkSmart is one wait of one of so many smart lines, with all that comes
// of it.
func BenchmarkSmart(b *testing.B) {
	for _, n := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("lines=%d", n), func(b *testing.B) {
			s := newSmartLines(n, false)
			for range 1000 * n {
				s.next()
			}
			s.steps = 0
			b.ReportAllocs()
			for b.Loop() {
				s.next()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(s.steps), "ns/step")
		})
	}
}
