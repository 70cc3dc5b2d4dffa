package wire

import (
	"errors"
	"maps"
	"time"
)

// A pace is how often a connection is pinged and how long an answer may take.
type pace struct{ every, patience time.Duration }

// The wait before a ping is 80 to 100 % of every (RFC 5626 §4.4.1), so a
// connection that dies right after a pong is noticed after every + patience at
// the most: 14 s and 1.9 s. RFC 5626 §4.4.1 would wait 10 s for the pong.
var (
	idlePace = pace{9 * time.Second, 5 * time.Second}
	busyPace = pace{900 * time.Millisecond, time.Second}
)

const (
	// apart is what a ping keeps from the request that made the connection needed:
	// some servers answer only a ping that arrives by itself.
	apart = 50 * time.Millisecond
	// A server that closes averseAfter connections in a row within averseWithin of
	// one of the first averseWith pings does not bear them (RFC 3261 §7.5 says that
	// it must), and gets none any more.
	averseAfter  = 3
	averseWith   = 2
	averseWithin = time.Second
)

// errUnacknowledged: the kernel's word on a server that answers no pings.
var errUnacknowledged = errors.New("the server's host acknowledges nothing any more")

// SetBusy replaces the set of servers that a call or an unanswered request
// needs now: their connections are pinged every second, and one that is dead
// is noticed within 2 s; what waits on it is failed at once and not tried on
// another connection. Other connections to servers are pinged every 9 s, and a
// dead one is noticed within 15 s.
func (w *Wire) SetBusy(servers []Server) {
	busy := make(map[Server]bool, len(servers))
	for _, s := range servers {
		busy[s] = true
	}
	w.mu.Lock()
	w.busy = busy
	w.mu.Unlock()
	w.pokeAll()
}

// pokeAll lets every connection look at its pace again.
func (w *Wire) pokeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.links {
		if l.stream != nil {
			l.stream.poke()
		}
	}
}

// wants tells whether l is to stay open: it is to a server. The caller holds mu.
func (w *Wire) wants(l *link) bool { return w.servers[l.server] || w.servers[l.of] }

// needs tells whether a call or a request needs l now; the caller holds mu.
func (w *Wire) needs(l *link) bool { return w.busy[l.server] || w.busy[l.of] }

// Ping sends a CRLF keep-alive now (RFC 5626 §3.5.1): one CRLF on UDP; two on
// a connection that is up, which is judged by the answer as by those to the
// pings that the connection sends by itself.
func (w *Wire) Ping(s Server) {
	if s.Transport.Reliable() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if l := w.links[s]; l != nil && l.stream != nil {
			l.stream.prompt.Store(true)
			l.stream.poke()
		}
		return
	}
	w.pingUDP(s)
}

// pong notes that the server of s answers CRLF pings.
func (w *Wire) pong(s *stream) {
	s.ponged.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wants(s.link) {
		w.ponging[s.link.server] = true
	}
	s.poke() // the kernel need not hurry any more
}

// watch pings the connection of a link until it ends, and ends it when it is
// dead. Life is any byte that comes after a ping: a pong can not come in the
// middle of a message. A server that has never answered a ping is judged by its
// host's acknowledgements (RFC 9293 §3.8.3).
func (w *Wire) watch(s *stream) {
	var (
		asked  time.Time // the oldest ping after which nothing came
		mark   uint64    // what had come when it was sent
		busy   bool
		next   = time.Now().Add(w.spread(idlePace.every))
		kernel = socketOptions(s.raw)
	)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		w.mu.Lock()
		if s.link.retired {
			w.mu.Unlock()
			return // whether it is dead is nobody's question any more
		}
		pinged := w.wants(s.link) && w.averse[s.link.server] < averseAfter
		urgent, judged := w.needs(s.link), w.ponging[s.link.server]
		w.mu.Unlock()
		p := idlePace
		if urgent {
			p = busyPace
		}
		if urgent && !busy { // what was asked patiently is asked again
			asked, next = time.Time{}, now.Add(apart)
		}
		if !urgent && busy {
			next = now.Add(w.spread(p.every))
		}
		busy = urgent
		if s.arrivals.Load() != mark || s.held.Load() {
			asked = time.Time{}
		}
		if !asked.IsZero() && now.Sub(asked) >= p.patience {
			if err := s.verdict(judged, now.Sub(asked)); err != nil {
				s.end(err)
				return
			}
			asked = time.Time{}
		}
		if prompt := s.prompt.Swap(false); prompt || pinged && !now.Before(next) {
			if asked.IsZero() {
				asked, mark = now, s.arrivals.Load()
			}
			// The ping is data too: the kernel judges it by the same figure.
			kernel.set(p)
			s.asked.Store(true)
			s.pings.Add(1)
			s.lastPing.Store(now.UnixNano())
			s.send([]byte("\r\n\r\n"))
			next = now.Add(w.spread(p.every))
		} else if asked.IsZero() && !busy {
			kernel.set(pace{patience: userTimeout})
		}
		wait := time.Hour
		if pinged {
			wait = next.Sub(now)
		}
		if !asked.IsZero() {
			wait = min(wait, asked.Add(p.patience).Sub(now))
		}
		timer.Reset(max(wait, 0))
		select {
		case <-timer.C:
		case <-s.changed:
		case <-s.done:
			return
		}
	}
}

// verdict tells whether a connection on which nothing came for so long after a
// ping is dead. pongs says that the server has answered pings.
func (s *stream) verdict(pongs bool, silence time.Duration) error {
	switch {
	case pongs:
		if !s.ponged.Load() {
			// Another machine may answer for the server now, one that knows no pings:
			// the next connection is judged by its own answers.
			s.w.mu.Lock()
			delete(s.w.ponging, s.link.server)
			s.w.mu.Unlock()
		}
		return errNoPong
	case unacknowledged(s.raw, silence):
		return errUnacknowledged
	default:
		return nil
	}
}

// spread is 80 to 100 % of d.
func (w *Wire) spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.2*w.cfg.Random()))
}

// bore notes whether the server of s, a connection that has ended, bears pings;
// the caller holds mu.
func (w *Wire) bore(s *stream, why Fault) {
	server := s.link.server
	switch pings := s.pings.Load(); {
	case s.ponged.Load(), pings > averseWith:
		delete(w.averse, server)
	case pings > 0 && (why == Closed || why == Reset) && w.wants(s.link) &&
		time.Since(time.Unix(0, s.lastPing.Load())) < averseWithin:
		w.averse[server]++
	}
}

// forgetPongs drops what is known of servers that are gone; the caller holds mu.
func (w *Wire) forgetPongs() {
	maps.DeleteFunc(w.averse, func(s Server, _ int) bool { return !w.servers[s] && w.links[s] == nil })
	maps.DeleteFunc(w.ponging, func(s Server, _ bool) bool { return !w.servers[s] && w.links[s] == nil })
}
