package wire

import (
	"slices"
	"time"
)

// The waits of RFC 5626 §4.5 before another connect, and what is beside them.
const (
	backoffBase = 30 * time.Second
	backoffMax  = 30 * time.Minute
	// steady is how long a connection must have been up for its loss to be none of
	// a row of failures.
	steady = time.Minute
	// reopenWithin spreads the first connect after such a loss: a server that starts
	// anew has all its phones to serve.
	reopenWithin = 20 * time.Second
)

// A kept is a server whose connection is opened ahead of need.
type kept struct {
	server   Server
	failures int       // in a row
	due      time.Time // no connect before
}

// Keep replaces the set of servers whose connections are opened ahead of need
// and kept open: those on UDP are ignored, as are those that SetServers does not
// name. One that can not be opened, or is lost, is told by OnConnectionLost and
// tried again after the waits of RFC 5626 §4.5, or at once when a flight wants
// it. A server that leaves the set keeps a connection that is open.
func (w *Wire) Keep(servers []Server) {
	w.mu.Lock()
	var keeps []*kept
	for _, s := range servers {
		if !s.Transport.Reliable() || slices.ContainsFunc(keeps, func(k *kept) bool { return k.server == s }) {
			continue
		}
		k := w.keeping(s)
		if k == nil {
			k = &kept{server: s}
		}
		keeps = append(keeps, k)
	}
	w.keeps = keeps
	for s, l := range w.links {
		if l.stream == nil && len(l.waiters) == 0 && w.keeping(s) == nil {
			l.cancel()
			delete(w.links, s)
		}
	}
	start := len(keeps) > 0 && !w.keeper && !w.closed
	w.keeper = w.keeper || start
	w.mu.Unlock()
	if start {
		w.spawn(w.keepOpen)
	}
	w.wakeKeeper()
}

// keeping is what is known of a server of Keep, or nil; the caller holds mu.
func (w *Wire) keeping(s Server) *kept {
	for _, k := range w.keeps {
		if k.server == s {
			return k
		}
	}
	return nil
}

func (w *Wire) wakeKeeper() {
	select {
	case w.keepWake <- struct{}{}:
	default:
	}
}

// keepOpen opens the connections of Keep whenever they are due.
func (w *Wire) keepOpen() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait := time.Hour
		now := time.Now()
		w.mu.Lock()
		for _, k := range w.keeps {
			switch {
			case w.closed || !w.servers[k.server] || w.links[k.server] != nil:
			case now.Before(k.due):
				wait = min(wait, k.due.Sub(now))
			default:
				w.newLink(k.server, Server{}, w.cfg.ConnectTimeout)
			}
		}
		w.mu.Unlock()
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-w.keepWake:
		case <-w.ctx.Done():
			return
		}
	}
}

// reopen sets when the connection l, which was lost or could not be opened, is
// opened again, if it is one of Keep; the caller holds mu.
func (w *Wire) reopen(l *link, lost bool) bool {
	k := w.keeping(l.server)
	if k == nil || w.closed {
		return false
	}
	now := time.Now()
	if lost && now.Sub(l.opened) >= steady {
		k.failures = 0
		k.due = now.Add(time.Duration(w.cfg.Random() * float64(reopenWithin)))
	} else {
		k.failures++
		k.due = now.Add(w.backoff(k.failures))
	}
	w.wakeKeeper()
	return true
}

// backoff is the wait after so many failures in a row: 50 to 100 % of twice the
// one before.
func (w *Wire) backoff(failures int) time.Duration {
	limit := backoffMax
	if failures < 6 { // 30 s * 2^6 is more
		limit = min(limit, backoffBase<<failures)
	}
	return time.Duration(float64(limit) * (0.5 + 0.5*w.cfg.Random()))
}
