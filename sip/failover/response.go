package failover

import (
	"time"

	"phoned/sip"
)

// response takes an answer to a transaction.
func (l *Line) response(e Event) {
	i := l.find(e.Tx)
	if i < 0 || e.Status < 100 || e.Status > 699 {
		return
	}
	t := &l.txs[i]
	if e.Status != 503 {
		l.sample(t)
		l.heardFrom(t.server)
		defer l.stay(t.server) // what the answer settles comes first
	}
	switch t.state {
	case unwanted:
		l.unwantedAnswer(i, e.Status)
		return
	case accepted, refused:
		l.repeatedAnswer(i, e.Status)
		return
	case over:
		return
	}
	verdict := sip.Judge(t.method, int(e.Status))
	if verdict == sip.Provisional {
		l.provisional(t, e.Status, e.Tagged)
		return
	}
	if e.Status == 503 {
		l.close(t.server, e.RetryAfter)
	}
	switch {
	case verdict == sip.Challenged && e.Challenge == Answerable && l.repeatable(t):
		l.repeat(i, l.expiry(t))
	case verdict == sip.TooBrief && l.raises(t, e.Expires) && l.repeatable(t):
		// RFC 3261 §10.3 step 6: the registrar names the least it accepts.
		l.servers[t.server].ask = e.Expires
		l.repeat(i, e.Expires)
	case verdict == sip.Unavailable:
		l.attemptFailed(i, Answered, e.Status)
	default:
		l.settled(i, e, verdict == sip.Accepted)
	}
}

// provisional takes a 1xx. Only an INVITE may rely on it: it leaves the timers
// behind for good (RFC 3261 §17.1.1.2). To anything else it is no answer: the
// limit runs on, and copies leave each T2 (§17.1.2.2).
func (l *Line) provisional(t *transaction, status uint16, tagged bool) {
	if t.method != sip.INVITE {
		t.slow = true
		return
	}
	if t.state == calling || t.bare {
		t.state, t.next, t.until, t.doubtAt = proceeding, Never, Never, Never
		if status == 100 && !tagged {
			l.bareTrying(t)
		} else {
			t.bare = false // a call may be ringing: never a second INVITE from here on
		}
	}
	l.deliver(t, status)
}

func (l *Line) deliver(t *transaction, status uint16) {
	l.emit(Action{Kind: Deliver, Tx: t.tx, ID: t.id, Method: t.method, Server: t.server, Status: status})
}

// expiry is what REGISTER t asks for.
func (l *Line) expiry(t *transaction) time.Duration {
	if t.method != sip.REGISTER || t.purpose == ForFarewell {
		return 0
	}
	return l.servers[t.server].ask
}

// repeatable tells whether t may be sent again to the same server. CANCEL has
// no credentials (RFC 3261 §22.1), and an OPTIONS answered with a challenge
// or the REGISTER without Contact has done its work.
func (l *Line) repeatable(t *transaction) bool {
	return t.repeats < maxRepeats && t.method != sip.CANCEL && t.purpose != ForWarmth &&
		(t.method != sip.OPTIONS || t.purpose != ForService)
}

// raises tells whether a 423 names an expiry that may be asked for instead.
func (l *Line) raises(t *transaction, least time.Duration) bool {
	return t.purpose != ForFarewell && least > l.expiry(t) && least <= longest
}

// repeat sends the request of transaction i to the same server again, as a new
// transaction of the same attempt with a new limit.
func (l *Line) repeat(i int, expires time.Duration) {
	t := l.txs[i]
	old, r := t.tx, l.requestOf(t.tx)
	t.repeats++
	t.slow = false
	if l.pass.on && l.pass.tx == old { // a probe that a pass waits for
		t.long = l.last(t.server, l.pass.tried)
	}
	tx := l.send(t, old, expires)
	l.answered(l.find(old), refused)
	if tx == 0 { // only a request of the user can find no room
		l.requestDone(r, Action{Cause: Overload, Server: t.server})
		return
	}
	if l.probe == old {
		l.probe = tx
	}
	if l.pass.tx == old {
		l.pass.tx = tx
	}
	if l.second.tx == old {
		l.second.tx = tx
	}
	if r >= 0 {
		l.requests[r].tx, l.requests[r].since = tx, l.now
	}
	l.release(old)
}

