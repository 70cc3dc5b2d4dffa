package phone

import "time"

// hold takes a call out of the ear at once and tells the far side.
func (p *Phone) hold(c *call) {
	c.state = CallHeld
	p.agreeHold(c)
}

// resume puts a held call into the ear; what is there goes on hold.
func (p *Phone) resume(c *call) {
	if o := p.inEar(); o != nil {
		if o.state != CallUp {
			return
		}
		p.hold(o)
	}
	p.dial = nil
	p.clearFailure()
	c.state = CallUp
	p.focus = c
	p.openEar()
	p.agreeHold(c)
}

// agreeHold asks the far side for what the user wants, one request at a time:
// RFC 3264 §4 forbids a new offer while one is unanswered.
func (p *Phone) agreeHold(c *call) {
	want := c.state == CallHeld
	if !c.holdUntil.IsZero() || want == c.agreedHold || c.state != CallUp && c.state != CallHeld {
		return
	}
	c.askedHold = want
	c.holdUntil = p.now.Add(holdTime)
	if want {
		p.do(Hold{c.id})
	} else {
		p.do(Resume{c.id})
	}
}

// holdFailed: the call is as it was for the far side. A hold that it does not
// allow puts the call back into the ear if nothing else is there; else the
// call stays silent on this side alone.
func (p *Phone) holdFailed(ev HoldFailed) {
	c := p.find(ev.Call)
	if c == nil || c.holdUntil.IsZero() {
		return
	}
	c.holdUntil = time.Time{}
	want := c.state == CallHeld
	if want != c.askedHold { // the user has changed their mind meanwhile
		p.agreeHold(c)
		return
	}
	text := wordHoldRefused
	switch {
	case !want:
		c.state = CallHeld
		text = wordResumeRefused
	case p.focus == c && p.ear != earClosed && p.dial == nil:
		c.state = CallUp
	}
	p.notify(c.line, NoticeHoldFailed, Error, p.say(text))
	p.banner.call = c.id
}
