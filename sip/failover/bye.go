package failover

import "phoned/sip"

// bye ends a confirmed dialog that was set up through server s. "BYE to the
// dialog's server -> unavailable -> REGISTER at the next server -> BYE there."
func (l *Line) bye(id ID, s int8) {
	r := request{id: id, method: sip.BYE, first: s}
	if l.lookUp(id, sip.BYE, false) >= 0 || !l.inService(r) {
		return
	}
	l.endInDialog(id)
	if !l.offline {
		l.needs(s)
	}
	i := l.newRequest(r)
	switch {
	case i < 0:
	case l.offline:
		l.stall(i)
	default:
		l.begin(i)
	}
}

// stall makes a BYE wait for our own link, for as long as a last server would
// be waited for.
func (l *Line) stall(i int) {
	r := &l.requests[i]
	r.state, r.tried, r.until = stalled, 0, l.now+l.cfg.Timers.Timeout()
}

// inDialog sends another request inside a dialog, to its server alone.
func (l *Line) inDialog(id ID, m sip.Method, s int8) {
	r := request{id: id, method: m, first: s, inDialog: true}
	switch m {
	case sip.UnknownMethod, sip.REGISTER, sip.ACK, sip.CANCEL, sip.BYE:
		return // never asked for like this
	}
	if !l.inService(r) {
		return
	}
	switch {
	case l.offline:
		l.done(r, Action{Cause: NoNetwork, Server: s})
		return
	case !l.open(s):
		l.done(r, Action{Cause: Answered, Server: s})
		return
	}
	l.needs(s)
	if i := l.newRequest(r); i >= 0 {
		l.begin(i)
	}
}

// endInDialog ends what is under way inside the dialog of call id.
func (l *Line) endInDialog(id ID) {
	for i := 0; i < len(l.requests); i++ {
		if r := l.requests[i]; r.inDialog && (r.id == id || id == 0) {
			l.drop(r.tx)
			l.requestDone(i, Action{Tx: r.tx, Server: r.first})
			i--
		}
	}
}
