package jitter

import "time"

const clock = 8000 // RTP ticks a second

// toTicks is d in RTP ticks.
func toTicks(d time.Duration) int64 { return int64(d) / (int64(time.Second) / clock) }

// fromTicks is n RTP ticks.
func fromTicks(n int64) time.Duration { return time.Duration(n) * (time.Second / clock) }

const ms = clock / 1000

// least keeps the smallest of the values of the last few seconds.
type least struct {
	now, before int64 // of this half of the window and of the one before
	began       int64 // this half
	some        bool
}

const half = 2500 * ms

func (l *least) put(t, v int64) {
	switch age := t - l.began; {
	case !l.some || age >= 2*half || age < 0:
		*l = least{now: v, before: v, began: t, some: true}
	case age >= half:
		l.before, l.now, l.began = l.now, v, l.began+half
	default:
		l.now = min(l.now, v)
	}
}

func (l *least) get() int64 { return min(l.now, l.before) }

// shift moves all values: what they are measured against has moved.
func (l *least) shift(n int64) {
	l.now += n
	l.before += n
}

const (
	binTicks = 5 * ms
	bins     = 200 // up to 1 s
	whole    = 1 << 30
	oldest   = 512 // packets that the histogram remembers, more or less
	floor    = 20 * ms
	ceiling  = 400 * ms
	pullTick = 10 * ms // a packet must be there when the period it begins in is pulled
)

// A delay learns how much slower than the fastest packet of late the packets
// are: a histogram that forgets.
type delay struct {
	fastest least // transit time: arrival minus timestamp
	weight  [bins]uint32
	seen    uint32
}

// start is what the delay is before anything is known: 40 ms.
func (d *delay) start() {
	*d = delay{}
	d.weight[(40*ms-pullTick)/binTicks-1] = whole
	d.seen = 1
}

// put takes the transit time of a packet that arrived at t.
func (d *delay) put(t, transit int64) {
	d.fastest.put(t, transit)
	slow := transit - d.fastest.get()
	bin := int(min(max(slow, 0)/binTicks, bins-1))
	d.seen = min(d.seen+1, oldest)
	var sum uint32
	for i, w := range d.weight {
		w -= w / d.seen
		d.weight[i] = w
		sum += w
	}
	d.weight[bin] += whole - sum
}

// target is how long the fastest packet should wait before it is played: so
// long that 95 of 100 packets are there in time.
func (d *delay) target() int64 {
	var sum uint32
	for i, w := range d.weight {
		sum += w
		if sum >= whole/100*95 {
			return min(max(int64(i+1)*binTicks+pullTick, floor), ceiling)
		}
	}
	return ceiling
}
