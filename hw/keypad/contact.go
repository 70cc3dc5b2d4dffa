package keypad

import (
	"time"

	"phoned/hw"
)

// A disorder is why a contact is not listened to.
type disorder uint8

const (
	sound      disorder = iota
	stuck               // it does not open any more
	chattering          // it goes up and down faster than any finger
)

// A contact is one crossing of a row and a column: a key, or a place without
// one, which can be a short circuit at the most.
type contact struct {
	key  hw.Key
	down bool // it is closed, and not by a bounce
	told bool // its Press was told, and no Release yet

	reads   uint8     // how many times in a row it has read otherwise than down says
	changed time.Time // when it did first

	since   time.Time // down since
	long    bool      // Long was told
	repeats uint8     // so many were told
	repeat  time.Time // the next one

	disorder disorder
	up       time.Time // since when a contact out of order has read open; zero = it has not
	taps     patience
}

// read takes one reading, and tells whether the contact has gone up or down.
func (c *contact) read(now time.Time, closed bool, debounce time.Duration) bool {
	if closed == c.down {
		c.reads = 0
		return false
	}
	if c.reads == 0 {
		c.changed = now
	}
	c.reads = min(c.reads+1, agreeing)
	if c.reads < agreeing || now.Sub(c.changed) < debounce {
		return false
	}
	c.reads = 0
	c.down = closed
	return true
}

// doubt forgets the readings before one that says nothing.
func (c *contact) doubt() {
	c.reads = 0
	c.up = time.Time{}
}

// restless tells whether the contact wants more readings.
func (c *contact) restless() bool {
	return c.disorder == sound && (c.down || c.reads > 0)
}

// heal takes a reading of a contact that is out of order, and tells whether it
// is well again.
func (c *contact) heal(now time.Time, closed bool) bool {
	if closed {
		c.up = time.Time{}
		return false
	}
	if c.up.IsZero() {
		c.up = now
	}
	if now.Sub(c.up) < healing {
		return false
	}
	*c = contact{key: c.key}
	return true
}
