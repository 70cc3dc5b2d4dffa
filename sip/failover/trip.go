package failover

import "time"

// trip is what is known of the round trip to a target (RFC 6298 §2: SRTT and
// RTTVAR), learnt from requests that were answered to their first copy.
type trip struct{ mean, spread time.Duration }

// What a round trip may take where nothing is known of it, and the limits of
// what is believed.
const (
	unknownTrip  = 400 * time.Millisecond
	shortestTrip = 100 * time.Millisecond
	longestTrip  = time.Second
)

// learn takes a round trip of d.
func (t *trip) learn(d time.Duration) {
	if t.mean == 0 {
		t.mean, t.spread = max(d, 1), d/2
		return
	}
	off := t.mean - d
	t.spread += (max(off, -off) - t.spread) / 4
	t.mean = max(t.mean-off/8, 1)
}

// limit is how long an answer may take to come before it is missed.
func (t *trip) limit() time.Duration {
	if t.mean == 0 {
		return unknownTrip
	}
	return min(max(t.mean+4*t.spread, shortestTrip), longestTrip)
}
