package jitter

// A line is the samples around now: what was played lately and what will be
// played next.
type line struct {
	s       [6144]int16
	at, end int // s[:at] was played, s[at:end] will be
}

// keep is how much of the past is kept: enough to conceal and to stretch.
const keep = 50 * maxRate / 1000

func (l *line) reset() {
	clear(l.s[:keep])
	l.at, l.end = keep, keep
}

func (l *line) ahead() int { return l.end - l.at }

// room makes room for n more samples at the end; false if they never fit.
func (l *line) room(n int) bool {
	if l.end+n <= len(l.s) {
		return true
	}
	off := l.at - keep
	copy(l.s[:], l.s[off:l.end])
	l.at, l.end = keep, l.end-off
	return l.end+n <= len(l.s)
}

// grow adds n samples at the end, which the caller writes.
func (l *line) grow(n int) []int16 {
	l.end += n
	return l.s[l.end-n : l.end]
}

// take moves samples to the past.
func (l *line) take(out []int16) {
	n := copy(out, l.s[l.at:l.end])
	l.at += n
}

const (
	stretchWindow = 10 // ms that must be alike
	stretchLow    = 5  // ms, the least that is left out or repeated
)

// needs is how many samples ahead shorten must have.
func needs(rate int) int { return (longest + stretchWindow) * rate / 1000 }

// alike decides whether a period may be left out or repeated: where the voice
// repeats itself, or is so quiet that nobody hears it; a must takes anything.
func alike(m match, must bool) bool {
	const quiet = 100 * 100
	return must || m.like > 0.7 || m.energy < quiet
}

// shorten leaves out one pitch period of what will be played next. It returns
// the number of samples left out, 0 if that would be heard.
func (l *line) shorten(rate int, must bool) int {
	w := stretchWindow * rate / 1000
	if l.ahead() < needs(rate) {
		return 0
	}
	m := similar(l.s[:l.end], l.at, w, stretchLow*rate/1000, longest*rate/1000, 1, rate/8000)
	if !alike(m, must) {
		return 0
	}
	// What is next fades into what is next but one period, and goes on there.
	next := l.s[l.at+m.lag : l.at+m.lag+w]
	fade(next, l.s[l.at:l.at+w], next)
	copy(l.s[l.at:], l.s[l.at+m.lag:l.end])
	l.end -= m.lag
	return m.lag
}

// lengthen plays the last pitch period again before what is next. It returns
// the number of samples put in, 0 if that would be heard.
func (l *line) lengthen(rate int, must bool) int {
	w := stretchWindow * rate / 1000
	if l.ahead() < w || !l.room(longest*rate/1000) {
		return 0
	}
	m := similar(l.s[:l.end], l.at, w, stretchLow*rate/1000, longest*rate/1000, -1, rate/8000)
	if !alike(m, must) {
		return 0
	}
	// What is next fades into the last period, which then leads to what is next.
	copy(l.s[l.at+m.lag:], l.s[l.at:l.end])
	l.end += m.lag
	n := min(w, m.lag)
	next := l.s[l.at+m.lag : l.at+m.lag+n] // moved
	// The last period, to be played again: the samples before at.
	copy(l.s[l.at:l.at+m.lag], l.s[l.at-m.lag:l.at])
	fade(l.s[l.at:l.at+n], next, l.s[l.at:l.at+n])
	return m.lag
}
