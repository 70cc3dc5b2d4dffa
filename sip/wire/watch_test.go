package wire

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/siptest"
)

// A ponger is the far end of one connection: it keeps the times of the pings
// and answers them while told to.
type ponger struct {
	farConn
	pongs atomic.Bool

	mu    sync.Mutex
	pings []time.Time
	texts []string // everything else, by line
}

func newPonger(c farConn, pongs bool) *ponger {
	p := &ponger{farConn: c}
	p.pongs.Store(pongs)
	_ = c.SetReadDeadline(time.Time{})
	go func() {
		empty := 0
		for {
			line, err := c.r.ReadString('\n')
			if err != nil {
				return
			}
			p.mu.Lock()
			if line != "\r\n" {
				p.texts = append(p.texts, line)
				empty = -1 // the message's own end
			} else if empty++; empty == 2 {
				empty = 0
				p.pings = append(p.pings, time.Now())
				if p.pongs.Load() {
					_, _ = io.WriteString(c, "\r\n")
				}
			}
			p.mu.Unlock()
		}
	}()
	return p
}

func (p *ponger) heard() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Time(nil), p.pings...)
}

// watched is a phone with one connection to a server in memory, which answers
// pings or not and has answered one request.
func watched(t *testing.T, pongs bool, test func(t *testing.T, w *Wire, h *told, pbx memoryServer, p *ponger, accept func() farConn)) {
	t.Helper()
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		w.SetServers([]Server{pbxTCP})
		accept := accepting(t, pbx.net)
		w.Start(flight(pbxTCP, "REGISTER"))
		c := accept()
		c.write(t, reply(t, c.read(t), 200))
		next[response](t, h)
		test(t, w, h, pbx, newPonger(c, pongs), accept)
	})
}

// die makes the server's host vanish: nothing comes back, not even a reset.
func die(pbx memoryServer) { pbx.net.SetState(pbxAddr, siptest.Silent) }

// phases are moments at which a server may die, over one round of pings.
func phases(every time.Duration) (all []time.Duration) {
	for d := time.Duration(0); d < every; d += every / 24 {
		all = append(all, 30*time.Second+d)
	}
	return all
}

func TestADeadIdleConnectionIsNoticedWithin15s(t *testing.T) {
	var most time.Duration
	for _, alive := range phases(idlePace.every) {
		watched(t, true, func(t *testing.T, w *Wire, h *told, pbx memoryServer, _ *ponger, _ func() farConn) {
			none(t, h, alive)
			die(pbx)
			begin := time.Now()
			if got := next[lost](t, h); got.s != pbxTCP || got.why != NoPong || got.err == nil {
				t.Errorf("told %+v", got)
			}
			most = max(most, time.Since(begin))
		})
	}
	if most > 14*time.Second || most < 10*time.Second {
		t.Errorf("noticed after %v at the most, want 14 s", most)
	}
}

// A call needs the connection: what waits on it fails at once and goes nowhere
// else, since the owner has another server.
func TestADeadConnectionUnderACallIsNoticedWithin2s(t *testing.T) {
	var most time.Duration
	for _, alive := range phases(busyPace.every) {
		watched(t, true, func(t *testing.T, w *Wire, h *told, pbx memoryServer, _ *ponger, _ func() farConn) {
			w.SetBusy([]Server{pbxTCP})
			none(t, h, alive)
			die(pbx)
			begin := time.Now()
			f := flight(pbxTCP, "BYE")
			w.Start(f)
			if got := next[unreachable](t, h); got.f != f || got.fault != Refused || !strings.Contains(got.err.Error(), "keep-alive") {
				t.Errorf("told %+v", got)
			}
			most = max(most, time.Since(begin))
			if got := next[lost](t, h); got.why != NoPong {
				t.Errorf("told %+v", got)
			}
		})
	}
	if most > 1950*time.Millisecond || most < 1500*time.Millisecond {
		t.Errorf("noticed after %v at the most, want 1.9 s", most)
	}
}

// The call that finds the server dead does not wait for the patience of idle
// times.
func TestACallThatBeginsOnADeadConnection(t *testing.T) {
	for _, dead := range phases(4 * time.Second) {
		watched(t, true, func(t *testing.T, w *Wire, h *told, pbx memoryServer, p *ponger, _ func() farConn) {
			none(t, h, dead)
			last := p.heard()[len(p.heard())-1]
			none(t, h, time.Until(last.Add(9*time.Second))) // about to be pinged
			die(pbx)
			none(t, h, dead-30*time.Second)
			begin := time.Now()
			f := flight(pbxTCP, "INVITE")
			w.Start(f)
			w.SetBusy([]Server{pbxTCP})
			if got := next[unreachable](t, h); got.f != f || got.fault != Refused {
				t.Errorf("told %+v", got)
			}
			if took := time.Since(begin); took > busyPace.patience+apart {
				t.Errorf("noticed after %v", took)
			}
			next[lost](t, h)
		})
	}
}

// Without a call the owner's own limits count: what waits is tried on another
// connection before the server is blamed.
func TestADeadIdleConnectionBlamesNoServer(t *testing.T) {
	watched(t, true, func(t *testing.T, w *Wire, h *told, pbx memoryServer, p *ponger, accept func() farConn) {
		none(t, h, 30*time.Second)
		p.pongs.Store(false) // a firewall has forgotten the connection
		f := flight(pbxTCP, "REGISTER")
		w.Start(f)
		c := accept()
		c.write(t, reply(t, c.read(t), 200))
		if got := next[lost](t, h); got.why != NoPong {
			t.Errorf("told %+v", got)
		}
		if got := next[response](t, h); got.f != f {
			t.Errorf("told %+v", got)
		}
	})
}

