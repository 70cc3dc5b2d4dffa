package phone

import (
	"slices"
	"time"

	"phoned/audio"
)

// A call is one call the user agent knows of. The phone forgets it only when
// it has ended, or together with a Hangup or Reject.
type call struct {
	id        CallID
	line      int
	dialled   bool
	state     CallState
	answering bool // Answer was given, the call is not up yet
	number    string
	name      string

	server int  // that serves it: 1, 2, ...; 0 = not known
	moving bool // a dialled call is being moved to another server
	early  bool // the far side sends sound before it answers
	events bool // RFC 4733 is agreed

	remoteHold bool
	agreedHold bool      // what the far side agreed to last
	askedHold  bool      // what it was asked last
	holdUntil  time.Time // an answer to that is awaited until then; zero = none

	begun    time.Time // dialled, came in, or was answered
	limit    time.Time // given up then; zero = never
	silenced bool      // the user wants no bell for it
	digits   string    // DTMF sent, for the display
}

// active tells whether the call is in the ear, if it is the one in focus.
func (c *call) active() bool {
	switch c.state {
	case CallCalling, CallRinging, CallUp:
		return true
	case CallIncoming:
		return c.answering
	}
	return false
}

func (p *Phone) find(id CallID) *call {
	for _, c := range p.calls {
		if c.id == id {
			return c
		}
	}
	return nil
}

// waiting is the oldest call that rings and is not being answered.
func (p *Phone) waiting() *call {
	for _, c := range p.calls {
		if c.state == CallIncoming && !c.answering {
			return c
		}
	}
	return nil
}

// other is the call that is neither c nor waiting.
func (p *Phone) other(c *call) *call {
	for _, o := range p.calls {
		if o != c && (o.state == CallHeld || o.active()) {
			return o
		}
	}
	return nil
}

// incoming takes a new call, or refuses it: Do Not Disturb, then busy.
func (p *Phone) incoming(ev Incoming) {
	if p.find(ev.Call) != nil {
		return
	}
	number, name := ev.Number, ev.Name
	if ev.Private {
		number, name = "", ""
	}
	c := &call{
		id: ev.Call, line: ev.Line, state: CallIncoming, number: number, name: name,
		begun: p.now, limit: p.now.Add(p.cfg.RingTimeout),
	}
	switch {
	case p.dnd:
		p.do(Reject{c.id, p.cfg.DNDStatus})
		p.miss(c)
	case len(p.calls) >= maxCalls, len(p.calls) > 0 && !p.cfg.CallWaiting:
		p.do(Reject{c.id, p.cfg.BusyStatus})
		p.miss(c)
	default:
		p.calls = append(p.calls, c)
		p.menu = nil
		if p.ear == earClosed {
			p.clearFailure()
		}
		p.refocus()
		p.do(Ring{c.id})
	}
}

// answer takes the waiting call. What is in the ear goes on hold first; a
// dialled call that nobody has answered yet can not be held and is ended.
func (p *Phone) answer(c *call) {
	if o := p.inEar(); o != nil {
		switch {
		case o.answering:
			return
		case o.state == CallUp:
			p.hold(o)
		default:
			p.hangUp(o)
		}
	}
	p.dial = nil
	p.clearFailure()
	c.answering = true
	c.limit = time.Time{}
	p.focus = c
	p.openEar()
	p.do(Answer{c.id})
}

// reject refuses the waiting call.
func (p *Phone) reject(c *call) {
	p.do(Reject{c.id, p.cfg.RejectStatus})
	p.drop(c)
}

// hangUp ends a call of this phone, in any state, and forgets it at once,
// whatever the network does.
func (p *Phone) hangUp(c *call) {
	p.do(Hangup{c.id})
	p.drop(c)
}

// drop forgets a call.
func (p *Phone) drop(c *call) {
	p.calls = slices.DeleteFunc(p.calls, func(o *call) bool { return o == c })
	if p.focus == c {
		p.focus = nil
	}
	if p.banner.call == c.id {
		p.banner = banner{}
	}
	p.refocus()
	if len(p.calls) == 0 {
		p.mute = false
	}
}

// refocus finds a call to show when there is none: one on hold, else the one
// that rings.
func (p *Phone) refocus() {
	if p.focus != nil && (p.focus.active() || p.focus.state == CallHeld) {
		return
	}
	if o := p.other(nil); o != nil {
		p.focus = o
		return
	}
	p.focus = p.waiting()
}

// giveUp ends what rang too long, in either direction.
func (p *Phone) giveUp(c *call) {
	if c.dialled {
		p.do(Hangup{c.id})
		p.fail(c, outcome{kind: NoticeNoAnswer, text: wordNoAnswer, sound: audio.ReorderTone}, "")
		return
	}
	// RFC 3261 §21.4.18: the callee is currently unavailable.
	p.do(Reject{c.id, 480})
	p.drop(c)
	p.miss(c)
}

// miss remembers a call that nobody took.
func (p *Phone) miss(c *call) {
	p.missed.count++
	p.missed.who = p.who(c)
	p.missed.at = p.now
	text := p.say(wordMissedOne, p.missed.who, p.clock(p.now))
	p.do(Notify{Notice{Line: c.line, Kind: NoticeMissed, Severity: Info, Text: text}})
}

func (p *Phone) asking(ev Asking) {
	c := p.find(ev.Call)
	if c == nil || !c.dialled || c.state != CallCalling && c.state != CallRinging {
		return
	}
	// A server may fail after it let the phone ring there: the call begins anew.
	c.state, c.early = CallCalling, false
	if c.server != 0 && c.server != ev.Server {
		c.moving = true
	}
	c.server = ev.Server
	c.limit = p.now.Add(max(callingTime, p.cfg.RingTimeout))
}

func (p *Phone) progress(ev Progress) {
	c := p.find(ev.Call)
	if c == nil || !c.dialled || c.state != CallCalling && c.state != CallRinging {
		return
	}
	// 100 says that a server is alive, not that a phone rings.
	if ev.Status > 100 && c.state == CallCalling {
		c.state = CallRinging
		c.limit = p.now.Add(p.cfg.RingTimeout)
	}
	if ev.Media {
		c.early = true
	}
}

func (p *Phone) established(ev Established) {
	c := p.find(ev.Call)
	if c == nil || c.state == CallUp || c.state == CallHeld || c.state == CallIncoming && !c.answering {
		return
	}
	c.state = CallUp
	c.answering, c.moving, c.early = false, false, false
	c.events = ev.Events
	if ev.Server != 0 {
		c.server = ev.Server
	}
	c.begun = p.now
	c.limit = time.Time{}
	if p.banner.asking {
		p.banner = banner{}
	}
}

func (p *Phone) mediaChanged(ev MediaChanged) {
	c := p.find(ev.Call)
	if c == nil {
		return
	}
	c.events = ev.Events
	c.remoteHold = ev.RemoteHold
	c.agreedHold = ev.LocalHold
	if c.agreedHold == c.askedHold {
		c.holdUntil = time.Time{}
		p.agreeHold(c)
	}
}

// ended is the end of a call that the phone did not end itself.
func (p *Phone) ended(ev Ended) {
	c := p.find(ev.Call)
	if c == nil {
		return
	}
	switch {
	case c.state == CallIncoming && !c.answering:
		p.drop(c)
		p.miss(c)
	case c.state == CallUp || c.state == CallHeld:
		p.over(c, ev)
	default:
		p.fail(c, outcomeOf(ev), p.detail(ev))
	}
}
