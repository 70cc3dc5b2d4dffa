package dialog

import (
	"slices"
	"time"

	"phoned/sip"
)

// inside takes a request of the far side inside a dialog (RFC 3261 §12.2.2).
func (c *Call) inside(r Request) {
	l := c.byTag(r.FromTag)
	if l == nil || l.gone || !c.isPeer(l, r) {
		c.respond(r.Ref, 481)
		return
	}
	// RFC 3261 §12.2.2: a number lower than the last one is out of order.
	if r.CSeq < l.remoteSeq {
		c.respond(r.Ref, 500)
		return
	}
	l.remoteSeq = r.CSeq
	if r.Method == sip.BYE {
		c.byeArrived(l, r)
		return
	}
	// What is over for the user, or ended beside the call, is over for the far
	// side as well.
	if c.phase == over || l.bye || c.phase != calling && l != c.leg {
		c.respond(r.Ref, 481)
		c.overtaken(l, r)
		return
	}
	switch r.Method {
	case sip.INVITE:
		c.reInvited(l, r)
	case sip.UPDATE:
		c.updated(l, r)
	case sip.INFO:
		c.informed(r)
	case sip.PRACK:
		if !c.config.Reliable {
			c.do(Respond{Ref: r.Ref, Status: 405, Allow: true})
			return
		}
		c.pracked(r)
	case sip.OPTIONS:
		c.do(Respond{Ref: r.Ref, Status: 200, Allow: true, Accept: true})
	case sip.UnknownMethod:
		c.do(Respond{Ref: r.Ref, Status: 501, Allow: true})
	default:
		c.do(Respond{Ref: r.Ref, Status: 405, Allow: true})
	}
}

// overtaken: a new INVITE tells that our 2xx has arrived, though its ACK was
// lost: the BYE need not wait for it any more.
func (c *Call) overtaken(l *leg, r Request) {
	if r.Method == sip.INVITE && l == c.leg && c.server != nil && c.server.final && r.CSeq > c.server.cseq {
		c.release()
		c.bye(l)
	}
}

// byeArrived ends the dialog (RFC 3261 §15.1.2).
func (c *Call) byeArrived(l *leg, r Request) {
	c.respond(r.Ref, 200)
	l.gone = true
	switch {
	case c.phase == calling || l != c.leg:
		// An early dialog of ours, or one beside the call: the call goes on.
		if l == c.leg {
			c.leg = nil // no early media any more
		}
	case c.phase == incoming:
		// RFC 3261 §15.1.2: pending requests are answered 487.
		c.refuse(487, true)
	default:
		c.release()
		c.end(Ended{ByRemote: true})
	}
}

// reInvited takes an INVITE inside the dialog (RFC 3261 §14.2).
func (c *Call) reInvited(l *leg, r Request) {
	switch s := c.server; {
	case s != nil && !s.final:
		// A second INVITE before the final response to the first.
		c.later(r.Ref)
		return
	case s != nil && s.offered:
		// Our offer has no answer yet (RFC 5407 §3.1.4).
		c.respond(r.Ref, 491)
		return
	case c.phase == calling || c.underWay(l, sip.INVITE, sip.UPDATE):
		// RFC 3261 §14.2: our own INVITE is in progress: glare.
		c.respond(r.Ref, 491)
		return
	}
	offer, known := description(r.ContentType, r.Body)
	if !known {
		c.do(Respond{Ref: r.Ref, Status: 415, Accept: true})
		return
	}
	expiry, require, tooShort := c.serve(r)
	if tooShort {
		c.do(Respond{Ref: r.Ref, Status: 422, Expiry: expiry})
		return
	}
	invite := &serverInvite{ref: r.Ref, cseq: r.CSeq, offer: slices.Clone(offer), expiry: expiry, require: require}
	before := c.session.agreement()
	var body []byte
	if offer == nil {
		// RFC 3261 §14.2: an offer of all that we can, the answer comes in the ACK.
		body = c.session.makeOffer(c.session.local)
	} else {
		var err error
		if body, err = c.session.answer(offer); err != nil {
			c.respond(r.Ref, refusal(err))
			return
		}
	}
	// RFC 5407 §3.1.4: an ACK that was lost or overtaken is as good as come.
	c.release()
	l.refresh(r.Contact)
	l.allows(r.Allow)
	c.server = invite
	c.accept(body, offer == nil)
	c.changed(before)
}

// updated takes an UPDATE (RFC 3311 §5.2).
func (c *Call) updated(l *leg, r Request) {
	offer, known := description(r.ContentType, r.Body)
	expiry, require, tooShort := c.serve(r)
	session := &c.session
	if c.phase == calling {
		session = l.session // nil while the offer of our INVITE has no answer
	}
	before := c.session.agreement()
	var body []byte
	switch {
	case !known:
		c.do(Respond{Ref: r.Ref, Status: 415, Accept: true})
		return
	case tooShort:
		c.do(Respond{Ref: r.Ref, Status: 422, Expiry: expiry})
		return
	case offer == nil: // nothing but the target, and the session timer
	case c.phase == incoming:
		// The offer of the INVITE has no answer yet.
		c.later(r.Ref)
		return
	case session == nil, c.server != nil && c.server.offered, c.underWay(l, sip.INVITE, sip.UPDATE):
		// An offer of ours has no answer yet.
		c.respond(r.Ref, 491)
		return
	default:
		var err error
		if body, err = session.answer(offer); err != nil {
			c.respond(r.Ref, refusal(err))
			return
		}
	}
	l.refresh(r.Contact)
	l.allows(r.Allow)
	answer := Respond{Ref: r.Ref, Status: 200, Contact: true}
	if c.phase == up {
		c.agree(expiry.Interval, expiry.Refresher == UAS)
		answer.Require, answer.Expiry = require, expiry
	}
	answer.Supported = c.supported()
	if body != nil {
		answer.ContentType, answer.Body = typeSDP, slices.Clone(body)
	}
	c.do(answer)
	switch {
	case offer == nil:
	case c.phase == calling:
		c.leg = l
		c.do(Progress{Status: 183, Media: c.earlyMedia()})
	default:
		c.changed(before)
	}
}

// later is the answer to an INVITE or UPDATE that comes too early: 500 with a
// random Retry-After of up to 10 s (RFC 3261 §14.2, RFC 3311 §5.2).
func (c *Call) later(ref Ref) {
	c.do(Respond{Ref: ref, Status: 500, RetryAfter: c.random.between(time.Second, 10*time.Second, time.Second)})
}

// changed tells the user of a new agreement, if it is one.
func (c *Call) changed(before MediaChanged) {
	if now := c.session.agreement(); !now.same(before) {
		c.do(now)
	}
}
