package siptest

import (
	"strconv"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// fault is what is wrong with a server at present; Heal makes it good again.
type fault struct {
	status     int
	retryAfter time.Duration
	minExpires time.Duration
	realm      string // challenges name this realm instead
	always     bool   // no credentials are good enough
	stale      int    // so many good credentials are called stale
}

func (f fault) headers() []gosip.Header {
	if f.retryAfter <= 0 {
		return nil
	}
	return []gosip.Header{gosip.NewHeader("Retry-After", strconv.Itoa(int(f.retryAfter/time.Second)))}
}

// Stop closes every socket: datagrams meet ICMP port unreachable, connections
// are refused. Bindings stay, transactions are forgotten.
func (s *Server) Stop() { s.st.stop() }

// Silence makes the server read and say nothing. Its record goes on, with the
// fate Silenced.
func (s *Server) Silence() { s.set(func() { s.st.silent = true }) }

// Status makes the server answer every request but ACK with a status, with
// Retry-After if that is not 0.
func (s *Server) Status(status int, retryAfter time.Duration) {
	s.set(func() { s.fault.status, s.fault.retryAfter = status, retryAfter })
}

// Heal ends every fault and opens the sockets again. The error is that of a
// socket.
func (s *Server) Heal() error {
	s.set(func() {
		s.fault = fault{minExpires: s.cfg.MinExpires}
		s.st.silent, s.st.delay, s.st.loss = false, 0, 0
	})
	return s.st.start()
}

// Delay makes every message of the server late.
func (s *Server) Delay(d time.Duration) { s.set(func() { s.st.delay = d }) }

// Lose makes the server lose datagrams both ways with a probability, 0 to 1.
func (s *Server) Lose(p float64) { s.set(func() { s.st.loss = p }) }

// ChallengeAlways makes the server challenge even the right credentials.
func (s *Server) ChallengeAlways() { s.set(func() { s.fault.always = true }) }

// Stale makes the server call the next n right credentials stale.
func (s *Server) Stale(n int) { s.set(func() { s.fault.stale = n }) }

// Realm makes the server's challenges name another realm.
func (s *Server) Realm(realm string) { s.set(func() { s.fault.realm = realm }) }

// MinExpires makes the server answer 423 to registrations below d.
func (s *Server) MinExpires(d time.Duration) { s.set(func() { s.fault.minExpires = d }) }

// Reset closes every connection that is open.
func (s *Server) Reset() {
	s.set(func() {
		for _, c := range s.st.streams {
			c.close()
		}
	})
}

func (s *Server) set(f func()) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	f()
}
