package wire

import "errors"

var errUnacknowledged = errors.New("the server's host acknowledges nothing any more")

// SetBusy replaces the set of servers that a call or an unanswered request
// needs now: their connections are pinged every second, and one that is dead
// is noticed within 2 s. Other connections to servers are pinged about every
// 9 s, and a dead one is noticed within 15 s.
func (w *Wire) SetBusy(servers []Server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = map[Server]bool{}
	for _, s := range servers {
		w.busy[s] = true
	}
}
