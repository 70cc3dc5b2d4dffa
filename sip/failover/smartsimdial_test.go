package failover

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"phoned/sip"
)

// newOffice is a desk with Smart 1, round trips of its own, and lines that have
// been registered at the primary for a while.
func newOffice(seed uint64, lines int, set func(*Config)) *desk {
	cfg := testConfig(2)
	cfg.Smart = true
	cfg.Device = uint32(seed * 0x9e3779b9)
	if set != nil {
		set(&cfg)
	}
	d := newDesk(cfg, lines, seed)
	var trip [2]time.Duration
	for i := range trip {
		trip[i] = d.rand.between(time.Millisecond, 60*time.Millisecond)
	}
	d.delay = func(s int8) time.Duration { return trip[s] / 2 }
	for _, l := range d.lines {
		l.step(Event{Kind: Start})
	}
	d.run(d.rand.between(20*time.Second, 5*time.Minute), nil)
	return d
}

// wire notes what leaves for a server, and when.
type wire struct {
	from time.Duration
	sent []sentCopy
	rang time.Duration // 180 through the backup
}

type sentCopy struct {
	at     time.Duration
	server int8
	method sip.Method
}

func listen(d *desk) *wire {
	w := &wire{from: d.now}
	d.seen = func(l *deskLine, a Action) {
		switch a.Kind {
		case Send:
			w.sent = append(w.sent, sentCopy{at: d.now, server: a.Server, method: a.Method})
		case Deliver:
			if a.Status == 180 && a.Server == 1 && w.rang == 0 {
				w.rang = d.now
			}
		}
	}
	return w
}

// first is when a method first left for server s, or -1.
func (w *wire) first(s int8, m sip.Method) time.Duration {
	for _, c := range w.sent {
		if c.server == s && c.method == m {
			return c.at - w.from
		}
	}
	return -1
}

// A phone dials, and its primary has just become a black hole: it rings through
// the backup in less than two seconds.
func TestDialToRingback(t *testing.T) {
	for _, standby := range []bool{false, true} {
		var mu sync.Mutex
		var took []time.Duration
		eachSeed(1000, func(seed uint64) {
			d := newOffice(seed, 1, func(c *Config) { c.Standby = standby })
			d.servers[0].fault = blackServer
			w := listen(d)
			d.lines[0].dial()
			d.run(d.now+time.Minute, func() bool { return w.rang != 0 })
			mu.Lock()
			defer mu.Unlock()
			if w.rang == 0 {
				t.Errorf("seed %d: never rang", seed)
				return
			}
			took = append(took, w.rang-w.from)
		})
		slices.Sort(took)
		if len(took) == 0 {
			t.Fatal("no call rang")
		}
		at := func(part int) time.Duration { return took[min(len(took)*part/1000, len(took)-1)] }
		t.Logf("standby %v, %d dials into a black hole: ringback after p50 %v, p99 %v, at most %v", standby, len(took), at(500), at(990), at(1000))
		if at(990) >= 2*time.Second {
			t.Errorf("standby %v: p99 %v, want less than 2 s", standby, at(990))
		}
	}
}

// What tells of a dead server at once moves a dial, a hang-up and a manual
// registration at once.
func TestEvidenceMovesAtOnce(t *testing.T) {
	faults := map[string]deskFault{"ICMP": icmpServer, "RST": resetServer, "503": busyServer}
	type act struct {
		name   string
		method sip.Method
		do     func(l *deskLine)
	}
	var id ID
	acts := []act{
		{"dial", sip.INVITE, func(l *deskLine) { l.dial() }},
		{"hang up", sip.BYE, func(l *deskLine) { l.step(Event{Kind: Bye, ID: id, Server: 0}) }},
		{"register", sip.REGISTER, func(l *deskLine) { l.step(Event{Kind: Register}) }},
	}
	for name, fault := range faults {
		for _, a := range acts {
			for _, standby := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/standby=%v", name, a.name, standby), func(t *testing.T) {
					var slowest, through time.Duration
					for seed := range uint64(100) {
						d := newOffice(seed+1, 1, func(c *Config) {
							c.Standby = standby
							if fault == resetServer {
								c.Servers[0].Transport, c.Servers[1].Transport = sip.TCP, sip.TCP
							}
						})
						l := d.lines[0]
						if a.method == sip.BYE {
							d.talks = true
							id = l.dial()
							d.run(d.now+time.Minute, func() bool { _, up := l.ends[id]; return up })
						}
						d.servers[0].fault = fault
						w := listen(d)
						a.do(l)
						told := d.now + d.delay(0)*2
						d.run(d.now+time.Minute, func() bool { return w.first(1, a.method) >= 0 })
						first := time.Duration(-1)
						for _, c := range w.sent {
							if c.server == 1 {
								first = c.at - told
								break
							}
						}
						if w.first(1, a.method) < 0 || first < 0 {
							t.Fatalf("seed %d: nothing reached the backup: %v", seed+1, w.sent)
						}
						slowest = max(slowest, first)
						through = max(through, w.first(1, a.method)-d.delay(0)*2)
					}
					if slowest >= 100*time.Millisecond {
						t.Errorf("asked the backup %v after the evidence, want less than 100 ms", slowest)
					}
					t.Logf("the backup is asked %v after the evidence; the %v itself leaves after %v at most", slowest, a.method, through)
				})
			}
		}
	}
}

