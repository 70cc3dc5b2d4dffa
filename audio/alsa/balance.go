package alsa

// balanceOver is how many periods are looked at before a frame is trimmed.
const balanceOver = 64

// A balance keeps the delay when the clocks of playback and capture differ, as
// those of two cards do. For each period read one is written, so what waits in
// both rings together stays the same however late the thread is; if it grows,
// playback is the slower one. Then one frame of a period is left out, or put in
// twice, now and again: at 16000 Hz and 100 ppm of difference in one period of 60.
//
// What should wait is what does at the beginning: many cards tell where they are
// only in steps of a period.
type balance struct {
	margin int // frames off that are let be
	want   int // frames that should wait in both rings
	known  bool
	sum    int
	seen   int
	owed   int // frames to leave out, or if negative to put in
}

func newBalance(period int) balance { return balance{margin: period / 4} }

// reset begins anew, with the streams.
func (b *balance) reset() { *b = balance{margin: b.margin} }

// see takes how many frames wait in both rings.
func (b *balance) see(total int) {
	b.sum += total
	b.seen++
	if b.seen < balanceOver {
		return
	}
	mean := b.sum / b.seen
	b.sum, b.seen = 0, 0
	switch off := mean - b.want; {
	case !b.known:
		b.want, b.known = mean, true
	case off > b.margin || off < -b.margin:
		b.owed = off
	default:
		b.owed = 0
	}
}

// trim is how many frames the next period is longer: -1, 0 or 1.
func (b *balance) trim() int {
	switch {
	case b.owed > 0:
		b.owed--
		return -1
	case b.owed < 0:
		b.owed++
		return 1
	}
	return 0
}
