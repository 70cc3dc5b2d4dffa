package journal

import (
	"math/rand/v2"
	"strconv"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// zero is when the core's time begins in these tests.
var zero = time.Date(2026, 3, 1, 14, 0, 0, 0, time.UTC)

// testConfig is a line with n servers and the defaults of the settings.
func testConfig(n int) failover.Config {
	cfg := failover.Config{
		Register: true, Failback: true, FailbackInterval: 1800 * time.Second, Retries: 3,
		Timers: sip.DefaultTimers, RegFailInterval: 32 * time.Second,
		KeepAlive: failover.OptionsAlive, KeepAliveEvery: time.Minute,
	}
	for i := range n {
		cfg.Servers = append(cfg.Servers, sip.Server{
			Host: "192.0.2." + strconv.Itoa(i+1), Port: 5060, TTL: 3600 * time.Second,
		})
	}
	return cfg
}

// A world is a line whose servers answer or not, by chance, with a recorder
// beside it.
type world struct {
	core     *failover.Line
	recorder *Recorder
	chance   *rand.Rand
	now      time.Duration
	down     [8]bool
	open     []failover.Action // requests that wait for an answer
	actions  []failover.Action
	nextID   failover.ID
	decides  int
}

func newWorld(cfg failover.Config, seed uint64) *world {
	w := &world{
		core: failover.New(cfg, seed), recorder: NewRecorder(1, cfg, seed),
		chance: rand.New(rand.NewPCG(seed, 1)), nextID: 1,
	}
	w.tell(failover.Event{Kind: failover.Start})
	return w
}

func (w *world) tell(e failover.Event) {
	w.actions = w.core.Step(w.now, e, w.actions[:0])
	w.recorder.Step(w.core, w.now, e, w.actions)
	for _, a := range w.actions {
		switch {
		case a.Kind == failover.Decide:
			w.decides++
		case a.Kind == failover.Send && a.Purpose != failover.ForPing && !w.down[a.Server%8]:
			w.open = append(w.open, a)
		case a.Kind == failover.Probe:
			defer func() {
				e := failover.Event{Kind: failover.Health, Server: a.Server}
				if w.down[a.Server%8] {
					e.Cause = failover.Silence
				}
				w.tell(e)
			}()
		}
	}
}

// live lets one thing happen.
func (w *world) live() {
	switch {
	case len(w.open) > 0:
		a := w.open[0]
		w.open = w.open[1:]
		w.now += time.Duration(w.chance.IntN(50)) * time.Millisecond
		e := failover.Event{Kind: failover.Response, Tx: a.Tx, Method: a.Method, Server: a.Server, Status: 200, Expires: a.Expires}
		switch w.chance.IntN(12) {
		case 0:
			e.Status = 503
		case 1:
			e.Status, e.Challenge = 401, failover.Answerable
		case 2:
			e = failover.Event{Kind: failover.Unreachable, Tx: a.Tx, Method: a.Method, Server: a.Server, Cause: failover.ICMP}
		}
		w.tell(e)
		return
	case w.chance.IntN(20) == 0:
		s := w.chance.IntN(2)
		w.down[s] = !w.down[s]
	case w.chance.IntN(10) == 0:
		w.tell(failover.Event{Kind: failover.Dial, ID: w.nextID})
		w.nextID++
	case w.chance.IntN(10) == 0:
		w.tell(failover.Event{Kind: failover.Bye, ID: w.nextID, Server: int8(w.chance.IntN(2))})
		w.nextID++
	case w.chance.IntN(60) == 0:
		w.tell(failover.Event{Kind: failover.LinkDown})
		w.tell(failover.Event{Kind: failover.LinkUp})
	}
	if at := w.core.Deadline(); at != failover.Never {
		w.now = max(w.now, at) + time.Duration(w.chance.IntN(3e6))
		w.tell(failover.Event{})
	}
}
