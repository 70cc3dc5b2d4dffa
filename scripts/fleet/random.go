package main

import "time"

// random is splitmix64: the same numbers on every processor.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// upTo draws uniformly from 0 up to and without d.
func (r *random) upTo(d tick) tick {
	if d == 0 {
		return 0
	}
	return tick((r.next() >> 32) * uint64(d) >> 32)
}

// network is the way between a phone and a server.
type network struct {
	least, most time.Duration // one way; each phone has its own in between
	jitter      time.Duration // and each packet up to this much more
	loss        float64       // part of the packets, each way
}

// defaultNetwork is that of offices on ordinary access lines.
var defaultNetwork = network{
	least: 2 * time.Millisecond, most: 40 * time.Millisecond, jitter: 10 * time.Millisecond, loss: 0.002,
}

// lossTCP is how much later a TCP segment arrives whose first copy was lost:
// the least retransmission timeout of common kernels.
const lossTCP = 200 * time.Millisecond

// draw is the jitter of one packet, and whether its first copy is lost. The two
// come from different bits of one number.
func (n *network) draw(r *random) (jitter tick, lost bool) {
	v := r.next()
	return tick((v >> 32) * uint64(ticks(n.jitter)) >> 32), float64(uint32(v)) < n.loss*(1<<32)
}