// A primary that is known to be dead costs nothing: the call goes to the backup
// first, whether this line has found that out or another one.
func TestKnownDeadCostsNothing(t *testing.T) {
	for seed := range uint64(100) {
		d := newOffice(seed+1, 3, nil)
		d.servers[0].fault = blackServer
		d.lines[1].dial() // finds out
		d.run(d.now+3*time.Second, nil)
		for i, l := range d.lines {
			w := listen(d)
			l.dial()
			if len(w.sent) != 1 || w.sent[0].server != 1 || w.sent[0].method != sip.INVITE {
				t.Fatalf("seed %d, line %d: the dial sent %v, want an INVITE to the backup at once", seed+1, i, w.sent)
			}
			d.run(d.now+time.Second, func() bool { return w.rang != 0 })
			if want := 5*d.delay(1)*2 + 60*time.Millisecond; w.rang == 0 || w.rang-w.from > want {
				t.Errorf("seed %d, line %d: ringback after %v, want at most %v", seed+1, i, w.rang-w.from, want)
			}
		}
	}
}

// A dial while the line is about to move, since another one has found the
// primary dead, does not wait for that: the backup is asked at once.
func TestDialEndsTheWait(t *testing.T) {
	for seed := range uint64(100) {
		d := newOffice(seed+1, 2, nil)
		d.servers[0].fault = blackServer
		l := d.lines[0]
		l.step(Event{Kind: Health, Server: 0, Cause: Silence})
		w := listen(d)
		l.dial()
		if len(w.sent) == 0 || w.sent[0].server != 1 {
			t.Fatalf("seed %d: the dial sent %v, want the backup asked at once", seed+1, w.sent)
		}
		d.run(d.now+time.Second, func() bool { return w.rang != 0 })
		if w.rang == 0 || w.first(0, sip.INVITE) >= 0 {
			t.Errorf("seed %d: rang after %v; %v", seed+1, w.rang-w.from, w.sent)
		}
	}
}

// One line's discovery moves the others within a second.
func TestOneLineMovesTheOthers(t *testing.T) {
	for seed := range uint64(100) {
		d := newOffice(seed+1, 4, nil)
		d.servers[0].fault = blackServer
		var found, moved time.Duration
		questions := d.servers[0].asked
		d.seen = func(l *deskLine, a Action) {
			switch {
			case a.Kind == Evidence && found == 0:
				found = d.now
			case a.Kind == State && a.Phase == Registered && a.Server == 1:
				moved = d.now
			}
		}
		d.lines[2].dial()
		d.run(d.now+10*time.Second, nil)
		for i, l := range d.lines {
			if l.line.Active() != 1 || !l.line.Registered() {
				t.Fatalf("seed %d: line %d is not at the backup", seed+1, i)
			}
		}
		if moved-found >= time.Second {
			t.Errorf("seed %d: the last line has moved %v after the evidence", seed+1, moved-found)
		}
		if n := d.servers[0].asked - questions; n > 1 {
			t.Errorf("seed %d: the dead server was asked %d times", seed+1, n)
		}
	}
}

// Smart 0 asks nobody, keeps nothing warm, and takes its time: four copies of
// the INVITE, then the backup.
func TestPlainAsksNobody(t *testing.T) {
	for _, fault := range []deskFault{blackServer, icmpServer, resetServer, busyServer} {
		d := newOffice(uint64(fault), 2, func(c *Config) { c.Smart = false })
		heard := func(l *deskLine, a Action) {
			if a.Kind == Probe || a.Purpose == ForWarmth || a.Purpose == ForStandby {
				t.Errorf("%v", a)
			}
		}
		d.servers[0].fault = fault
		w := listen(d)
		note := d.seen
		d.seen = func(l *deskLine, a Action) { heard(l, a); note(l, a) }
		d.lines[0].dial()
		d.run(d.now+time.Hour, nil)
		want := 2 * d.delay(0)
		if fault == blackServer {
			want = 7500 * time.Millisecond
		}
		if got := w.first(1, sip.REGISTER); got != want {
			t.Errorf("fault %d: the backup was asked after %v, want %v", fault, got, want)
		}
	}
}