// RFC 5626 §4.4.1: the wait before a ping is random, so that the pings of many
// phones do not arrive together.
func TestPaceOfPings(t *testing.T) {
	watched(t, true, func(t *testing.T, w *Wire, h *told, _ memoryServer, p *ponger, _ func() farConn) {
		check := func(what string, during, least, most time.Duration) {
			t.Helper()
			begin := time.Now()
			none(t, h, during)
			var waits []time.Duration
			last := time.Time{}
			for _, at := range p.heard() {
				if at.After(begin) && !last.IsZero() {
					waits = append(waits, at.Sub(last))
				}
				if !at.Before(begin) {
					last = at
				}
			}
			differ := map[time.Duration]bool{}
			for _, d := range waits {
				differ[d] = true
				if d < least || d > most {
					t.Errorf("%s: %v between pings", what, d)
				}
			}
			if len(differ) < 5 {
				t.Errorf("%s: waits %v", what, waits)
			}
		}
		check("idle", 2*time.Minute, 7200*time.Millisecond, 9*time.Second)
		w.SetBusy([]Server{pbxTCP})
		synctest.Wait()
		check("with a call", 20*time.Second, 720*time.Millisecond, 900*time.Millisecond)
		w.SetBusy(nil)
		synctest.Wait()
		check("idle again", 2*time.Minute, 7200*time.Millisecond, 9*time.Second)
		w.SetServers(nil) // it is nobody's server: it is not kept
		next[lost](t, h)
	})
}

// Many servers know no pings. That is no reason to think them dead.
func TestAServerThatNeverAnswersPings(t *testing.T) {
	watched(t, false, func(t *testing.T, w *Wire, h *told, _ memoryServer, p *ponger, _ func() farConn) {
		none(t, h, time.Hour)
		w.SetBusy([]Server{pbxTCP})
		w.Ping(pbxTCP)
		none(t, h, time.Hour)
		if n := len(p.heard()); n < 4000 {
			t.Errorf("%d pings", n)
		}
	})
}

// RFC 3261 §7.5 lets a CRLF come at any time; a server that hangs up on it does
// not get one every 9 s.
func TestAServerThatCanNotBearPings(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		w.SetServers([]Server{pbxTCP})
		accept := accepting(t, pbx.net)
		connect := func() *ponger {
			w.Start(flight(pbxTCP, "REGISTER"))
			c := accept()
			c.write(t, reply(t, c.read(t), 200))
			next[response](t, h)
			return newPonger(c, false)
		}
		for i := range averseAfter {
			p := connect()
			begin := time.Now()
			for len(p.heard()) == 0 {
				none(t, h, 100*time.Millisecond)
			}
			p.Close()
			if got := next[lost](t, h); got.why != Closed || time.Since(begin) > 10*time.Second {
				t.Errorf("connection %d: told %+v after %v", i, got, time.Since(begin))
			}
		}
		p := connect()
		none(t, h, time.Hour)
		if n := len(p.heard()); n != 0 {
			t.Errorf("%d pings", n)
		}
		w.Ping(pbxTCP) // the owner's setting asks for it
		none(t, h, time.Second)
		if n := len(p.heard()); n != 1 {
			t.Errorf("%d pings", n)
		}
	})
}

// Another machine answers for the server now, one that knows no pings: that
// costs two connections, and not one every 14 s for ever.
func TestAServerThatAnswersPingsNoMore(t *testing.T) {
	watched(t, true, func(t *testing.T, w *Wire, h *told, _ memoryServer, p *ponger, accept func() farConn) {
		none(t, h, time.Minute)
		p.pongs.Store(false)
		for range 2 {
			if got := next[lost](t, h); got.why != NoPong {
				t.Errorf("told %+v", got)
			}
			w.Start(flight(pbxTCP, "REGISTER"))
			c := accept()
			c.write(t, reply(t, c.read(t), 200))
			next[response](t, h)
			p = newPonger(c, false)
		}
		none(t, h, time.Hour)
		p.pongs.Store(true) // and when it knows them again, they count again
		none(t, h, time.Minute)
		p.pongs.Store(false)
		if got := next[lost](t, h); got.why != NoPong {
			t.Errorf("told %+v", got)
		}
	})
}

// A pong can not come in the middle of a message: bytes are life enough.
func TestASlowMessageIsASignOfLife(t *testing.T) {
	watched(t, true, func(t *testing.T, w *Wire, h *told, _ memoryServer, p *ponger, _ func() farConn) {
		none(t, h, 30*time.Second)
		w.SetBusy([]Server{pbxTCP})
		none(t, h, 5*time.Second)
		p.pongs.Store(false)
		text := arriving("OPTIONS", newBranch(), "TCP 10.0.0.2", "")
		for _, part := range []string{text[:50], text[50:100], text[100:150], text[150:200], text[200:]} {
			none(t, h, 800*time.Millisecond)
			p.write(t, part)
		}
		if got := next[request](t, h); got.from.Transport != pbxTCP.Transport {
			t.Errorf("told %+v", got)
		}
		next[lost](t, h) // now it says nothing any more
	})
}
