package phone

import "phoned/hw"

// input takes what happens on the board.
func (p *Phone) input(in hw.Input) {
	switch in.Kind {
	case hw.Press:
		p.key(in.Key)
	case hw.Repeat:
		p.repeatKey(in.Key)
	case hw.Long:
		p.longKey(in.Key)
	case hw.HookUp:
		p.lift()
	case hw.HookDown:
		p.putDown()
	case hw.HeadsetIn:
		p.plug(true)
	case hw.HeadsetOut:
		p.plug(false)
	case hw.Fault:
		p.hardware(in.Text)
	}
}

// key takes one key going down. What each does is told in docs/KEYS.md.
func (p *Phone) key(k hw.Key) {
	if k >= hw.KeySoft1 && k <= hw.KeySoft4 {
		p.soft(p.softs()[k-hw.KeySoft1])
		return
	}
	if c, ok := k.Digit(); ok {
		p.digitKey(c)
		return
	}
	switch k {
	case hw.KeySend:
		p.sendKey()
	case hw.KeyLine1, hw.KeyLine2, hw.KeyLine3, hw.KeyLine4:
		p.lineKey(1 + int(k-hw.KeyLine1))
	case hw.KeyHold:
		p.holdKey()
	case hw.KeyMute:
		p.muteKey()
	case hw.KeySpeaker:
		p.speakerKey()
	case hw.KeyTransfer:
		p.hint(wordNoTransfer)
	case hw.KeyRedial:
		p.redialKey()
	case hw.KeyReject:
		p.rejectKey()
	case hw.KeyVolumeUp:
		p.volumeKey(+1)
	case hw.KeyVolumeDown:
		p.volumeKey(-1)
	case hw.KeyMenu:
		p.menuKey()
	case hw.KeyUp:
		p.arrow(-1)
	case hw.KeyDown:
		p.arrow(+1)
	case hw.KeyOK:
		p.okKey()
	case hw.KeyBack:
		p.backKey()
	}
}

// repeatKey takes a key that is still down. Only what is harmless goes on by
// itself: it never leaves the menu, ends a tone or changes a call.
func (p *Phone) repeatKey(k hw.Key) {
	switch k {
	case hw.KeyVolumeUp:
		p.volumeKey(+1)
	case hw.KeyVolumeDown:
		p.volumeKey(-1)
	case hw.KeyUp:
		if p.menu != nil {
			p.menuMove(-1)
		}
	case hw.KeyDown:
		if p.menu != nil {
			p.menuMove(+1)
		}
	case hw.KeyBack:
		if p.dial != nil && len(p.dial.digits) > 0 {
			p.deleteDigit()
		}
	}
}

// longKey takes a key that has been down for a second: `back` forgets what is
// left of the number.
func (p *Phone) longKey(k hw.Key) {
	for k == hw.KeyBack && p.dial != nil && len(p.dial.digits) > 0 {
		p.deleteDigit()
	}
}

// digitKey dials, or sends DTMF in a call that is up.
func (p *Phone) digitKey(c byte) {
	p.menu = nil
	switch o := p.inEar(); {
	case o != nil && o.state == CallUp:
		p.sendDigit(o, c)
	case o != nil: // a dialled call that nobody has answered: no second number
	case p.ear == earClosed && p.waiting() != nil && p.dial == nil: // it rings: no number by accident
	default:
		p.dialKey(c)
	}
}

// sendDigit sends DTMF in the way of the line; where telephone events are not
// agreed, they are tones in the voice.
func (p *Phone) sendDigit(c *call, digit byte) {
	mode := RFC4733
	if l := p.lineBy(c.line); l != nil && l.DTMF != AutoDTMF {
		mode = l.DTMF
	}
	if mode == RFC4733 && !c.events {
		mode = InBand
	}
	if c.digits += string(rune(digit)); len(c.digits) > maxDTMF {
		c.digits = c.digits[1:]
	}
	p.do(SendDigit{c.id, digit, mode})
}

// sendKey sends the number, else answers.
func (p *Phone) sendKey() {
	switch ringing := p.waiting(); {
	case p.dial != nil && len(p.dial.digits) > 0:
		p.send()
	case ringing != nil:
		p.answer(ringing)
	}
}

