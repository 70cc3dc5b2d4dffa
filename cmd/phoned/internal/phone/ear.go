package phone

import (
	"strconv"
	"time"

	"phoned/audio"
)

// An ear is where a call is heard now.
type ear uint8

const (
	earClosed ear = iota // on hook
	earHandset
	earSpeaker
	earHeadset
)

func (e ear) handsfree() bool { return e == earSpeaker || e == earHeadset }

func (e ear) route() audio.Route {
	switch e {
	case earSpeaker:
		return audio.Speaker
	case earHeadset:
		return audio.Headset
	}
	return audio.Handset
}

// The volumes, in the order of their settings.
const (
	volumeHandset = iota
	volumeSpeaker
	volumeHeadset
	volumeRing
	volumeCount
)

// openEar opens a way to hear a call, if there is none yet: the lifted handset,
// else the headset, else the speaker.
func (p *Phone) openEar() {
	switch {
	case p.ear != earClosed:
	case p.hook:
		p.ear = earHandset
	case p.headset:
		p.ear = earHeadset
	default:
		p.ear = earSpeaker
	}
}

// closeEar ends hands-free; a lifted handset is always open.
func (p *Phone) closeEar() {
	p.ear = earClosed
	if p.hook {
		p.ear = earHandset
	}
}

// settle closes hands-free when nothing is left to hear there. A call on hold
// keeps it open: it may come back, or another be dialled.
func (p *Phone) settle() {
	held := p.focus != nil && p.focus.state == CallHeld
	if p.ear.handsfree() && p.dial == nil && p.inEar() == nil && p.failed == nil && !held {
		p.closeEar()
	}
}

// lift is the handset going up. It answers the ringing call, sends what was
// dialled before, takes a call over from the speaker, or gives a dial tone. A
// call that waits while another is in the ear is not ringing: lifting moves
// the one in the ear to the handset.
func (p *Phone) lift() {
	if p.hook {
		return
	}
	p.hook = true
	p.menu = nil
	ringing := p.waiting()
	was := p.ear
	p.ear = earHandset
	switch {
	case p.inEar() != nil:
	case ringing != nil:
		p.answer(ringing)
	case was != earClosed: // whatever is heard goes on in the handset
	case p.dial != nil:
		p.send()
	default:
		p.startDial(0)
	}
}

// putDown is the handset going down. It always ends the call in the ear; a
// call that was moved to the speaker or the headset is not in the ear.
func (p *Phone) putDown() {
	if !p.hook {
		return
	}
	p.hook = false
	if p.ear == earHandset {
		p.hangUpEar()
	}
}

// hangUpEar ends what is in the ear and closes it. Calls on hold stay.
func (p *Phone) hangUpEar() {
	p.closeEar()
	p.dial = nil
	p.clearFailure()
	if c := p.inEar(); c != nil {
		p.hangUp(c)
	}
}

// speakerKey answers, takes what was dialled, or moves the call between the
// speaker and the rest; on hook it ends the call on the speaker.
func (p *Phone) speakerKey() {
	p.menu = nil
	switch {
	case p.ear == earHandset || p.ear == earHeadset:
		p.ear = earSpeaker
	case p.ear == earSpeaker && p.hook:
		p.ear = earHandset
	case p.ear == earSpeaker:
		p.hangUpEar()
	default:
		p.ear = earSpeaker
		switch ringing := p.waiting(); {
		case ringing != nil:
			p.answer(ringing)
		case p.dial != nil && len(p.dial.digits) > 0:
			p.send()
		default:
			p.startDial(0)
		}
	}
}

// plug is the headset coming or going. A call follows it; without it the call
// goes to the speaker rather than being lost.
func (p *Phone) plug(in bool) {
	p.headset = in
	switch {
	case in && p.ear == earSpeaker && !p.hook:
		p.ear = earHeadset
	case !in && p.ear == earHeadset && p.hook:
		p.ear = earHandset
	case !in && p.ear == earHeadset:
		p.ear = earSpeaker
	}
}

// muteKey closes the microphone in a call, and silences the bell before one.
func (p *Phone) muteKey() {
	if p.ear == earClosed {
		if c := p.waiting(); c != nil {
			c.silenced = true
		}
		return
	}
	if p.inEar() != nil {
		p.mute = !p.mute
	}
}

// volumeOf is which volume the keys change: the bell's on hook, else that of
// the way the call is heard.
func (p *Phone) volumeOf() int {
	switch p.ear {
	case earHandset:
		return volumeHandset
	case earSpeaker:
		return volumeSpeaker
	case earHeadset:
		return volumeHeadset
	}
	return volumeRing
}

func (p *Phone) volumeKey(by int) {
	v := p.volumeOf()
	level := min(max(p.volumes[v]+by, 0), MaxVolume)
	if level != p.volumes[v] {
		p.volumes[v] = level
		p.unsaved[v] = true
		p.saveAt = p.now.Add(saveDelay)
	}
	p.banner = banner{text: p.say(wordVolume, level), until: p.now.Add(hintTime)}
}

func (p *Phone) saveVolumes() {
	p.saveAt = time.Time{}
	for v := range p.unsaved {
		if p.unsaved[v] {
			p.unsaved[v] = false
			p.do(Save{SettingHandsetVolume + Setting(v), strconv.Itoa(p.volumes[v])})
		}
	}
}

// inEar is the call that the ear belongs to: dialled and not yet answered,
// being answered, or up. A call on hold or one that waits is not in the ear.
func (p *Phone) inEar() *call {
	if c := p.focus; c != nil && c.active() {
		return c
	}
	return nil
}

// talk is the call whose voice is heard. Early media counts: the far side may
// tell in words why nobody answers (RFC 3960).
func (p *Phone) talk() CallID {
	c := p.inEar()
	if c == nil || p.ear == earClosed {
		return 0
	}
	if c.state == CallUp || c.early {
		return c.id
	}
	return 0
}

// sound is what the phone plays by itself.
func (p *Phone) sound() audio.Sound {
	ringing := p.waiting()
	c := p.inEar()
	switch {
	case p.ear == earClosed:
		if ringing != nil && !ringing.silenced {
			return audio.Ring
		}
		return audio.Silence
	case p.failed != nil && c == nil:
		return p.failed.sound
	case ringing != nil:
		return audio.CallWaitingTone
	case c != nil:
		switch {
		case c.state == CallCalling && c.moving:
			return audio.ComfortBeep
		case c.state == CallRinging && !c.early:
			return audio.Ringback
		}
		return audio.Silence
	case p.dial != nil && len(p.dial.digits) == 0 && !p.dial.toneUntil.IsZero():
		// A dial tone stands until the failure is certain, never before.
		if p.hopeless(p.dialLine()) != "" {
			return audio.ReorderTone
		}
		return audio.DialTone
	}
	return audio.Silence
}

var soundNames = [...]string{
	audio.Silence: "silence", audio.DialTone: "dial", audio.StutterTone: "stutter", audio.Ringback: "ringback",
	audio.BusyTone: "busy", audio.ReorderTone: "reorder", audio.CallWaitingTone: "waiting",
	audio.ComfortBeep: "comfort", audio.Ring: "ring",
}

var routeNames = [...]string{audio.Handset: "handset", audio.Speaker: "speaker", audio.Headset: "headset"}
