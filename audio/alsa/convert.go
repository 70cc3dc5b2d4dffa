package alsa

import (
	"phoned/audio/halfband"
	"phoned/audio/polyphase"
)

// A raise brings the ear's samples to the rate of the hardware.
type raise struct {
	two  *halfband.Up
	many *polyphase.Up
}

func newRaise(factor int) (r raise) {
	switch factor {
	case 2:
		r.two = new(halfband.Up)
	case 3, 6:
		r.many = polyphase.NewUp(factor)
	}
	return r
}

func (r *raise) raise(dst, src []int16) int {
	switch {
	case r.two != nil:
		return r.two.Double(dst, src)
	case r.many != nil:
		return r.many.Raise(dst, src)
	}
	return copy(dst, src)
}

// A lower brings the hardware's samples to the rate of the mouth.
type lower struct {
	two  *halfband.Down
	many *polyphase.Down
}

func newLower(factor int) (l lower) {
	switch factor {
	case 2:
		l.two = new(halfband.Down)
	case 3, 6:
		l.many = polyphase.NewDown(factor)
	}
	return l
}

func (l *lower) lower(dst, src []int16) int {
	switch {
	case l.two != nil:
		return l.two.Halve(dst, src)
	case l.many != nil:
		return l.many.Lower(dst, src)
	}
	return copy(dst, src)
}

func (l *lower) reset() {
	if l.two != nil {
		l.two.Reset()
	}
	if l.many != nil {
		l.many.Reset()
	}
}
