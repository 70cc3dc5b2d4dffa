package failover

import "time"

// splayTime is how long a move that nobody waits for is put off at most, so
// that the phones that lose their server in one instant do not fall upon the
// next one together.
const splayTime = 20 * time.Second

// splay is this phone's part of a wait over which the fleet is spread: always
// the same part, so that the phones do not meet again by chance.
func (l *Line) splay(span time.Duration) time.Duration {
	part := time.Duration(uint64(l.cfg.Device) * uint64(span/time.Millisecond) >> 32)
	return part * time.Millisecond
}

// splayPass puts the pass off that has just found its first server unavailable,
// if nobody waits for it.
func (l *Line) splayPass(s int8) {
	p := &l.pass
	if !l.cfg.Smart || !p.quiet || p.splayed || l.registered || l.anyParked() {
		return
	}
	p.splayed, p.left = true, s
	if wait := l.splay(splayTime); wait > 0 {
		p.wait = l.now + wait
	}
}

// anyParked tells whether a request waits for the pass.
func (l *Line) anyParked() bool {
	for i := range l.requests {
		if l.requests[i].state == parked {
			return true
		}
	}
	return false
}

// waiting tells whether the pass under way is put off.
func (l *Line) waiting() bool { return l.pass.on && l.pass.wait != 0 }

// hurry ends that: somebody waits for the pass.
func (l *Line) hurry() {
	if l.waiting() {
		l.pass.wait = 0
		l.askNext()
	}
}
