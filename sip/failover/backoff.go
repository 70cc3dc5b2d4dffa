package failover

import "time"

// Waits between passes (RFC 5626 §4.5: base 30 s, at most 1800 s).
const (
	baseWait = 30 * time.Second
	maxWait  = 1800 * time.Second
)

// doubled is base * 2^k, at most maxWait.
func doubled(base time.Duration, k uint) time.Duration {
	for ; k > 0 && base < maxWait; k-- {
		base *= 2
	}
	return min(base, maxWait)
}

// backoff is the wait after a failed pass: uniform in 50-100 % of W, or until
// the first server may be asked again, if that is longer.
func (l *Line) backoff() time.Duration {
	w := doubled(baseWait, l.failed)
	return max(l.rand.between(w/2, w), l.closedFor())
}

// closedFor is how long every server wants to be left alone.
func (l *Line) closedFor() time.Duration {
	d := Never
	for i := range l.servers {
		d = min(d, l.servers[i].closed)
	}
	return d - l.now
}

// refusalWait is the wait after a server refused the registration.
func (l *Line) refusalWait(retryAfter time.Duration) time.Duration {
	base := l.cfg.RegFailInterval
	w := max(base, doubled(base, l.refused-1))
	return max(w, min(retryAfter, maxRetryAfter))
}
