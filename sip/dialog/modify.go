package dialog

import (
	"bytes"
	"slices"
	"time"

	"phoned/sip"
	"phoned/sip/sdp"
)

// maxRetries bounds how often an offer is made again after 491 or 500.
const maxRetries = 8

// change wishes other media; hold stays as it is.
func (c *Call) change(media sdp.Local) {
	if c.phase == idle || c.phase == incoming || c.phase == over {
		return
	}
	media.Hold, media.Session = c.session.want.Hold, c.session.want.Session
	media.Codecs = slices.Clone(media.Codecs)
	c.session.want = media
}

// offer makes the offer that the user wishes, or the refresh, as soon as it
// may be made: no INVITE in progress in either direction (RFC 3261 §14.1), no
// offer without answer, no wait after a glare.
func (c *Call) offer() {
	if c.retry.due(c.now) {
		c.retry.stop()
	}
	if c.phase != up || c.retry.set || c.server != nil || c.underWay(c.leg, sip.INVITE, sip.UPDATE) {
		return
	}
	switch {
	case c.session.dirty():
		// RFC 3311 §5.1: in a confirmed dialog re-INVITE is preferred to UPDATE. In an
		// early one no offer can be made without reliable provisional responses.
		c.reinvite(c.session.makeOffer(c.session.want))
	case c.refresh && c.leg.updates:
		// RFC 4028 §7.4: rather UPDATE, and without an offer.
		c.refresh = false
		c.send(c.leg, Send{Method: sip.UPDATE, Expiry: c.renewed()})
	case c.refresh:
		c.reinvite(c.session.repeatOffer())
	}
}

// reinvite offers inside the dialog, and refreshes it so.
func (c *Call) reinvite(offer []byte) {
	c.refresh = false
	c.send(c.leg, Send{Method: sip.INVITE, Expiry: c.renewed(), ContentType: typeSDP, Body: offer})
}

// answered takes a final response to a request inside a dialog.
func (c *Call) answered(r Response) {
	q, ok := c.open(r.Req)
	if !ok {
		c.repeated(r)
		return
	}
	c.done(r.Req)
	if q.method == sip.BYE {
		// RFC 3261 §15.1.1: whatever the answer, the session is over.
		q.leg.gone = true
		return
	}
	if r.Status < 500 && r.Status != 408 && r.Status != 481 {
		// The far side was reached this way: what follows takes it as well.
		q.leg.dialog.Way = r.Server
	}
	if q.method == sip.INVITE && r.Status < 300 {
		// The ACK goes to the new target already (RFC 3261 §12.2.1.2).
		q.leg.refresh(r.Contact)
		c.ack(q.leg, r)
	}
	if c.phase == over || q.method == sip.PRACK {
		// Of a PRACK that fails the far side knows more than we do: it answers the
		// INVITE accordingly (RFC 3262 §3).
		return
	}
	if r.Status == 481 || r.Status == 408 {
		// RFC 3261 §12.2.1.2: the far side does not know the call any more.
		c.end(Ended{ByRemote: true, Reason: r.Reason})
		c.part()
		return
	}
	if r.Status < 300 && q.method != sip.INFO {
		q.leg.refresh(r.Contact)
		q.leg.allows(r.Allow)
		c.granted(r.Expiry)
	}
	switch q.method {
	case sip.INVITE:
		c.reAnswered(r)
	case sip.UPDATE:
		c.refreshed(q.leg, r)
	}
}

// repeated acknowledges one more copy of a 2xx to a re-INVITE, or one that
// comes after all: the far side would end the call without its ACK.
func (c *Call) repeated(r Response) {
	if r.Status > 299 {
		return
	}
	if m := c.missed; r.Req == m.id {
		c.missed = missed{}
		m.leg.refresh(r.Contact)
		c.ack(m.leg, r)
		// What was offered is in force, unless something else was said since.
		if c.phase == up && bytes.Equal(m.offer, c.session.sent) && !c.underWay(c.leg, sip.INVITE) {
			c.lateAccepted(r)
		}
		return
	}
	for _, l := range c.legs {
		ack, ok := l.acked(r.Req, r.CSeq)
		switch {
		case !ok:
		case r.CSeq != ack.CSeq && r.CSeq > 0 && r.CSeq <= l.localSeq:
			// The same re-INVITE over two servers, and both copies have arrived.
			c.ack(l, r)
		default:
			ack.Again = true
			c.do(ack)
		}
	}
}

// lateAccepted takes the answer to an offer that was given up.
func (c *Call) lateAccepted(r Response) {
	answer, _ := description(r.ContentType, r.Body)
	before := c.session.agreement()
	kept := !c.session.dirty()
	if c.session.accept(answer) == nil && kept {
		c.session.want = c.session.local
	}
	c.granted(r.Expiry)
	c.changed(before)
}

// reAnswered takes the final response to our re-INVITE (RFC 3261 §14.1).
func (c *Call) reAnswered(r Response) {
	before := c.session.agreement()
	switch {
	case r.Status < 300:
		answer, _ := description(r.ContentType, r.Body)
		if err := c.session.accept(answer); err != nil {
			c.offerFailed(488)
			return
		}
		c.retries = 0
		c.changed(before)
	case c.retriable(r):
		c.refresh = c.refresh || !c.session.dirty()
	default:
		c.offerFailed(r.Status)
	}
}

// retriable tells whether an INVITE or UPDATE that was refused is made again, and
// sets when.
func (c *Call) retriable(r Response) bool {
	switch {
	case r.Status == 422:
		return c.raised(r.Expiry) // RFC 4028 §7.3: at once
	case c.retries == maxRetries:
		return false
	case r.Status == 491:
		c.retry.ring(c.now + c.glare())
	case r.Status == 500 && r.RetryAfter > 0 && r.RetryAfter <= c.lifetime():
		// RFC 3261 §14.2, RFC 3311 §5.2: the far side is busy with another one.
		c.retry.ring(c.now + r.RetryAfter)
	default:
		return false
	}
	c.retries++
	return true
}

// glare is the wait after a 491: 2.1 to 4 s for the side that owns the Call-ID,
// 0 to 2 s for the other, in steps of 10 ms (RFC 3261 §14.1).
func (c *Call) glare() time.Duration {
	const step = 10 * time.Millisecond
	if c.outgoing {
		return c.random.between(2100*time.Millisecond, 4*time.Second, step)
	}
	return c.random.between(0, 2*time.Second, step)
}

// offerFailed leaves the session as it was (RFC 3261 §14.1).
func (c *Call) offerFailed(status int) {
	c.retries = 0
	failed := c.session.dirty()
	c.session.want = c.session.local
	if failed {
		c.do(HoldFailed{Status: status})
	}
}

// refreshed takes the final response to our UPDATE (RFC 3311 §5.1).
func (c *Call) refreshed(l *leg, r Response) {
	switch {
	case r.Status == 405 || r.Status == 501:
		l.updates = false
		c.refresh = true
	case r.Status > 299 && c.retriable(r):
		c.refresh = true
	default:
		// Where the far side minds UPDATE itself, the next refresh is a re-INVITE.
		l.updates = l.updates && r.Status < 300
		c.retries = 0
	}
}