// settled takes a final answer that is no failure of the server.
func (l *Line) settled(i int, e Event, ok bool) {
	t := l.txs[i]
	switch {
	case t.purpose == ForService && t.method == sip.REGISTER:
		l.forget(i)
		l.registerAnswered(t, e, ok)
	case t.purpose == ForService:
		l.forget(i) // any answer to OPTIONS but 503 is alive
		l.keepAlive = 0
	case t.purpose == ForProbe:
		l.probeAnswered(i, e, ok)
	case t.purpose == ForStandby:
		l.forget(i)
		l.standbyAnswered(t, e, ok)
	case t.purpose == ForWarmth:
		l.forget(i)
	case t.purpose == ForFarewell:
		l.forget(i)
		l.farewellEnded(t, NoCause, 0)
	case t.method == sip.CANCEL:
		l.forget(i)
	default:
		l.requestAnswered(i, e.Status, ok)
	}
}

// unreachable takes news from the network about a transaction.
func (l *Line) unreachable(tx Tx, cause Cause) {
	i := l.find(tx)
	// NoNetwork is no evidence against the server: LinkDown will follow, or the
	// limit decides. Nor is a failure after a 1xx to an INVITE: the server has
	// taken it, and a second one could become a second call.
	if i < 0 || l.txs[i].state != calling || cause == NoNetwork {
		return
	}
	if cause == NoCause {
		cause = ICMP
	}
	if cause == Certificate {
		l.emit(Action{Kind: Notice, Notice: BadCertificate, Server: l.txs[i].server, Cause: cause})
	}
	l.attemptFailed(i, cause, 0)
}

// attemptFailed ends the attempt of transaction i: its server is unavailable,
// for this request at least.
func (l *Line) attemptFailed(i int, cause Cause, status uint16) {
	t := l.txs[i]
	if t.purpose == ForWarmth && cause == Silence {
		l.doubtWarmth(t.server)
	} else {
		l.blame(t.server, t.sent, cause, status, l.urgent(&t))
	}
	if status != 0 {
		l.answered(i, refused)
	} else {
		l.abandon(i)
	}
	switch {
	case t.purpose == ForService && t.method == sip.REGISTER:
		l.registerFailed(cause, status)
	case t.purpose == ForService:
		l.keepAlive = 0
		l.trigger(t.server, cause)
	case t.purpose == ForProbe:
		l.probeFailed(t, cause, status)
	case t.purpose == ForStandby:
		l.standbyFailed(t, cause, status)
	case t.purpose == ForWarmth:
	case t.purpose == ForFarewell:
		l.farewellEnded(t, cause, status)
	case t.method == sip.CANCEL:
		l.trigger(t.server, cause)
	default:
		l.requestFailed(t, cause, status)
	}
}

// trigger starts a registration pass at server s, which failed to answer an
// OPTIONS or a CANCEL. A server that the line has left triggers nothing. One
// that is known to be down is not asked again by a smart line.
func (l *Line) trigger(s int8, cause Cause) {
	switch {
	case !l.registered || s != l.active || l.pass.on || l.stopping || l.offline || cause == Overload:
	case l.standIn(s) != s:
		l.leave(s, cause, 0, false)
	default:
		l.startPass(pass{first: s, own: true, quiet: true})
	}
}

// urgent tells whether somebody waits for transaction t.
func (l *Line) urgent(t *transaction) bool {
	if t.purpose != ForUser {
		return l.pass.on && l.pass.tx == t.tx && !l.pass.quiet
	}
	return t.method != sip.CANCEL
}
