package device

import (
	"time"

	"phoned/audio"
)

// behind is how late a thread may be before the periods it missed are given up,
// as a sound card's buffer would run dry.
const behind = 200 * time.Millisecond

// A clock is the periods of a device without hardware.
type clock struct {
	running bool
	next    time.Duration // when the next period is due
}

func (c *clock) Start(now time.Duration) error {
	if !c.running {
		c.running, c.next = true, now+audio.Period
	}
	return nil
}

func (c *clock) Stop() { c.running = false }

// Wait implements audio.Device.
func (c *clock) Wait() (fd int, events int16, deadline time.Duration) { return -1, 0, c.next }

// due says whether a period is due, and counts it.
func (c *clock) due(now time.Duration) bool {
	if !c.running || now < c.next {
		return false
	}
	if now-c.next > behind {
		c.next = now
	}
	c.next += audio.Period
	return true
}
