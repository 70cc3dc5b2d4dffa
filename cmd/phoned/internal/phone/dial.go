package phone

import (
	"time"

	"phoned/audio"
)

// A dialling is a number on its way from the keys to a line. On hook it is
// kept until the handset is lifted or a key sends it.
type dialling struct {
	digits    []byte
	line      int       // chosen by a line key; 0 = the default line
	sendAt    time.Time // sent by time-out; zero = not by time
	toneUntil time.Time // of the dial tone; zero = no tone (any more)
}

// startDial begins a number over a line, 0 = the default one. With the ear
// open a tone tells that the phone is ready.
func (p *Phone) startDial(lineNumber int) {
	if len(p.calls) >= maxCalls {
		p.hint(wordTwoCallsAlready)
		return
	}
	p.clearFailure()
	p.menu = nil
	p.dial = &dialling{line: lineNumber}
	if p.ear != earClosed {
		p.dial.toneUntil = p.now.Add(toneTime)
	}
}

// toneOver ends a dial tone nobody used: the speaker closes, a lifted handset
// falls silent.
func (p *Phone) toneOver() {
	p.dial.toneUntil = time.Time{}
	if p.ear.handsfree() {
		p.cancelDial()
	}
}

// dialKey takes a dial key while no call is in the ear.
func (p *Phone) dialKey(c byte) {
	if p.dial == nil {
		p.startDial(0)
		if p.dial == nil {
			return
		}
	}
	d := p.dial
	if c == '#' && p.cfg.DialByPound && len(d.digits) > 0 {
		p.send()
		return
	}
	if len(d.digits) >= maxDigits {
		return
	}
	d.digits = append(d.digits, c)
	d.toneUntil = time.Time{}
	if p.ear == earClosed {
		return
	}
	if p.cfg.DialFixed && len(d.digits) == p.cfg.FixedLength {
		p.send()
		return
	}
	p.dialPause()
}

// dialPause begins the time-out that sends the number anew.
func (p *Phone) dialPause() {
	d := p.dial
	d.sendAt = time.Time{}
	if p.cfg.DialByTimeout && p.ear != earClosed && len(d.digits) > 0 {
		d.sendAt = p.now.Add(p.cfg.DialTimeout)
	}
}

// deleteDigit takes the last digit back; before the first one the tone comes
// again, and without any the dialling ends.
func (p *Phone) deleteDigit() {
	d := p.dial
	if len(d.digits) == 0 {
		p.cancelDial()
		return
	}
	d.digits = d.digits[:len(d.digits)-1]
	switch {
	case len(d.digits) > 0:
		p.dialPause()
	case p.ear == earClosed:
		p.cancelDial()
	default:
		d.sendAt, d.toneUntil = time.Time{}, p.now.Add(toneTime)
	}
}

// cancelDial forgets the number; hands-free closes, a lifted handset stays.
func (p *Phone) cancelDial() {
	p.dial = nil
	if p.ear.handsfree() {
		p.closeEar()
	}
}

// send places the call that was dialled. One dialling is sent once: it is gone
// before the call is there.
func (p *Phone) send() {
	d := p.dial
	if d == nil || len(d.digits) == 0 {
		return
	}
	p.dial = nil
	p.place(string(d.digits), d.line)
}

// redial calls the last number again, over its line.
func (p *Phone) redial() {
	if p.last.number == "" {
		p.hint(wordNoRedial)
		return
	}
	p.dial = nil
	p.place(p.last.number, p.last.line)
}

// place dials a number over a line; 0, or a line that is gone, is the default.
func (p *Phone) place(number string, lineNumber int) {
	if len(p.calls) >= maxCalls {
		p.hint(wordTwoCallsAlready)
		return
	}
	if p.inEar() != nil {
		return
	}
	p.menu = nil
	p.clearFailure()
	p.openEar()
	l := p.lineBy(lineNumber)
	if l == nil || !l.Enabled {
		l = p.defaultLine()
	}
	if l == nil {
		p.failed = &failure{
			title: wordCallFailed, text: p.say(wordNoLine), number: number,
			sound: audio.ReorderTone, until: p.now.Add(failedTime),
		}
		p.notify(0, NoticeCallFailed, Error, p.say(wordNoLine))
		return
	}
	c := &call{
		id: p.next, line: l.Number, dialled: true, state: CallCalling, number: number,
		begun: p.now, limit: p.now.Add(max(callingTime, p.cfg.RingTimeout)),
	}
	p.next += 2
	p.last.number, p.last.line = number, l.Number
	p.calls = append(p.calls, c)
	p.focus = c
	p.do(Dial{Call: c.id, Line: c.line, Number: number})
}
