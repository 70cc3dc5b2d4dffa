package dialog

import "time"

// The bounds of session timers.
const (
	shortest   = 90 * time.Second // RFC 4028 §4: no interval is shorter
	longest    = 24 * time.Hour   // what a far side's Min-SE may raise ours to
	lastCall   = 32 * time.Second // §10: who waits in vain ends the call so long before the end
	minAgain   = 10 * time.Second // between two refreshes of which the first came to nothing
	maxRaises  = 3                // 422 in a row
	expiryText = "the session has expired"
)

// A watch is the session timer of a call: when its session expires unless it
// is refreshed, and whose part that is (RFC 4028).
type watch struct {
	interval time.Duration // agreed on; 0 = the session does not expire
	ours     bool          // we refresh
	least    time.Duration // the highest Min-SE that was heard
	raises   int           // 422 in a row
	due      alarm         // the next refresh of ours
	end      alarm         // of the session
}

// supported are the option tags of our requests and 2xx.
func (c *Call) supported() (t Tags) {
	if c.config.SessionTimer || c.watch.interval > 0 {
		t |= TagTimer
	}
	if c.config.Reliable {
		t |= TagReliable
	}
	return t
}

// wished is what the first INVITE asks for. Who refreshes is left open
// (RFC 4028 §7.1).
func (c *Call) wished() Expiry {
	if !c.config.SessionTimer {
		return Expiry{}
	}
	e := Expiry{Min: c.watch.least}
	if c.config.SessionExpires > 0 {
		e.Interval = max(c.config.SessionExpires, shortest, c.watch.least)
	}
	return e
}

// renewed is what an INVITE or UPDATE inside the dialog says: each of them is
// a refresh, and the parts stay as they are (RFC 4028 §7.4).
func (c *Call) renewed() Expiry {
	w := &c.watch
	if w.interval == 0 {
		return Expiry{}
	}
	e := Expiry{Interval: max(w.interval, w.least), Refresher: UAS, Min: w.least}
	if w.ours {
		e.Refresher = UAC
	}
	return e
}

// granted takes what a 2xx to our INVITE or UPDATE says: without
// Session-Expires the session does not expire (any more, RFC 4028 §7.2).
func (c *Call) granted(e Expiry) {
	if !c.supported().Has(TagTimer) {
		return // not asked for
	}
	c.agree(e.Interval, e.Refresher != UAS)
}

// agree starts the session timer anew. A peer that names less than may be is
// taken at the least.
func (c *Call) agree(interval time.Duration, ours bool) {
	w := &c.watch
	w.raises = 0
	w.due.stop()
	w.end.stop()
	if w.interval = interval; interval <= 0 {
		return
	}
	w.interval, w.ours = max(interval, shortest), ours
	if ours {
		// RFC 4028 §7.2: half of the interval. If that comes to nothing, the session
		// ends when it ends: the far side has ended it before if it is there.
		w.due.ring(c.now + w.interval/2)
		w.end.ring(c.now + w.interval)
		return
	}
	w.end.ring(c.now + w.interval - min(lastCall, w.interval/3))
}

// raised takes a 422: the same may be asked for with the interval that it names
// (RFC 4028 §7.3).
func (c *Call) raised(e Expiry) bool {
	w := &c.watch
	asked := max(w.interval, w.least)
	if c.phase == calling {
		asked = max(c.wished().Interval, w.least)
	}
	if !c.supported().Has(TagTimer) || e.Min <= asked || e.Min > longest || w.raises == maxRaises {
		return false
	}
	w.raises++
	w.least = e.Min
	return true
}

// serve finds what the 2xx to an INVITE or UPDATE says of session timers (RFC
// 4028 §9). tooShort means 422 instead.
func (c *Call) serve(r Request) (e Expiry, require Tags, tooShort bool) {
	w := &c.watch
	if !c.config.SessionTimer && w.interval == 0 && !r.Require.Has(TagTimer) {
		return Expiry{}, 0, false // as if we had never heard of it
	}
	known := (r.Supported | r.Require).Has(TagTimer)
	asked, floor := r.Expiry.Interval, max(shortest, min(r.Expiry.Min, longest))
	if asked > 0 && asked < shortest && known {
		return Expiry{Min: shortest}, 0, true
	}
	w.least = max(w.least, min(r.Expiry.Min, longest))
	wish := time.Duration(0)
	if c.config.SessionTimer {
		wish = c.config.SessionExpires
	}
	switch {
	case asked > 0 && wish > 0:
		// It may be reduced, but not below Min-SE, and never increased but for what
		// a proxy has set too low (erratum 1687).
		e.Interval = max(min(asked, max(wish, floor)), shortest)
	case asked > 0:
		e.Interval = max(asked, shortest)
	case w.interval > 0:
		e.Interval = max(w.interval, floor)
	case wish > 0:
		e.Interval = max(wish, floor)
	default:
		return Expiry{}, 0, false
	}
	e.Refresher = UAS
	switch {
	case !known: // it can not be asked to refresh
		return e, 0, false
	case r.Expiry.Refresher != NoRefresher:
		e.Refresher = r.Expiry.Refresher
	case w.interval > 0 && !w.ours:
		e.Refresher = UAC // it keeps its part
	default:
		// The choice is ours: a refresh of ours can go another way where a server is
		// dead.
	}
	return e, TagTimer, false
}

// expire refreshes the session when that is due, and ends the call when
// nobody has (RFC 4028 §10).
func (c *Call) expire() {
	w := &c.watch
	if c.phase != up {
		return
	}
	if w.end.due(c.now) {
		c.end(Ended{Reason: expiryText}) // nobody hung up: the call is lost
		c.part()
		return
	}
	if w.due.due(c.now) {
		c.refresh = true
		w.due.stop()
		// One that comes to nothing is made again, half way to the end. What is
		// refreshed starts the timer anew.
		if wait := (w.end.at - c.now) / 2; wait >= minAgain {
			w.due.ring(c.now + wait)
		}
	}
}
