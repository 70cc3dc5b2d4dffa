package desk

import (
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/failover"
	"phoned/sip/ua"
)

// carryOut does what the phone decided.
func (d *Desk) carryOut(a phone.Action) {
	switch a := a.(type) {
	case phone.Dial:
		d.dial(a)
	case phone.Ring:
		d.cfg.UA.Do(ua.Ring{Call: ua.CallID(a.Call)})
	case phone.Answer:
		d.answer(a.Call)
	case phone.Reject:
		delete(d.offers, a.Call)
		d.cfg.UA.Do(ua.Reject{Call: ua.CallID(a.Call), Status: a.Status})
	case phone.Hangup:
		d.cfg.UA.Do(ua.Hangup{Call: ua.CallID(a.Call)})
		d.closeVoice(a.Call)
	case phone.Hold:
		d.cfg.UA.Do(ua.Hold{Call: ua.CallID(a.Call)})
	case phone.Resume:
		d.cfg.UA.Do(ua.Resume{Call: ua.CallID(a.Call)})
	case phone.Register:
		d.cfg.UA.Do(ua.Register{Line: a.Line})
	case phone.Drill:
		d.cfg.UA.Do(ua.Drill{Line: a.Line})
	case phone.Talk:
		d.cfg.Media.Focus(uint32(a.Call))
	case phone.Play:
		d.cfg.Media.Play(a.Sound)
	case phone.Route:
		d.route = a.Route
		d.cfg.Media.Route(a.Route)
	case phone.Mute:
		d.cfg.Media.Mute(a.On)
	case phone.Volume:
		if a.Ring {
			d.cfg.Media.RingVolume(a.Level)
		} else {
			d.cfg.Media.Volume(d.route, a.Level)
		}
	case phone.SendDigit:
		if a.Mode == phone.SIPInfo {
			d.cfg.UA.Do(ua.Info{Call: ua.CallID(a.Call), Digit: a.Digit})
		} else {
			d.cfg.Media.Digit(uint32(a.Call), a.Digit, 0)
		}
	case phone.Lamp:
		d.painter.lamp(a.Lamp, a.Light)
	case phone.Show:
		d.painter.show(a.Screen)
	case phone.Notify:
		d.tell(a.Notice)
	case phone.Save:
		d.save(a)
	case phone.Restart:
		if d.cfg.Restart != nil {
			d.cfg.Restart()
		}
	}
}

// dial opens sockets for the voice and places the call. Without sockets the
// call has failed here.
func (d *Desk) dial(a phone.Dial) {
	port, err := d.cfg.Media.Open(uint32(a.Call))
	if err != nil {
		d.log.Error("no sockets for a call's voice", "call", a.Call, "line", a.Line, "err", err)
		d.later = append(d.later, phone.Ended{Call: a.Call, Cause: failover.Overload})
		return
	}
	d.lineOf[a.Call] = a.Line
	d.cfg.UA.Do(ua.Dial{
		Call: ua.CallID(a.Call), Line: a.Line, Number: a.Number, Media: d.local(a.Line, port),
	})
}

func (d *Desk) answer(call phone.CallID) {
	line := d.offers[call]
	delete(d.offers, call)
	port, err := d.cfg.Media.Open(uint32(call))
	if err != nil {
		d.log.Error("no sockets for a call's voice", "call", call, "line", line, "err", err)
		d.cfg.UA.Do(ua.Reject{Call: ua.CallID(call), Status: 500})
		d.later = append(d.later, phone.Ended{Call: call, Cause: failover.Overload})
		return
	}
	d.lineOf[call] = line
	d.cfg.UA.Do(ua.Answer{Call: ua.CallID(call), Media: d.local(line, port)})
}

// closeVoice gives a call's sockets back.
func (d *Desk) closeVoice(call phone.CallID) {
	delete(d.offers, call)
	if _, open := d.lineOf[call]; open {
		delete(d.lineOf, call)
		d.cfg.Media.Close(uint32(call))
	}
}

// tell gives a notice to those who watch, and to the log.
func (d *Desk) tell(n phone.Notice) {
	if n.Severity == phone.Error {
		d.log.Warn(n.Text, "line", n.Line, "notice", string(n.Kind))
	} else {
		d.log.Info(n.Text, "line", n.Line, "notice", string(n.Kind))
	}
	d.watchers.notice(n)
}

func (d *Desk) save(a phone.Save) {
	if d.cfg.Save == nil {
		return
	}
	if err := d.cfg.Save(a.Setting, a.Value); err != nil {
		d.log.Error("a setting was not kept", "setting", a.Setting.String(), "err", err)
	}
}
