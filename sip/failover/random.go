package failover

import "time"

// random is a generator of 64 bits of state (splitmix64): small, and the same
// on every processor, so that a seed replays a run anywhere.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// between draws uniformly from lo up to and with hi, in whole milliseconds so
// that logs stay readable.
func (r *random) between(lo, hi time.Duration) time.Duration {
	span := uint64(max(hi-lo, 0)/time.Millisecond) + 1
	return lo + time.Duration(r.next()%span)*time.Millisecond
}
