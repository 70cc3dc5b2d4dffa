package dialog

import "phoned/sip"

// hangup ends the call, however far it is. The user is free at once; what the
// network needs goes on alone.
func (c *Call) hangup() {
	switch c.phase {
	case idle:
		c.phase = over
	case calling:
		c.end(Ended{})
		c.do(Cancel{Req: c.invite})
	case incoming:
		c.reject(486)
	case waiting, up:
		c.end(Ended{})
		c.part()
	}
}

// part ends the dialog of a call that was up.
func (c *Call) part() {
	// RFC 3261 §15: the callee sends no BYE before the ACK of its 2xx has come or
	// the transaction has timed out.
	if c.server != nil && c.server.first {
		return
	}
	c.release()
	c.bye(c.leg)
}

// end frees the user.
func (c *Call) end(news Ended) {
	if c.phase == over {
		return
	}
	c.phase = over
	c.digits = nil
	c.refresh = false
	c.retry.stop()
	// RFC 3261 §9.1: after 64*T1 no answer is to be expected any more.
	c.quiet.ring(c.now + c.lifetime())
	c.do(news)
}

// bye ends a confirmed dialog, once (RFC 3261 §15.1.1).
func (c *Call) bye(l *leg) {
	if l.bye || l.gone {
		return
	}
	l.bye = true
	c.send(l, Send{Method: sip.BYE})
}

// noAnswer: no server took the request, or none answered.
func (c *Call) noAnswer(req Req) {
	q, ok := c.open(req)
	if !ok {
		return
	}
	c.done(req)
	switch {
	case q.method == sip.BYE:
		q.leg.gone = true
	case c.phase == over:
	case req == c.invite:
		c.end(Ended{})
	case q.method == sip.INVITE:
		// RFC 3261 §12.2.1.2 would end the call here. Deliberately not: the voice does
		// not pass through the server that is silent, and the user decides. A far
		// side that is gone is known by 408 and 481.
		c.missed = missed{id: req, leg: q.leg, offer: c.session.offer}
		c.offerFailed(0)
	case q.method == sip.INFO:
		c.digits = nil
	}
}

// awaiting tells whether a response other than to BYE is still to come.
func (c *Call) awaiting() bool {
	for _, q := range c.requests {
		if q.method != sip.BYE {
			return true
		}
	}
	return false
}

// settle closes a call that has nothing left to do, and opens it again when
// something came late.
func (c *Call) settle() {
	if c.acks.due(c.now) {
		c.acks.stop()
	}
	if c.phase != over {
		return
	}
	if c.quiet.due(c.now) {
		c.quiet.stop()
	}
	ending := false
	for _, q := range c.requests {
		ending = ending || q.method == sip.BYE
	}
	busy := ending || c.server != nil || c.acks.set || c.awaiting() && c.quiet.set
	if c.closed = !busy && c.closed; busy || c.closed {
		return
	}
	c.closed = true
	c.do(Closed{})
}