// okKey does the obvious: select, send, answer, swap, resume, look.
func (p *Phone) okKey() {
	ringing, held := p.waiting(), p.heldBeside()
	switch {
	case p.menu != nil:
		p.menuSelect()
	case p.dial != nil && len(p.dial.digits) > 0:
		p.send()
	case ringing != nil:
		p.answer(ringing)
	case p.failed != nil:
		p.clearFailure()
	case held != nil:
		p.resume(held)
	default:
		p.missed = missed{}
		p.banner = banner{}
	}
}

// heldBeside is the held call that a swap or resume would take: the one shown
// if nothing is in the ear, else the other one.
func (p *Phone) heldBeside() *call {
	if c := p.inEar(); c != nil {
		if o := p.other(c); o != nil && o.state == CallHeld && c.state == CallUp {
			return o
		}
		return nil
	}
	if p.focus != nil && p.focus.state == CallHeld {
		return p.focus
	}
	return nil
}

func (p *Phone) holdKey() {
	c := p.inEar()
	switch {
	case c != nil && c.state == CallUp:
		p.hold(c)
	case c != nil: // nobody has answered yet
	case p.dial != nil && len(p.dial.digits) > 0: // a number on its way is not lost by this key
	case p.focus != nil && p.focus.state == CallHeld:
		p.resume(p.focus)
	}
}

func (p *Phone) redialKey() {
	switch {
	case p.inEar() != nil, p.waiting() != nil && p.ear == earClosed:
	case p.dial != nil && len(p.dial.digits) > 0:
	default:
		p.redial()
	}
}

// rejectKey refuses the waiting call, else ends what is shown.
func (p *Phone) rejectKey() {
	switch ringing, c := p.waiting(), p.inEar(); {
	case p.menu != nil:
		p.menu = nil
	case ringing != nil:
		p.reject(ringing)
	case c != nil:
		p.hangUp(c)
		p.afterEnd()
	case p.dial != nil:
		p.cancelDial()
		p.afterEnd()
	case p.failed != nil:
		p.clearFailure()
		p.afterEnd()
	case p.focus != nil:
		p.hangUp(p.focus)
		p.afterEnd()
	}
}

// afterEnd is what follows a call that a key ended: hands-free closes, a lifted
// handset gets a dial tone again.
func (p *Phone) afterEnd() {
	switch {
	case p.ear.handsfree():
		p.closeEar()
	case p.ear == earHandset && len(p.calls) == 0:
		p.startDial(0)
	}
}

// lineKey answers, resumes, or takes a line for the next number.
func (p *Phone) lineKey(number int) {
	p.menu = nil
	for _, c := range p.calls {
		if c.line == number && c.state == CallIncoming && !c.answering {
			p.answer(c)
			return
		}
	}
	c := p.inEar()
	if p.dial == nil || len(p.dial.digits) == 0 {
		for _, o := range p.calls {
			if o.line == number && o != c && o.state == CallHeld {
				p.resume(o)
				return
			}
		}
	}
	l := p.lineBy(number)
	switch {
	case l == nil || !l.Enabled:
		p.hint(wordLineNotSetUp, number)
	case c != nil && (c.line == number || c.state != CallUp):
	case p.dial != nil && len(p.dial.digits) > 0:
		p.dial.line = number
		p.send()
	case len(p.calls) >= maxCalls:
		p.hint(wordTwoCallsAlready)
	default:
		if c != nil {
			p.hold(c)
		}
		p.openEar()
		p.startDial(number)
	}
}

func (p *Phone) backKey() {
	switch {
	case p.menu != nil:
		p.menuBack()
	case p.dial != nil:
		p.deleteDigit()
	case p.failed != nil:
		p.clearFailure()
	default:
		p.banner = banner{}
		p.missed = missed{}
	}
}

// arrow moves the cursor of the menu, or looks at the other held call.
func (p *Phone) arrow(by int) {
	if p.menu != nil {
		p.menuMove(by)
		return
	}
	if p.inEar() == nil && p.focus != nil {
		if o := p.other(p.focus); o != nil {
			p.focus = o
		}
	}
}
