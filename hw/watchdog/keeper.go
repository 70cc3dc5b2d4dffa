package watchdog

import (
	"slices"
	"time"
)

// A keeper knows when each loop last answered and decides who hangs. It is pure:
// the time is an argument.
type keeper struct {
	watched []*watched
	hung    []string // as the last Step saw it
}

// watched is one loop.
type watched struct {
	name  string
	limit time.Duration
	last  time.Time // of its last answer
}

// watch begins to expect answers; the first one within limit.
func (k *keeper) watch(now time.Time, name string, limit time.Duration) *watched {
	w := &watched{name, limit, now}
	k.watched = append(k.watched, w)
	return w
}

// forget expects nothing of a loop any more.
func (k *keeper) forget(w *watched) {
	k.watched = slices.DeleteFunc(k.watched, func(x *watched) bool { return x == w })
}

// A verdict is what a keeper says of one moment.
type verdict struct {
	feed    bool     // every loop has answered in time
	hung    []late   // since this moment
	answers []string // again, since this moment
}

// late is a loop that hangs, and since when nothing was heard of it.
type late struct {
	name  string
	since time.Duration
}

// step judges. Without any loop all is well: the phone is still starting, or
// ends in order.
func (k *keeper) step(now time.Time) verdict {
	v := verdict{feed: true}
	var hung []string
	for _, w := range k.watched {
		since := now.Sub(w.last)
		if since <= w.limit {
			continue
		}
		v.feed = false
		hung = append(hung, w.name)
		if !slices.Contains(k.hung, w.name) {
			v.hung = append(v.hung, late{w.name, since})
		}
	}
	for _, name := range k.hung {
		if !slices.Contains(hung, name) {
			v.answers = append(v.answers, name)
		}
	}
	k.hung = hung
	return v
}
