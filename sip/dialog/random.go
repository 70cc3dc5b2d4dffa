package dialog

import "time"

// random is a small generator with a seed (splitmix64), so that a run can be
// replayed. It guards nothing: it only spreads waits.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// between is a whole number of steps from low to high, both included.
func (r *random) between(low, high, step time.Duration) time.Duration {
	n := uint64((high-low)/step) + 1
	return low + time.Duration(r.next()%n)*step
}

// An alarm is a time that may be set.
type alarm struct {
	at  time.Duration
	set bool
}

func (a *alarm) ring(at time.Duration) { *a = alarm{at: at, set: true} }

func (a *alarm) stop() { *a = alarm{} }

// due tells whether the alarm has come.
func (a *alarm) due(now time.Duration) bool { return a.set && a.at <= now }

// sooner is the earlier of two alarms.
func (a alarm) sooner(b alarm) alarm {
	if !a.set || b.set && b.at < a.at {
		return b
	}
	return a
}
