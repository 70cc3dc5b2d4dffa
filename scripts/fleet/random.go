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

// chance is true n times in a million.
func (r *random) chance(n uint32) bool { return n != 0 && r.next()%1_000_000 < uint64(n) }

// network is the way between a phone and a server.
type network struct {
	least, most time.Duration // one way; each phone has its own in between
	jitter      time.Duration // and each packet up to this much more
	loss        uint32        // packets of a million, each way
}

// defaultNetwork is that of offices on ordinary access lines.
var defaultNetwork = network{
	least: 2 * time.Millisecond, most: 40 * time.Millisecond, jitter: 10 * time.Millisecond, loss: 2000,
}

// lossTCP is how much later a TCP segment arrives whose first copy was lost:
// the least retransmission timeout of common kernels.
const lossTCP = 200 * time.Millisecond
