package ua

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/siptest"
	"phoned/sip/wire"
)

// fleet is an agent with so many registered lines, without its loop.
func fleet(t testing.TB, lines int) *agent {
	t.Helper()
	net := siptest.NewNet(1)
	machine := net.Machine(phoneAddr)
	w, err := wire.New(wire.Config{
		Port: 5060, ListenPacket: machine.ListenPacket, Listen: machine.Listen, DialContext: machine.DialContext, Source: machine.Source,
		Log: slog.New(slog.DiscardHandler),
	}, ear{newQueue[heard]()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	a := newAgent(Config{Seed: 1}, slog.New(slog.DiscardHandler), func(Event) {})
	a.wire = w
	for n := range lines {
		a.begin(Line{
			Number: n + 1, Enabled: true, User: fmt.Sprint("u", n),
			Failover: failover.Config{
				Servers:  []sip.Server{server(primaryAddr, sip.UDP), server(backupAddr, sip.UDP)},
				Register: true, Retries: 3, Timers: sip.DefaultTimers, Smart: true,
			},
		})
	}
	a.settle()
	for _, l := range a.order {
		for _, tx := range l.txs {
			res := gosip.NewResponseFromRequest(tx.flight.Request(), 200, "OK", nil)
			a.response(tx.flight, res, wire.Peer{Addr: primaryAddr, Server: true})
		}
		a.settle()
		if !l.core.Registered() {
			t.Fatal("a line is not registered")
		}
	}
	return a
}

// turn is a turn of the loop in which one line has something to do.
func (a *agent) turn(l *line) {
	_ = a.wait()
	a.tell(l, failover.Event{Kind: failover.Tick}, nil)
	a.note(l, 0, health.Event{Kind: health.Answer, Method: sip.OPTIONS, Status: 200})
	a.settle()
}

// A turn costs the same whether a phone has one line or many.
func BenchmarkAgentTurn(b *testing.B) {
	for _, n := range []int{1, 16, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a := fleet(b, n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				a.turn(a.order[i%n])
			}
		})
	}
}

func TestATurnAllocatesNothing(t *testing.T) {
	a := fleet(t, 16)
	i := 0
	if n := testing.AllocsPerRun(100, func() { a.turn(a.order[i%16]); i++ }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The clock wakes the lines in the order of their deadlines, whatever they were
// set to before.
func TestClock(t *testing.T) {
	var c clock
	lines := make([]*line, 100)
	seed := uint64(1)
	for i := range lines {
		lines[i] = &line{conf: Line{Number: i}}
	}
	for range 1000 {
		seed = seed*6364136223846793005 + 1442695040888963407
		l := lines[seed>>33%100]
		due := time.Duration(seed >> 40 % 50)
		if due == 0 {
			due = failover.Never
		}
		c.set(l, due)
		l.leaveBy = due // what it was set to
		want := failover.Never
		waits := 0
		for _, l := range lines {
			if l.leaveBy != 0 && l.leaveBy != failover.Never {
				want = min(want, l.leaveBy)
				waits++
			}
		}
		if c.next() != want || len(c.heap) != waits {
			t.Fatalf("next %d of %d, want %d of %d", c.next(), len(c.heap), want, waits)
		}
	}
	var order []time.Duration
	for len(c.heap) > 0 {
		order = append(order, c.next())
		c.set(c.heap[0], failover.Never)
	}
	if !slices.IsSorted(order) {
		t.Error(order)
	}
}
