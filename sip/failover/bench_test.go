package failover

import (
	"fmt"
	"testing"
	"time"

	"phoned/sip"
)

// answerAll steps l through one Tick and answers what it sends with 200, or not
// at all where dead says so. It returns the number of steps.
func answerAll(l *Line, now time.Duration, dead set, buf *[]Action) int {
	steps := 1
	*buf = l.Step(now, Event{}, (*buf)[:0])
	for i := 0; i < len(*buf); i++ {
		a := (*buf)[i]
		if a.Kind != Send || a.Purpose == ForPing || dead.has(a.Server) {
			continue
		}
		*buf = l.Step(now, Event{Kind: Response, Tx: a.Tx, Status: 200, Expires: a.Expires}, *buf)
		steps++
	}
	return steps
}

// busyLine is a registered line whose primary is dead, with probes, refreshes,
// OPTIONS and calls.
func busyLine(n int) (step func()) {
	cfg := testConfig(n)
	cfg.KeepAlive, cfg.KeepAliveEvery = OptionsAlive, 30*time.Second
	cfg.FailbackInterval = 60 * time.Second
	l := New(cfg, 1)
	buf := make([]Action, 0, 64)
	buf = l.Step(0, Event{Kind: Start}, buf)
	id := ID(0)
	return func() {
		now := l.Deadline()
		answerAll(l, now, 1, &buf)
		if id++; id%8 == 0 {
			for _, k := range []EventKind{Dial, Hangup, Bye} {
				buf = l.Step(now, Event{Kind: k, ID: id, Server: 0}, buf[:0])
			}
		}
	}
}

// Nothing is allocated after New, whatever happens.
func TestNoAllocation(t *testing.T) {
	for _, n := range []int{1, 2, 8} {
		step := busyLine(n)
		for range 100 {
			step()
		}
		if got := testing.AllocsPerRun(5000, step); got != 0 {
			t.Errorf("%d servers: %v allocations a step", n, got)
		}
	}
	w := newWorld(3, 2*time.Hour)
	w.run() // the same over a lossy network: the tables have kept their place
	if got := cap(w.line.txs); got != maxUser+len(w.cfg.Servers)+reserve {
		t.Errorf("the table of transactions has grown to %d", got)
	}
}

// BenchmarkIdle is a registered line with OPTIONS each 30 s and refreshes.
func BenchmarkIdle(b *testing.B) {
	for _, n := range []int{2, 8} {
		b.Run(fmt.Sprintf("servers=%d", n), func(b *testing.B) {
			cfg := testConfig(n)
			cfg.KeepAlive, cfg.KeepAliveEvery = OptionsAlive, 30*time.Second
			l := New(cfg, 1)
			buf := make([]Action, 0, 64)
			buf = l.Step(0, Event{Kind: Start}, buf)
			buf = l.Step(0, Event{Kind: Response, Tx: 1, Status: 200}, buf[:0])
			b.ReportAllocs()
			steps := 0
			for b.Loop() {
				steps += answerAll(l, l.Deadline(), 0, &buf)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
		})
	}
}

// BenchmarkFailover is a whole INVITE failover: four copies to each dead
// server, REGISTER at the last one, the INVITE there and its BYE.
func BenchmarkFailover(b *testing.B) {
	for _, n := range []int{2, 8} {
		b.Run(fmt.Sprintf("servers=%d", n), func(b *testing.B) {
			cfg := testConfig(n)
			l := New(cfg, 1)
			buf := make([]Action, 0, 64)
			buf = l.Step(0, Event{Kind: Start}, buf)
			buf = l.Step(0, Event{Kind: Response, Tx: 1, Status: 200}, buf[:0])
			last := int8(n - 1)
			dead := set(1)<<uint(last) - 1
			now := time.Duration(0)
			b.ReportAllocs()
			steps := 0
			for id := ID(1); b.Loop(); id++ {
				// Back to the primary, then dial with it dead.
				now += 200 * time.Second
				for l.Deadline() < now {
					steps += answerAll(l, l.Deadline(), 0, &buf)
				}
				buf = l.Step(now, Event{Kind: Register}, buf[:0])
				for _, a := range buf {
					if a.Kind == Send {
						buf = l.Step(now, Event{Kind: Response, Tx: a.Tx, Status: 200}, buf)
					}
				}
				buf = l.Step(now, Event{Kind: Dial, ID: id}, buf[:0])
				steps += 3
				for l.Active() != int(last) {
					now = l.Deadline()
					steps += answerAll(l, now, dead, &buf)
				}
				buf = l.Step(now, Event{Kind: Bye, ID: id, Server: last}, buf[:0])
				for _, a := range buf {
					if a.Kind == Send && a.Method == sip.BYE {
						buf = l.Step(now, Event{Kind: Response, Tx: a.Tx, Status: 200}, buf)
					}
				}
				steps += 2
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
		})
	}
}
