package failover

import "phoned/sip"

// dial asks the active server for a call.
func (l *Line) dial(id ID) {
	r := request{id: id, method: sip.INVITE, first: l.active}
	if !l.registered {
		r.first = l.current(l.active)
	}
	if l.lookUp(id, sip.INVITE, false) >= 0 || !l.inService(r) {
		return
	}
	if l.offline {
		l.done(r, Action{Cause: NoNetwork, Server: l.active})
		return
	}
	l.needs(r.first)
	i := l.newRequest(r)
	switch {
	case i < 0:
	case l.pass.on && l.pass.tried.has(r.first):
		// The pass under way has just found the active server dead: the call
		// waits for what it finds.
		l.requests[i].state = parked
		l.endDrill()
		l.hurry()
	default:
		l.begin(i)
	}
}

// hangup ends a Dial. "The pass ends, no INVITE goes anywhere."
func (l *Line) hangup(id ID) {
	if i := l.lookUp(id, sip.INVITE, false); i >= 0 {
		l.endDial(i, NoCause)
		l.endIdlePass()
	}
}

// endIdlePass ends a registration pass that only a call wanted which is hung
// up, while the registration stands (the active server refused the INVITE with
// 503, and serves all the same).
func (l *Line) endIdlePass() {
	if !l.pass.on || l.pass.own || !l.registered {
		return
	}
	for i := range l.requests {
		if l.requests[i].state == parked {
			return
		}
	}
	if l.pass.tx != l.probe {
		l.drop(l.pass.tx)
	}
	l.pass = pass{}
}

// endDial ends the Dial of request i before its final answer.
func (l *Line) endDial(i int, cause Cause) {
	r := l.requests[i]
	if j := l.find(r.tx); j >= 0 && r.state == asking {
		if l.txs[j].state == proceeding {
			l.keep(j, unwanted, l.now+unwantedFor)
			l.cancel(j)
		} else {
			// RFC 3261 §9.1: no CANCEL before a provisional response.
			l.abandon(j)
		}
	}
	l.requestDone(i, Action{Tx: r.tx, Server: r.first, Cause: cause})
}

// cancel ends the unwanted INVITE i, once. CANCEL goes where the INVITE went
// and nowhere else (RFC 3261 §9.1).
func (l *Line) cancel(i int) {
	t := &l.txs[i]
	if t.cancelled {
		return
	}
	t.cancelled = true
	l.send(transaction{
		id: t.id, method: sip.CANCEL, server: t.server, long: l.single(),
	}, t.tx, 0)
}

// unwantedAnswer takes an answer to an INVITE nobody wants any more: "1xx ->
// CANCEL once; 2xx -> ACK each copy and one BYE; 3xx-6xx -> ACK."
func (l *Line) unwantedAnswer(i int, status uint16) {
	switch {
	case status < 200:
		l.cancel(i)
	case status < 300:
		l.late(i)
	default:
		l.answered(i, refused)
	}
}

// repeatedAnswer takes one more answer to an INVITE that has its final one.
func (l *Line) repeatedAnswer(i int, status uint16) {
	t := &l.txs[i]
	switch {
	case status < 200 || status > 299: // the owner acknowledges what is final
	case t.state == accepted:
		l.deliver(t, status)
	default: // one branch refused, another one answers: never two calls
		l.late(i)
	}
}

// late tells of a 2xx nobody wants. It is kept for further copies.
func (l *Line) late(i int) {
	t := &l.txs[i]
	t.cancelled = true
	l.keep(i, unwanted, l.now+l.cfg.Timers.Timeout())
	l.emit(Action{Kind: Late, Tx: t.tx, ID: t.id, Method: t.method, Server: t.server})
}
