package dialog

import (
	"slices"

	"phoned/sip"
	"phoned/sip/sdp"
)

// dial sends the INVITE (RFC 3261 §13.2.1).
func (c *Call) dial(media sdp.Local) {
	if !c.outgoing || c.phase != idle {
		return
	}
	c.session.begin(media, &c.random)
	c.phase = calling
	c.invite = c.send(nil, sip.INVITE, typeSDP, c.session.makeOffer(c.session.local))
}

// response takes an answer to one of our requests.
func (c *Call) response(r Response) {
	switch {
	case r.Status <= 100 || r.Status > 699 || r.Req == 0:
		return
	case r.Req == c.invite && r.Status < 200:
		c.provisional(r)
	case r.Req == c.invite && r.Status < 300:
		c.success(r)
	case r.Req == c.invite:
		c.failure(r)
	case r.Status >= 200:
		c.answered(r)
	}
}

// provisional takes 101 to 199 to the first INVITE (RFC 3261 §13.2.2.1).
func (c *Call) provisional(r Response) {
	if c.phase != calling || r.Unwanted {
		return
	}
	progress := Progress{Status: r.Status}
	// RFC 3261 §12.1: a tag makes an early dialog, each tag its own (forking).
	if r.ToTag != "" {
		if l, kept := c.legOf(r); kept {
			l.heard(r)
			text, _ := description(r.ContentType, r.Body)
			// What can not be used is no early media; the 2xx decides.
			if _, err := sdp.Accept(c.session.offered, c.session.offer, text); err == nil {
				l.preview = slices.Clone(text)
				c.leg = l
			}
		}
	}
	// The sound goes on through a 180 without a description that follows.
	if c.leg != nil {
		if m, err := sdp.Accept(c.session.offered, c.session.offer, c.leg.preview); err == nil {
			progress.Media = &m
		}
	}
	c.do(progress)
}

// success takes a 2xx to the first INVITE (RFC 3261 §13.2.2.4). Each dialog is
// acknowledged, each copy again; only the first one is the call, the others
// are ended.
func (c *Call) success(r Response) {
	wanted := c.phase == calling && !r.Unwanted
	if !r.Unwanted {
		c.done(c.invite)
	}
	l, kept := c.legOf(r)
	if !kept {
		// A flood of forks, all answered: what can be done without memory.
		c.ack(l, c.invite, r.CSeq)
		if wanted {
			c.end(Ended{ByRemote: true, Status: 500})
		}
		return
	}
	if ack, ok := l.acked(c.invite); ok {
		ack.Again = true
		c.do(ack)
		if wanted {
			// The dialog was ended while its server was given up for dead.
			c.end(Ended{ByRemote: true, Status: 487})
		}
		return
	}
	l.answered(r)
	if !wanted {
		c.ack(l, c.invite, r.CSeq)
		c.bye(l)
		return
	}
	if l.gone {
		// Answered and hung up at once, and the BYE has overtaken the 2xx.
		c.ack(l, c.invite, r.CSeq)
		c.end(Ended{ByRemote: true, Status: 487})
		return
	}
	c.leg = l
	// RFC 3261 §13.2.1: the answer is in the 2xx, or was in a provisional
	// response before. Where they differ the last word counts.
	answer, _ := description(r.ContentType, r.Body)
	if answer == nil {
		answer = l.preview
	}
	err := c.session.accept(answer)
	c.ack(l, c.invite, r.CSeq)
	if err != nil {
		c.end(Ended{ByRemote: true, Status: 488, Reason: err.Error()})
		c.bye(l)
		return
	}
	c.phase = up
	c.established()
}

// ack acknowledges a 2xx and remembers the ACK for further copies, which may
// come for 64*T1 (RFC 3261 §13.2.2.4).
func (c *Call) ack(l *leg, req Req, cseq uint32) {
	highest := l.localSeq
	if req == c.invite {
		highest = c.inviteSeq
	}
	if cseq == 0 || cseq > highest {
		cseq = highest // none that we sent
	}
	a := Ack{Req: req, CSeq: cseq, Dialog: l.snapshot()}
	l.remember(a)
	c.acks.ring(c.now + c.lifetime())
	c.do(a)
}

// failure takes 3xx to 6xx to the first INVITE (RFC 3261 §13.2.2.2, .3).
func (c *Call) failure(r Response) {
	if r.Unwanted {
		return
	}
	c.done(c.invite)
	if c.phase == calling {
		c.end(Ended{ByRemote: true, Status: r.Status, Reason: r.Reason})
	}
}

// established tells that the call is up.
func (c *Call) established() {
	c.do(Established{Media: c.session.agreement().Media, Dialog: c.leg.snapshot()})
}
