package wire

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip"
	"phoned/sip/siptest"
)

// keepingTest runs a test with a phone that knows a TCP server.
func keepingTest(t *testing.T, test func(t *testing.T, w *Wire, h *told, pbx memoryServer)) {
	t.Helper()
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		w.SetServers([]Server{pbxTCP})
		test(t, w, h, pbx)
	})
}

// The connection is there before it is needed, and a request leaves on it at
// once.
func TestKeepOpensAheadOfNeed(t *testing.T) {
	keepingTest(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		accept := accepting(t, pbx.net)
		w.Keep([]Server{pbxUDP, pbxTCP, pbxTCP, {Host: "10.0.0.3", Port: 5060, Transport: sip.TCP}})
		p := newPonger(accept(), true)
		synctest.Wait()
		if _, ok := w.Local(pbxTCP); !ok {
			t.Error("it is not up")
		}
		none(t, h, time.Hour)
		if n := len(p.heard()); n < 400 {
			t.Errorf("%d pings in an hour", n)
		}
		w.Start(flight(pbxTCP, "REGISTER"))
		synctest.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.texts) == 0 || w.connects() != 1 {
			t.Errorf("%d lines came, %d connections", len(p.texts), w.connects())
		}
	})
}

// RFC 5626 §4.5: the waits double up to 30 minutes, and each is 50 to 100 % of
// its limit.
func TestBackoffOfKeep(t *testing.T) {
	keepingTest(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		pbx.net.SetState(pbxAddr, siptest.Unreachable)
		w.Keep([]Server{pbxTCP})
		last := time.Now()
		for i, limit := range []time.Duration{0, 1, 2, 4, 8, 16, 30, 30, 30} {
			limit *= time.Minute
			e := <-h.events
			if got, ok := e.(lost); !ok || got.s != pbxTCP || got.why != Refused || got.err == nil {
				t.Fatalf("told %+v", e)
			}
			if d := time.Since(last); d < limit/2 || d > limit {
				t.Errorf("connect %d after %v, want up to %v", i, d, limit)
			}
			last = time.Now()
		}

		// A request does not wait for that, and its success ends the row.
		pbx.net.SetState(pbxAddr, siptest.Reachable)
		accept := accepting(t, pbx.net)
		w.Start(flight(pbxTCP, "REGISTER"))
		c := accept()
		c.write(t, reply(t, c.read(t), 200))
		next[response](t, h)
		newPonger(c, true)
		none(t, h, steady)
		pbx.net.SetState(pbxAddr, siptest.Unreachable)
		if got := next[lost](t, h); got.why != Reset {
			t.Errorf("told %+v", got)
		}
		begin := time.Now()
		if got := next[lost](t, h); got.why != Refused || time.Since(begin) > reopenWithin {
			t.Errorf("told %+v after %v", got, time.Since(begin))
		}
	})
}

// A server that takes connections and drops them at once is not asked all the
// time.
func TestKeepOfAServerThatHangsUp(t *testing.T) {
	keepingTest(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		accept := accepting(t, pbx.net)
		w.Keep([]Server{pbxTCP})
		var waits []time.Duration
		for last := time.Now(); len(waits) < 6; last = time.Now() {
			c := accept()
			waits = append(waits, time.Since(last))
			c.Close()
			if got := next[lost](t, h); got.why != Closed {
				t.Errorf("told %+v", got)
			}
		}
		if !slices.IsSorted(waits) || waits[5] < 8*time.Minute {
			t.Errorf("waited %v", waits)
		}
	})
}

// What is not to be kept any more is not opened; what is open stays while it is
// a server's.
func TestKeepNoMore(t *testing.T) {
	keepingTest(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		pbx.net.SetState(pbxAddr, siptest.Silent)
		w.Keep([]Server{pbxTCP})
		synctest.Wait()
		if n := w.connects(); n != 1 {
			t.Fatalf("%d connections are being opened", n)
		}
		f := flight(pbxTCP, "OPTIONS")
		w.Start(f)
		w.Abandon(f, false)
		if n := w.connects(); n != 1 {
			t.Errorf("given up with the flight: %d are being opened", n)
		}
		w.Keep(nil)
		if n := w.connects(); n != 0 {
			t.Errorf("%d connections are being opened", n)
		}
		none(t, h, time.Hour)

		pbx.net.SetState(pbxAddr, siptest.Reachable)
		accept := accepting(t, pbx.net)
		w.Keep([]Server{pbxTCP})
		newPonger(accept(), true)
		w.Keep(nil)
		none(t, h, time.Hour)
		w.SetServers(nil)
		if got := next[lost](t, h); got.why != Ended {
			t.Errorf("told %+v", got)
		}
	})
}

// connects counts the connections that are open or being opened.
func (w *Wire) connects() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.links)
}
