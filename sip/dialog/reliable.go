package dialog

import (
	"slices"

	"phoned/sip"
)

// maxPracks bounds the PRACKs without answer in one dialog. A far side that
// keeps the rules has one (RFC 3262 §3).
const maxPracks = 4

// An rseq is the last reliable provisional response that was heard in a dialog.
// The numbers begin anew with each INVITE (RFC 3262 §4).
type rseq struct{ cseq, number uint32 }

// acknowledge takes a provisional response to our INVITE as a message that may
// have to be acknowledged (RFC 3262 §4). heard is false for one that does not
// count: a copy, or one that has overtaken another.
func (c *Call) acknowledge(l *leg, r Response) (reliable, heard bool) {
	if !c.config.Reliable || !r.Require.Has(TagReliable) || r.RSeq == 0 {
		// Without our offer nobody may ask for PRACK: then it is a 1xx like any other.
		return false, true
	}
	cseq := r.CSeq
	if cseq == 0 || cseq > c.inviteSeq {
		cseq = c.inviteSeq // none that we sent
	}
	if l.rseq.cseq == cseq && l.rseq.number+1 != r.RSeq {
		return true, false
	}
	if l.gone || c.count(l, sip.PRACK) >= maxPracks {
		return true, false
	}
	l.rseq = rseq{cseq: cseq, number: r.RSeq}
	l.heard(r)
	c.send(l, Send{Method: sip.PRACK, RAck: RAck{RSeq: r.RSeq, CSeq: cseq, Method: sip.INVITE}})
	return true, true
}

// preview takes the description of a provisional response: early media, and
// if it came reliably the answer to our offer (RFC 3262 §5). What can not be
// used is neither; the 2xx decides.
func (c *Call) preview(l *leg, r Response, reliable bool) {
	text, _ := description(r.ContentType, r.Body)
	if l.session != nil {
		// The offer has its answer; a description that follows says nothing new.
		if text != nil {
			c.leg = l
		}
		return
	}
	s := c.session
	if s.accept(text) != nil {
		return
	}
	l.preview = slices.Clone(text)
	c.leg = l
	if reliable {
		l.session = &s
	}
}

// ringReliably sends a 180 that the far side has to acknowledge, and repeats it
// until it does (RFC 3262 §3).
func (c *Call) ringReliably() {
	s := c.server
	if s.offer == nil || s.unacked {
		// RFC 3262 §5: without an offer in the INVITE the first reliable response has
		// to hold ours, for which the voice has no port before the call is taken.
		// Until then 100 has to do.
		return
	}
	if s.rseq == 0 {
		// A number below 2**31 at random, with room for those that follow.
		s.rseq = uint32(c.random.next() >> 34)
	}
	s.rseq++
	s.unacked = true
	s.copy = Respond{
		Ref: s.ref, Status: 180, Contact: true, Allow: true,
		Supported: c.supported(), Require: TagReliable, RSeq: s.rseq,
	}
	s.every = c.config.Timers.T1
	s.again.ring(c.now + s.every)
	s.end.ring(c.now + c.lifetime())
	c.do(s.copy)
}

// pracked takes a PRACK (RFC 3262 §3). One that comes after the 2xx is
// answered like any other.
func (c *Call) pracked(r Request) {
	s := c.server
	if s == nil || !s.unacked || r.RAck != (RAck{RSeq: s.rseq, CSeq: s.cseq, Method: sip.INVITE}) {
		c.respond(r.Ref, 481)
		return
	}
	s.unacked = false
	if !s.final {
		s.end.stop()
		s.again.ring(c.now + ringEvery)
	}
	c.respond(r.Ref, 200)
}
