package main

import "time"

// A state is what a server is for the network.
type state uint8

const (
	up     state = iota
	silent       // the host is gone: nothing comes back
	reset        // the process is gone: ICMP port unreachable, TCP reset
)

// serverConfig is how much a server can do.
type serverConfig struct {
	capacity int           // REGISTERs it can store in a second
	queue    int           // REGISTERs that may wait; what comes then is dropped
	retry    time.Duration // above half a queue: 503 with this Retry-After; 0 = never
}

// cheap is how many times less an answer costs that needs no location store:
// to OPTIONS, a challenge, a 503.
const cheap = 10

// server is a single process that takes one request after the other. Its times
// are ns since the start.
type server struct {
	cfg   serverConfig
	state state
	cost  int64 // of one REGISTER
	busy  int64 // until all that waits is done
	until int64 // its state changes next
}

func newServer(cfg serverConfig) server {
	return server{cfg: cfg, cost: int64(time.Second) / int64(max(cfg.capacity, 1)), until: 1<<63 - 1}
}

// A verdict is what becomes of a request at a server.
type verdict uint8

const (
	served   verdict = iota
	refused          // 503
	dropped          // the queue was full
	perished         // the server went down before it came to it
)

// take queues a request that arrives at now and costs as much as a REGISTER, or
// a tenth; done is when it has been worked on.
func (s *server) take(now int64, dear bool) (done int64, v verdict) {
	waits := max(s.busy-now, 0)
	cost := s.cost / cheap
	full := int64(s.cfg.queue) * s.cost
	switch {
	case waits+cost > full:
		return 0, dropped
	case s.cfg.retry > 0 && waits > full/2:
		v = refused
	case dear:
		cost = s.cost
	}
	s.busy = now + waits + cost
	if s.busy >= s.until {
		return 0, perished
	}
	return s.busy, v
}

// deaf tells whether nothing that arrives at a time still to come is heard.
func (s *server) deaf(at int64) bool { return s.state == silent && at < s.until }

// turn makes the server go into state st at now; it changes next at until.
// Going down forgets what waits.
func (s *server) turn(st state, now, until int64) {
	s.state, s.busy, s.until = st, now, until
}
