package failover

import (
	"time"

	"phoned/sip"
)

// none is the target that names no target.
const none = NoServer

// maxServers is how many targets are used: as many as a set holds.
const maxServers = 64

// maxRetryAfter is the longest time a server may ask to be left alone.
const maxRetryAfter = 3600 * time.Second

// A set of targets.
type set uint64

func (s set) has(i int8) bool { return s>>uint8(i)&1 != 0 }
func (s set) with(i int8) set { return s | 1<<uint8(i) }
func (s *set) add(i int8)     { *s = s.with(i) }
func (s *set) remove(i int8)  { *s &^= 1 << uint8(i) }

// server is what a line remembers of one target of its servers.
type server struct {
	transport sip.Transport
	down      bool          // known to be: it failed, and has shown no life since
	cause     Cause         // of that
	ask       time.Duration // expiry that REGISTER asks for; 423 raises it
	closed    time.Duration // nothing new is sent there before (Retry-After)
	heard     time.Duration // when it last showed life; 0 = never
	trip      trip
}

// next is the target that comes next in a pass that began at first and has
// tried some already: first itself, then the other targets of the same server,
// then the others in priority order. A server that asked to be left alone (503
// with Retry-After) is passed over. A smart line leaves those that are known to
// be down to the end.
func (l *Line) next(first int8, tried set) int8 {
	if first != none && l.isTold(first) && l.open(first) && !tried.has(first) {
		return first
	}
	best, least := none, 0
	for _, s := range l.order {
		if tried.has(s) || !l.open(s) {
			continue
		}
		rank := 1
		if first != none && l.same(s, first) {
			rank = 0
		}
		if l.cfg.Smart && l.servers[s].down {
			rank += 2
		}
		if best == none || rank < least {
			best, least = s, rank
		}
	}
	return best
}

// last tells whether s is the last target of such a pass.
func (l *Line) last(s int8, tried set) bool {
	return l.next(none, tried.with(s)) == none
}

// open tells whether something new may be sent to s.
func (l *Line) open(s int8) bool {
	return s >= 0 && l.servers[s].closed <= l.now
}

// close keeps new requests away from s (RFC 3261 §21.5.4).
func (l *Line) close(s int8, retryAfter time.Duration) {
	if retryAfter > 0 {
		at := l.now + min(retryAfter, maxRetryAfter)
		l.servers[s].closed = max(l.servers[s].closed, at)
		l.decide(Action{Decision: LeaveAlone, From: none, Server: s, Status: 503, Cause: Answered, At: at})
	}
}

// valid is s, or the active target if there is no target s.
func (l *Line) valid(s int8) int8 {
	if s < 0 || int(s) >= len(l.servers) {
		return l.active
	}
	return s
}
