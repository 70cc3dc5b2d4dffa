package dialog

import (
	"errors"
	"slices"
	"time"

	"phoned/sip"
	"phoned/sip/sdp"
)

// ringEvery is how often an unanswered INVITE is given a provisional response,
// so that no proxy on the way gives up (RFC 3261 §13.3.1.1).
const ringEvery = time.Minute

// A serverInvite is an INVITE of the far side, from its arrival to the ACK.
type serverInvite struct {
	ref     Ref
	cseq    uint32
	first   bool   // the one that made the call
	offer   []byte // nil = the offer is ours to make
	final   bool   // the 2xx is sent
	offered bool   // the 2xx holds our offer
	expiry  Expiry // what the 2xx says of session timers
	require Tags   // of the 2xx
	prack   bool   // provisional responses have to be reliable
	rseq    uint32 // of the last one
	unacked bool   // which has no PRACK yet
	copy    Respond
	every   time.Duration
	again   alarm // the next copy of the 2xx, or of the 180
	end     alarm // when the ACK or the PRACK is given up
}

// invited takes the INVITE that makes the call (RFC 3261 §13.3.1).
func (c *Call) invited(r Request) {
	l := &leg{dialog: c.blank(), remoteSeq: r.CSeq}
	l.dialog.RemoteTag = r.FromTag
	l.dialog.Target = r.Contact
	// RFC 3261 §12.1.1: the route set of a UAS is Record-Route in order.
	l.dialog.Routes = slices.Clone(r.RecordRoute[:min(len(r.RecordRoute), maxRoutes)])
	l.dialog.Server, l.dialog.Way = r.Server, r.Server
	l.allows(r.Allow)
	c.legs = append(c.legs, l)
	c.leg = l
	offer, known := description(r.ContentType, r.Body)
	refuse := func(a Respond) {
		a.Ref = r.Ref
		c.do(a)
		l.gone = true
		c.phase = over
	}
	switch {
	case r.Contact == "":
		// RFC 3261 §8.1.1.8: INVITE must have one; without it nothing can follow.
		refuse(Respond{Status: 400})
		return
	case !known:
		refuse(Respond{Status: 415, Accept: true})
		return
	}
	if offer != nil {
		if err := c.acceptable(offer); err != nil {
			refuse(Respond{Status: refusal(err)})
			return
		}
	}
	expiry, require, tooShort := c.serve(r)
	if tooShort {
		refuse(Respond{Status: 422, Expiry: expiry})
		return
	}
	c.phase = incoming
	c.server = &serverInvite{
		ref: r.Ref, cseq: r.CSeq, first: true, offer: slices.Clone(offer), expiry: expiry, require: require,
		prack: c.config.Reliable && r.Require.Has(TagReliable),
	}
	c.respond(r.Ref, 100)
	c.do(Incoming{})
}

// acceptable tells before the phone rings whether an offer can be answered.
func (c *Call) acceptable(offer []byte) error {
	if c.config.Codecs == nil {
		_, err := sdp.Parse(offer)
		return err
	}
	_, _, err := sdp.Answer(sdp.Local{Codecs: c.config.Codecs}, offer)
	return err
}

// refusal is the status for an offer that was not answered (RFC 3261
// §13.3.1.3, §21.4.1).
func refusal(err error) int {
	if errors.Is(err, sdp.ErrSyntax) {
		return 400
	}
	return 488
}

// ring sends 180 and repeats it for the proxies.
func (c *Call) ring() {
	if c.phase != incoming {
		return
	}
	if c.server.prack {
		c.ringReliably()
		return
	}
	c.server.copy = Respond{Ref: c.server.ref, Status: 180, Contact: true}
	c.server.again.ring(c.now + ringEvery)
	c.do(c.server.copy)
}

// answer takes the call: with an answer in the 2xx, or an offer if the INVITE
// had none (RFC 3261 §13.3.1.4).
func (c *Call) answer(media sdp.Local) {
	if c.phase != incoming {
		return
	}
	c.session.begin(media, &c.random)
	if c.server.offer == nil {
		c.phase = waiting
		c.accept(c.session.makeOffer(c.session.local), true)
		return
	}
	body, err := c.session.answer(c.server.offer)
	if err != nil {
		c.reject(refusal(err))
		return
	}
	c.phase = up
	c.accept(body, false)
	c.established()
}

