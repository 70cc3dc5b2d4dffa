package phone

import (
	"time"

	"phoned/sip/failover"
	"phoned/sip/journal"
)

// A line is one account of the settings with its registration.
type line struct {
	Line
	phase      failover.Phase
	registered bool
	server     int
	address    string
	status     int            // behind the last Rejected
	refuser    int            // the server that gave it
	next       time.Time      // when the line goes on by itself
	since      time.Time      // registered at this server since
	lost       failover.Phase // Waiting or Rejected: how the last pass ended; stays until one succeeds
	lostFor    failover.Cause // of that pass
	badCert    int            // the server whose certificate does not verify; 0 = none

	// Why the primary was left, for as long as the line is at a backup.
	leftFor    failover.Cause
	leftStatus int

	health       []TargetHealth
	noRedundancy bool          // every server is the same address
	look         time.Time     // when the primary is looked at next; zero = not told
	postponed    bool          // later than set: it was lost soon after the last return
	why          *journal.Ring // the last decisions; nil = none
	drill        drill
}

// lineBy is the line with a number; nil if there is none.
func (p *Phone) lineBy(number int) *line {
	for i := range p.lines {
		if p.lines[i].Number == number {
			return &p.lines[i]
		}
	}
	return nil
}

// defaultLine is the one a call takes by itself: the first that is registered,
// else the first that needs no registration, else the first that may still
// find a server.
func (p *Phone) defaultLine() *line {
	for _, fits := range []func(*line) bool{
		func(l *line) bool { return l.registered },
		func(l *line) bool { return !l.Register },
		func(l *line) bool { return l.phase == failover.Trying },
		func(*line) bool { return true },
	} {
		for i := range p.lines {
			if l := &p.lines[i]; l.Enabled && fits(l) {
				return l
			}
		}
	}
	return nil
}

// dialLine is the line the number on its way would take; nil = none.
func (p *Phone) dialLine() *line {
	if p.dial != nil {
		if l := p.lineBy(p.dial.line); l != nil && l.Enabled {
			return l
		}
	}
	return p.defaultLine()
}

// name is what the user calls a line.
func (p *Phone) name(l *line) string {
	switch {
	case l == nil:
		return ""
	case l.Name != "":
		return l.Name
	case l.User != "":
		return l.User
	}
	return p.say(wordLine, l.Number)
}

// withLine puts a line's name before a sentence if there are several lines.
func (p *Phone) withLine(number int, text string) string {
	enabled := 0
	for i := range p.lines {
		if p.lines[i].Enabled {
			enabled++
		}
	}
	if l := p.lineBy(number); l != nil && enabled > 1 {
		return p.name(l) + ": " + text
	}
	return text
}

func (p *Phone) lineState(ev LineState) {
	l := p.lineBy(ev.Line)
	if l == nil {
		return
	}
	if ev.Registered && (!l.registered || l.server != ev.Server) {
		l.since = p.now
	}
	if ev.Registered && ev.Server == l.badCert {
		l.badCert = 0
	}
	if ev.Registered && ev.Server == 1 {
		l.leftFor, l.leftStatus = failover.NoCause, 0
		l.look, l.postponed = time.Time{}, false
	}
	l.phase, l.registered = ev.Phase, ev.Registered
	l.server, l.address = ev.Server, ev.Address
	l.next = ev.Next
	switch {
	case ev.Phase == failover.Waiting, ev.Phase == failover.Rejected:
		l.lost, l.lostFor, l.status, l.refuser = ev.Phase, ev.Cause, ev.Status, ev.Server
	case ev.Registered, ev.Phase == failover.Idle, ev.Phase == failover.Offline:
		l.lost = failover.Idle
	}
}

// registerNow is the manual registration of a line.
func (p *Phone) registerNow(number int) {
	l := p.lineBy(number)
	if l == nil || !l.Enabled {
		p.hint(wordLineNotSetUp, number)
		return
	}
	p.do(Register{number})
	p.banner = banner{text: p.say(wordRegistering, p.name(l)), until: p.now.Add(hintTime)}
}

func (p *Phone) link(ev Link) {
	was := p.offline
	p.offline, p.address = !ev.Up, ev.Address
	switch {
	case p.offline && !was:
		p.notify(0, NoticeNoNetwork, Error, p.say(wordNoNetwork))
	case was && !p.offline:
		for i := range p.lines {
			if p.lines[i].phase == failover.Offline {
				p.lines[i].phase = failover.Idle // until the line says more
			}
		}
		p.notify(0, NoticeNetwork, Info, p.say(wordNetworkBack))
	}
}

func (p *Phone) hardware(text string) {
	was := p.fault
	p.fault = text
	switch {
	case text != "" && text != was:
		p.notify(0, NoticeHardware, Error, p.say(wordHardware, p.speaker().fault(text)))
	case text == "" && was != "":
		p.notify(0, NoticeHardware, Info, p.say(wordHardwareOK))
	}
}

// A condition is a line's registration as the display tells it.
type condition uint8

const (
	conditionStarting condition = iota
	conditionOffline
	conditionReady // needs no registration
	conditionTrying
	conditionRegistered
	conditionBackup
	conditionFailed
)

func (p *Phone) lineCondition(l *line) condition {
	switch {
	case p.offline || l.phase == failover.Offline:
		return conditionOffline
	case !l.Register:
		return conditionReady
	case l.registered && l.server > 1:
		return conditionBackup
	case l.registered:
		return conditionRegistered
	case l.phase == failover.Trying:
		return conditionTrying
	case l.phase == failover.Waiting || l.phase == failover.Rejected:
		return conditionFailed
	}
	return conditionStarting
}
