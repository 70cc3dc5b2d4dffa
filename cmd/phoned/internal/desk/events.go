package desk

import (
	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/ua"
)

// fromUA carries an event of the user agent to the phone. The voice process
// learns a call's stream before the phone may put it into the ear.
func (d *Desk) fromUA(ev ua.Event) {
	switch ev := ev.(type) {
	case ua.LineState:
		d.step(phone.LineState{
			Line: ev.Line, Phase: ev.Phase, Registered: ev.Registered, Server: ev.Server,
			Address: ev.Address, Status: ev.Status, Cause: ev.Cause, Next: ev.Next,
		})
	case ua.LineNotice:
		d.step(phone.LineNotice{
			Line: ev.Line, Kind: ev.Kind, Server: ev.Server, Address: ev.Address,
			Status: ev.Status, Cause: ev.Cause, Call: phone.CallID(ev.Call), Next: today(ev.Next), Cost: ev.Cost,
		})
	case ua.Decided:
		d.decided(ev)
	case ua.Health:
		d.healthTold(ev)
	case ua.Incoming:
		d.offers[phone.CallID(ev.Call)] = ev.Line
		d.step(phone.Incoming{
			Call: phone.CallID(ev.Call), Line: ev.Line, Number: ev.Number, Name: ev.Name, Private: ev.Private,
		})
	case ua.Asking:
		d.step(phone.Asking{Call: phone.CallID(ev.Call), Server: ev.Server})
	case ua.Progress:
		if ev.Media != nil {
			d.setVoice(ev.Call, *ev.Media)
		}
		d.step(phone.Progress{Call: phone.CallID(ev.Call), Status: ev.Status, Media: ev.Media != nil})
	case ua.Established:
		d.setVoice(ev.Call, ev.Media)
		d.step(phone.Established{Call: phone.CallID(ev.Call), Server: ev.Server, Events: ev.Media.Event != 0})
	case ua.MediaChanged:
		d.setVoice(ev.Call, ev.Media)
		d.step(phone.MediaChanged{
			Call: phone.CallID(ev.Call), Events: ev.Media.Event != 0,
			LocalHold: ev.LocalHold, RemoteHold: ev.RemoteHold,
		})
	case ua.HoldFailed:
		d.step(phone.HoldFailed{Call: phone.CallID(ev.Call), Status: ev.Status})
	case ua.Ended:
		d.closeVoice(phone.CallID(ev.Call))
		d.step(phone.Ended{
			Call: phone.CallID(ev.Call), ByRemote: ev.ByRemote, Status: ev.Status, Cause: ev.Cause, Reason: ev.Reason,
		})
	case ua.Digit:
		d.log.Debug("digit", "call", ev.Call, "by", "INFO")
	}
}

// fromMedia carries an event of the voice process to the phone.
func (d *Desk) fromMedia(ev remote.Event) {
	switch ev := ev.(type) {
	case remote.DigitReceived:
		d.log.Debug("digit", "call", ev.Call, "by", "RTP")
	case remote.Stats:
		if ev.Closed {
			d.log.Info("voice of a call", "call", ev.Call, "sent", ev.Sent, "received", ev.Received, "lost", ev.Lost,
				"late", ev.Late, "overruns", ev.Overruns, "concealed", ev.Concealed, "jitter", ev.Jitter, "delay", ev.Delay, "rtt", ev.RTT)
		}
	case remote.Restarted:
		d.log.Error("the voice process was started again", "reason", ev.Reason)
	case remote.DeviceFault:
		d.fault(faultVoice, ev.Text)
	}
}
