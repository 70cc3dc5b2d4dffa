package dialog

import (
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
	c.session.makeOffer(c.session.local)
	c.inviteFirst()
}

// inviteFirst sends the first INVITE, or again after a 422.
func (c *Call) inviteFirst() {
	c.invite = c.send(nil, Send{
		Req: c.invite, Method: sip.INVITE, Expiry: c.wished(), ContentType: typeSDP, Body: c.session.offer,
	})
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
			reliable, heard := c.acknowledge(l, r)
			if !heard {
				return
			}
			l.heard(r)
			c.preview(l, r, reliable)
		}
	}
	progress.Media = c.earlyMedia()
	c.do(progress)
}

// earlyMedia is what the far side sends before it answers; nil = nothing. The
// sound goes on through a 180 without a description that follows.
func (c *Call) earlyMedia() *sdp.Media {
	switch l := c.leg; {
	case l == nil:
	case l.session != nil:
		m := l.session.agreement().Media
		return &m
	default:
		if m, err := sdp.Accept(c.session.offered, c.session.offer, l.preview); err == nil {
			return &m
		}
	}
	return nil
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
		c.ack(l, r)
		if wanted {
			c.end(Ended{ByRemote: true, Status: 500})
		}
		return
	}
	if ack, ok := l.acked(c.invite, r.CSeq); ok {
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
		c.ack(l, r)
		c.bye(l)
		return
	}
	if l.gone {
		// Answered and hung up at once, and the BYE has overtaken the 2xx.
		c.ack(l, r)
		c.end(Ended{ByRemote: true, Status: 487})
		return
	}
	c.leg = l
	err := c.settled(l, r)
	c.ack(l, r)
	if err != nil {
		c.end(Ended{ByRemote: true, Status: 488, Reason: err.Error()})
		c.bye(l)
		return
	}
	c.phase = up
	c.granted(r.Expiry)
	c.established()
}

// settled takes the answer of the dialog that is the call.
func (c *Call) settled(l *leg, r Response) error {
	if l.session != nil {
		// RFC 3262 §5: the offer has had its answer, and perhaps an UPDATE since. What
		// a 2xx repeats of it is no answer any more.
		want := c.session.want
		c.session = *l.session
		c.session.want = want
		return nil
	}
	// RFC 3261 §13.2.1: the answer is in the 2xx, or was in a provisional
	// response before. Where they differ the last word counts.
	answer, _ := description(r.ContentType, r.Body)
	if answer == nil {
		answer = l.preview
	}
	return c.session.accept(answer)
}

// ack acknowledges a 2xx and remembers the ACK for further copies, which may
// come for 64*T1 (RFC 3261 §13.2.2.4). It goes the way the 2xx came.
func (c *Call) ack(l *leg, r Response) {
	highest := l.localSeq
	if r.Req == c.invite {
		highest = c.inviteSeq
	}
	cseq := r.CSeq
	if cseq == 0 || cseq > highest {
		cseq = highest // none that we sent
	}
	a := Ack{Req: r.Req, CSeq: cseq, Dialog: l.snapshot()}
	a.Dialog.Way = r.Server
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
	if r.Status == 422 && c.phase == calling && c.raised(r.Expiry) {
		// RFC 4028 §7.3: the same call, with a higher CSeq and the interval that is
		// wanted.
		c.leg = nil
		c.inviteFirst()
		return
	}
	if c.phase == calling {
		c.end(Ended{ByRemote: true, Status: r.Status, Reason: r.Reason})
	}
}

// established tells that the call is up.
func (c *Call) established() {
	c.do(Established{Media: c.session.agreement().Media, Dialog: c.leg.snapshot()})
}