// accept sends the 2xx and repeats it until the ACK comes: after T1, doubling
// up to T2, whatever the transport (RFC 3261 §13.3.1.4, §14.2).
func (c *Call) accept(body []byte, offered bool) {
	s := c.server
	s.final, s.offered = true, offered
	c.agree(s.expiry.Interval, s.expiry.Refresher == UAS)
	s.copy = Respond{
		Ref: s.ref, Status: 200, Contact: true, Allow: true,
		Supported: c.supported(), Require: s.require, Expiry: s.expiry,
		ContentType: typeSDP, Body: slices.Clone(body),
	}
	s.every = c.config.Timers.T1
	s.again.ring(c.now + s.every)
	s.end.ring(c.now + c.lifetime())
	c.do(s.copy)
}

// reject ends a call that rings.
func (c *Call) reject(status int) {
	if c.phase != incoming {
		return
	}
	if status < 300 || status > 699 {
		status = 486
	}
	c.refuse(status, false)
}

// refuse answers the INVITE that rings with a final failure.
func (c *Call) refuse(status int, byRemote bool) {
	c.respond(c.server.ref, status)
	c.server = nil
	c.leg.gone = true
	c.end(Ended{ByRemote: byRemote, Status: status})
}

// cancelled takes a CANCEL: it has an effect only before the final response
// (RFC 3261 §9.2).
func (c *Call) cancelled(ref Ref) {
	if c.phase == incoming && c.server.ref == ref {
		c.refuse(487, true)
	}
}

// acked takes the ACK of our 2xx, and with it the answer to our offer.
func (c *Call) acked(r Request) {
	s := c.server
	if s == nil || !s.final || r.CSeq != s.cseq || !c.isPeer(c.leg, r) {
		return
	}
	c.release()
	switch {
	case c.phase == over:
		// RFC 3261 §15: the BYE that waited for the ACK.
		c.bye(c.leg)
	case s.offered:
		c.lateAnswer(s, r)
	}
}

// lateAnswer takes the answer that an ACK holds.
func (c *Call) lateAnswer(s *serverInvite, r Request) {
	answer, _ := description(r.ContentType, r.Body)
	before := c.session.agreement()
	err := c.session.accept(answer)
	switch {
	case err != nil && s.first:
		c.end(Ended{ByRemote: true, Status: 488, Reason: err.Error()})
		c.bye(c.leg)
	case s.first:
		c.phase = up
		c.established()
	case err == nil:
		c.changed(before)
	}
	// A re-INVITE that came to nothing leaves the session as it was (§14.1).
}

// release ends the repeating of our 2xx.
func (c *Call) release() {
	if c.server != nil {
		c.do(Release{Ref: c.server.ref})
		c.server = nil
	}
}

// serverTimers repeats the 2xx, and gives up an ACK that does not come.
func (c *Call) serverTimers() {
	s := c.server
	switch {
	case s == nil:
	case s.end.due(c.now) && !s.final:
		// RFC 3262 §3: no PRACK in 64*T1.
		c.refuse(504, true)
	case s.end.due(c.now):
		// RFC 3261 §13.3.1.4: no ACK in 64*T1: the dialog is confirmed all the
		// same, but the session is ended with BYE.
		status := 0
		if c.phase == waiting {
			status = 408 // it was never up
		}
		c.release()
		c.end(Ended{ByRemote: true, Status: status})
		c.bye(c.leg)
	case s.again.due(c.now) && s.prack && !s.final && !s.unacked:
		c.ringReliably() // one that is acknowledged is not sent again
	case s.again.due(c.now):
		again := s.copy
		again.Again = true
		c.do(again)
		switch {
		case s.final:
			s.every = min(2*s.every, c.config.Timers.T2)
			s.again.ring(c.now + s.every)
		case s.unacked:
			// RFC 3262 §3: it doubles without bound.
			s.every *= 2
			s.again.ring(c.now + s.every)
		default:
			s.again.ring(c.now + ringEvery)
		}
	}
}

// respond answers a server transaction with nothing but a status.
func (c *Call) respond(ref Ref, status int) { c.do(Respond{Ref: ref, Status: status}) }

// isPeer tells whether a request comes from the other end of dialog l (RFC
// 3261 §12.2.2).
func (c *Call) isPeer(l *leg, r Request) bool {
	return l != nil && r.FromTag == l.dialog.RemoteTag && r.ToTag == l.dialog.LocalTag
}

// request takes a request that arrived.
func (c *Call) request(r Request) {
	switch {
	case r.Method == sip.ACK:
		c.acked(r)
	case !c.outgoing && c.phase == idle && r.Method == sip.INVITE:
		c.invited(r)
	default:
		c.inside(r)
	}
}
