package ua

import (
	"time"

	"phoned/sip/failover"
)

// A clock knows which line wants a Tick first, however many lines there are: a
// heap of those that wait for a time. A line knows its place in it, so that one
// step moves one line, and a turn of the loop looks at none that has nothing to
// do.
type clock struct{ heap []*line }

// next is when the first line wants a Tick.
func (c *clock) next() time.Duration {
	if len(c.heap) == 0 {
		return failover.Never
	}
	return c.heap[0].due
}

// set says when a line wants its next Tick; failover.Never takes it out.
func (c *clock) set(l *line, due time.Duration) {
	switch {
	case l.place == 0 && due == failover.Never, l.place > 0 && l.due == due:
		return
	case l.place == 0:
		l.due = due
		c.heap = append(c.heap, l)
		l.place = len(c.heap)
		c.up(l.place - 1)
	case due == failover.Never:
		i, last := l.place-1, len(c.heap)-1
		c.swap(i, last)
		c.heap[last] = nil
		c.heap = c.heap[:last]
		l.place = 0
		if i < last {
			c.down(i)
			c.up(i)
		}
	default:
		l.due = due
		c.down(l.place - 1)
		c.up(l.place - 1)
	}
}

func (c *clock) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if c.heap[parent].due <= c.heap[i].due {
			return
		}
		c.swap(i, parent)
		i = parent
	}
}

func (c *clock) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(c.heap); child++ {
			if c.heap[child].due < c.heap[least].due {
				least = child
			}
		}
		if least == i {
			return
		}
		c.swap(i, least)
		i = least
	}
}

func (c *clock) swap(i, j int) {
	c.heap[i], c.heap[j] = c.heap[j], c.heap[i]
	c.heap[i].place, c.heap[j].place = i+1, j+1
}

// rewind sets the clock for a line after a step.
func (a *agent) rewind(l *line) {
	if l.gone {
		a.clock.set(l, failover.Never)
		return
	}
	if active := l.core.Active(); active != l.active {
		l.active, a.shared.need = active, true
	}
	due := l.core.Deadline()
	if l.leaveBy > 0 {
		due = min(due, l.leaveBy)
	}
	a.clock.set(l, due)
}
