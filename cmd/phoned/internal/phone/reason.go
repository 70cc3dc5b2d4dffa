package phone

import (
	"phoned/audio"
	"phoned/sip/failover"
)

// An outcome is why a call did not come up, for people.
type outcome struct {
	kind  NoticeKind
	text  word
	sound audio.Sound
}

// outcomeOf puts the end of a call that was not up into words: the final
// status (RFC 3261 §21), or why no server served it.
func outcomeOf(ev Ended) outcome {
	failed := func(kind NoticeKind, text word) outcome { return outcome{kind, text, audio.ReorderTone} }
	switch ev.Status {
	case 486, 600:
		return outcome{NoticeBusy, wordBusy, audio.BusyTone}
	case 404, 410, 414, 416, 484, 485, 604:
		return failed(NoticeNotFound, wordNotFound)
	case 408, 487:
		return failed(NoticeNoAnswer, wordNoAnswer)
	case 480:
		return failed(NoticeUnavailable, wordUnavailable)
	case 603, 607, 608:
		return outcome{NoticeDeclined, wordDeclined, audio.BusyTone}
	case 401, 403, 407:
		return failed(NoticeForbidden, wordForbidden)
	case 415, 488, 606:
		return failed(NoticeCallFailed, wordNoCodec)
	}
	switch {
	case ev.Status >= 500 && ev.Status <= 599:
		return failed(NoticeCallFailed, wordServerBusy)
	case ev.Status >= 300 && ev.Status <= 399:
		return failed(NoticeCallFailed, wordMovedAway)
	case ev.Status != 0:
		return failed(NoticeCallFailed, wordOtherFailure)
	}
	switch ev.Cause {
	case failover.NoNetwork:
		return failed(NoticeNoNetwork, wordNoNetwork)
	case failover.Certificate:
		return failed(NoticeCertificate, wordCertificateCall)
	case failover.NoName:
		return failed(NoticeAllFailed, wordNobodyNamed)
	case failover.Overload:
		return failed(NoticeCallFailed, wordOverload)
	case failover.NoCause:
		return failed(NoticeCallFailed, wordOtherFailure)
	}
	return failed(NoticeAllFailed, wordNobodyServes)
}

// detail is the SIP code behind the sentence, for the administrator.
func (p *Phone) detail(ev Ended) string {
	switch {
	case ev.Status == 0:
		return ""
	case ev.Reason == "":
		return p.say(wordSIPCode, ev.Status)
	}
	return p.say(wordSIPCodeReason, ev.Status, ev.Reason)
}

// fail ends a call that did not come up: the reason shows for 5 s with its
// tone, and for all that time the phone is idle.
func (p *Phone) fail(c *call, o outcome, detail string) {
	heard := p.focus == c && p.ear != earClosed && p.dial == nil
	text := p.say(o.text)
	if heard {
		p.failed = &failure{
			title: wordCallFailed, text: text, detail: detail, number: p.who(c), line: c.line,
			sound: o.sound, until: p.now.Add(failedTime),
		}
	}
	p.notify(c.line, o.kind, Error, text)
	if heard {
		p.banner = banner{} // the same words stand in the middle of the display
	}
	p.drop(c)
}

// over ends a call that was up. Alone in the ear it leaves the tone of a line
// that the other side has left; beside another call it leaves a sentence.
func (p *Phone) over(c *call, ev Ended) {
	heard := p.focus == c && c.state == CallUp && p.ear != earClosed
	text := p.say(wordTheyHungUp)
	if !ev.ByRemote || ev.Status >= 300 || ev.Cause != failover.NoCause {
		text = p.say(wordCallLost)
		p.notify(c.line, NoticeCallLost, Error, text)
	}
	onHold := c.state == CallHeld
	p.drop(c)
	switch {
	case heard && len(p.calls) == 0:
		p.banner = banner{}
		p.failed = &failure{
			title: wordCallEnded, text: text, detail: p.detail(ev), number: p.who(c), line: c.line,
			sound: audio.BusyTone, until: p.now.Add(failedTime),
		}
	case onHold || heard:
		p.banner = banner{text: p.who(c) + ": " + text, until: p.now.Add(bannerTime)}
	}
}

// clearFailure ends the tone and the reason of a call that failed or ended.
func (p *Phone) clearFailure() { p.failed = nil }
