package failover

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"phoned/sip"
)

var lossRequests = flag.Int("loss-requests", 70_000, "requests of each run of the loss simulation")

// lossRun is a network and what came of it.
type lossRun struct {
	name   string
	smart  bool
	rtt    time.Duration
	loss   uint64 // of 1000, each way
	bursts bool

	requests int // REGISTER, INVITE, BYE and OPTIONS of the line
	onward   int // that went on at another server, which was never needed
	moves    int // of the registration away from a server that was alive
	failed   int // that no server answered
	asked    int // OPTIONS questions
}

// false failovers are requests and registrations that went to another server
// although theirs was alive all the time. A request that moves takes the line
// along, and that is one of them.
func (r *lossRun) wrong() int { return max(r.onward, r.moves) }

func (r *lossRun) String() string {
	return fmt.Sprintf("%-28s %7d requests, %5d moved, %4d times the line, %4d unanswered: %.2f false failovers per 10,000; %d questions",
		r.name, r.requests, r.onward, r.moves, r.failed, float64(r.wrong())*1e4/float64(r.requests), r.asked)
}

// live runs phones until so many requests have been made.
func (r *lossRun) live(seed uint64, requests int) {
	cfg := testConfig(2)
	cfg.Smart = r.smart
	cfg.KeepAlive, cfg.KeepAliveEvery = OptionsAlive, 20*time.Second
	cfg.FailbackInterval = 60 * time.Second
	for i := range cfg.Servers {
		cfg.Servers[i].TTL = 120 * time.Second
	}
	d := newDesk(cfg, 2, seed)
	d.talks = true
	bad := false // a burst
	d.lost = func() bool {
		if r.bursts {
			return d.rand.next()%1000 < map[bool]uint64{false: 50, true: 800}[bad]
		}
		return d.rand.next()%1000 < r.loss
	}
	d.delay = func(int8) time.Duration {
		at := d.rand.between(r.rtt*35/100, r.rtt*65/100)
		if d.rand.next()%20 == 0 { // overtaken by what was sent later
			at += d.rand.between(0, max(r.rtt, 100*time.Millisecond))
		}
		return at
	}
	if r.bursts {
		var turn func()
		turn = func() {
			bad = !bad
			wait := d.rand.between(0, 10*time.Second)
			if bad {
				wait = d.rand.between(0, 2*time.Second)
			}
			d.after(wait, turn)
		}
		turn()
	}
	d.seen = r.see
	for _, l := range d.lines {
		d.after(d.rand.between(0, 2*time.Second), func() { l.step(Event{Kind: Start}) })
		l.chat(d)
	}
	d.run(Never-1, func() bool { return r.requests >= requests })
	for i := range d.servers {
		r.asked += int(d.servers[i].asked)
	}
}

// chat lets the user of a line call and hang up, for ever.
func (l *deskLine) chat(d *desk) {
	d.after(d.rand.between(time.Second, 15*time.Second), func() {
		id := l.dial()
		d.after(d.rand.between(5*time.Second, 20*time.Second), func() {
			if s, up := l.ends[id]; up {
				delete(l.ends, id)
				l.step(Event{Kind: Bye, ID: id, Server: s})
			} else {
				l.step(Event{Kind: Hangup, ID: id})
			}
			l.chat(d)
		})
	})
}

// see counts what is done for nothing.
func (r *lossRun) see(l *deskLine, a Action) {
	switch {
	case a.Kind == Send && a.Method == sip.CANCEL, a.Purpose == ForWarmth, a.Purpose == ForStandby:
	case a.Kind == Send && a.Prev == 0:
		r.requests++
	case a.Kind == Send && !a.Repeat && l.txs[a.Prev] != nil && l.txs[a.Prev].send.Server != a.Server:
		r.onward++
	case a.Kind == Notice && a.Notice == MovedOver:
		r.moves++
	case a.Kind == Notice && a.Notice == Unavailable && a.Server == 1 && a.ID == 0: // lost the backup
		r.moves++
	case a.Kind == Done && a.Status == 0 && a.Cause != NoCause:
		r.failed++
	}
}

// On a network that loses every fifth datagram each way and reorders, both
// servers alive, fewer than one request in ten thousand is taken to be lost for
// good and goes elsewhere.
func TestLoss(t *testing.T) {
	requests := *lossRequests >> (2 * shallower())
	var runs []*lossRun
	for _, rtt := range []time.Duration{20, 100, 300} {
		rtt *= time.Millisecond
		runs = append(runs, &lossRun{name: fmt.Sprintf("smart, 20 %%, RTT %v", rtt), smart: true, rtt: rtt, loss: 200})
	}
	runs = append(runs,
		&lossRun{name: "plain, 20 %, RTT 300ms", rtt: 300 * time.Millisecond, loss: 200},
		&lossRun{name: "smart, bursts, RTT 100ms", smart: true, rtt: 100 * time.Millisecond, bursts: true},
		&lossRun{name: "plain, bursts, RTT 100ms", rtt: 100 * time.Millisecond, bursts: true},
	)
	began := time.Now()
	eachSeed(len(runs), func(i uint64) { runs[i-1].live(i, requests) })
	var all lossRun
	for _, r := range runs {
		t.Log(r)
		if r.smart && !r.bursts {
			all.requests += r.requests
			all.onward += r.wrong()
			if r.requests < requests {
				t.Errorf("%s: %d requests only", r.name, r.requests)
			}
			if r.wrong()*10_000 >= r.requests {
				t.Errorf("%s: %d false failovers in %d requests, want fewer than 1 per 10,000", r.name, r.wrong(), r.requests)
			}
		}
	}
	t.Logf("%d false failovers in %d requests of smart lines, in %v", all.onward, all.requests, time.Since(began).Round(time.Millisecond))
}
