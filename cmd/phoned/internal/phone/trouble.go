package phone

import (
	"time"

	"phoned/sip/failover"
)

// NoRedundancy is the LineNotice that the servers of a line are all the same
// address, beside those of package failover.
const NoRedundancy failover.NoticeKind = 0x80

// lineNotice puts what the failover tells of a line into a sentence. What
// happened comes first, then what the phone does, then what the user can do.
func (p *Phone) lineNotice(ev LineNotice) {
	l := p.lineBy(ev.Line)
	if l == nil {
		return
	}
	switch ev.Kind {
	case failover.Unavailable:
		p.movingCalls(ev)
		if ev.Server == 1 {
			l.leftFor, l.leftStatus = ev.Cause, ev.Status
		}
		p.notify(ev.Line, NoticeTrying, Info,
			p.sentences(p.serverTrouble(ev.Server, ev.Cause, ev.Status), p.say(wordAskNext)))
	case failover.MovedOver:
		p.notify(ev.Line, NoticeMoved, Info,
			p.backupSince(l, ev.Server, p.now))
	case failover.MovedBack:
		p.notify(ev.Line, NoticeBack, Info, p.say(wordBack, max(ev.Server, 1)))
	case failover.AllFailed:
		p.notify(ev.Line, NoticeAllFailed, Error, p.allFailed(ev.Cause, ev.Server, ev.Next))
	case failover.Recovered:
		p.notify(ev.Line, NoticeRecovered, Info, p.say(wordRecovered, max(ev.Server, 1)))
	case failover.Refusal:
		p.notify(ev.Line, NoticeRefused, Error, p.refused(ev.Server, ev.Status, ev.Next))
	case failover.BadCertificate:
		l.badCert = ev.Server
		// An alarm, but no failure yet: another server may still serve the line.
		p.notify(ev.Line, NoticeCertificate, Info, p.say(wordServerCertificate, ev.Server))
	case failover.ByeLost:
		p.notify(ev.Line, NoticeByeLost, Error, p.say(wordByeLost))
	case failover.Postponed:
		l.look, l.postponed = ev.Next, true
		p.notify(ev.Line, NoticePostponed, Info, p.say(wordPostponed, max(ev.Server, 1), p.clock(ev.Next)))
	case failover.DrillOver:
		p.drillOver(l, ev)
	case failover.DrillDone:
		p.drillDone(l, ev)
	case failover.DrillFailed:
		p.drillFailed(l, ev)
	case NoRedundancy:
		l.noRedundancy = true
		p.notify(ev.Line, NoticeRedundancy, Info, p.say(wordNoRedundancy))
	}
}

// movingCalls: a server failed, so the call dialled over it moves. One that
// rings through it moves only if it was its own request that failed.
func (p *Phone) movingCalls(ev LineNotice) {
	for _, c := range p.calls {
		here := c.line == ev.Line && (c.server == 0 || c.server == ev.Server)
		switch {
		case here && c.state == CallCalling && (ev.Call == 0 || ev.Call == c.id):
			c.moving = true
		case here && c.state == CallRinging && ev.Call == c.id:
			c.state, c.early, c.moving = CallCalling, false, true
			c.limit = p.now.Add(max(callingTime, p.cfg.RingTimeout))
		}
	}
}

// serverTrouble says what is wrong with one server.
func (p *Phone) serverTrouble(server int, cause failover.Cause, status int) string {
	return p.speaker().serverTrouble(server, cause, status)
}

func (s speaker) serverTrouble(server int, cause failover.Cause, status int) string {
	switch cause {
	case failover.ICMP, failover.Refused:
		return s.say(wordServerUnreachable, server)
	case failover.TLSFailed:
		return s.say(wordServerTLS, server)
	case failover.Certificate:
		return s.say(wordServerCertificate, server)
	case failover.NoName:
		return s.say(wordServerNoName, server)
	case failover.Answered:
		return s.say(wordServerError, server, status)
	case failover.NoNetwork:
		return s.say(wordNoNetwork)
	}
	return s.say(wordServerSilent, server)
}

// backupSince says why calls go through a backup server, and since when.
func (p *Phone) backupSince(l *line, server int, since time.Time) string {
	return p.sentences(p.serverTrouble(1, l.leftFor, l.leftStatus), p.say(wordBackupSince, server, p.clock(since)))
}

// seconds until t, rounded up; 0 when it is past or not planned.
func (p *Phone) seconds(t time.Time) int {
	if t.IsZero() || !t.After(p.now) {
		return 0
	}
	return int((t.Sub(p.now) + time.Second - 1) / time.Second)
}

// allFailed says why a pass over all servers has failed: the cause of the last
// one.
func (p *Phone) allFailed(cause failover.Cause, server int, next time.Time) string {
	s := p.seconds(next)
	switch {
	case cause == failover.NoNetwork:
		return p.say(wordNoNetwork)
	case cause == failover.NoName && s > 0:
		return p.say(wordNoNamesNext, max(server, 1), s)
	case cause == failover.NoName:
		return p.say(wordNoNames, max(server, 1))
	case s > 0:
		return p.say(wordAllFailedNext, s)
	}
	return p.say(wordAllFailed)
}

func (p *Phone) refused(server, status int, next time.Time) string {
	var text string
	switch status {
	case 401, 403, 407:
		text = p.say(wordRefusedPassword)
	case 404, 604:
		text = p.say(wordRefusedUnknown)
	default:
		text = p.say(wordRefusedOther, max(server, 1), status)
	}
	if s := p.seconds(next); s > 0 {
		text = p.sentences(text, p.say(wordNextAttempt, s))
	}
	return text
}

// hopeless is the sentence of why a call over the line will not succeed as far
// as the phone knows; empty while nothing has failed. It never judges before a
// pass over the servers is over, and once one has failed it stays with that
// until another succeeds: a trouble does not blink with every new attempt.
func (p *Phone) hopeless(l *line) string {
	switch {
	case p.offline:
		return p.say(wordNoNetwork)
	case l == nil:
		return p.say(wordNoLine)
	case !l.Register || l.registered:
		return ""
	}
	switch {
	case l.phase == failover.Offline:
		return p.say(wordNoNetwork)
	case l.lost == failover.Waiting:
		return p.allFailed(l.lostFor, l.refuser, l.next)
	case l.lost == failover.Rejected:
		return p.refused(l.refuser, l.status, l.next)
	}
	return ""
}

// troubles are the sentences that stand on the idle display as long as they
// are true, the most important first; alert tells failures from news.
func (p *Phone) troubles() (rows []banner) {
	if p.offline {
		rows = append(rows, banner{text: p.say(wordNoNetwork), alert: true})
	} else if p.defaultLine() == nil {
		rows = append(rows, banner{text: p.say(wordNoLine), alert: true})
	}
	for i := range p.lines {
		l := &p.lines[i]
		if !l.Enabled || !l.Register {
			continue
		}
		if text := p.hopeless(l); text != "" && !p.offline {
			rows = append(rows, banner{text: p.withLine(l.Number, text), alert: true})
		}
		if l.registered && l.server > 1 {
			text := p.backupSince(l, l.server, l.since)
			rows = append(rows, banner{text: p.withLine(l.Number, text), alert: l.badCert == 1})
			if l.badCert == 1 && l.leftFor == failover.Certificate {
				continue // said already
			}
		}
		if l.badCert != 0 {
			rows = append(rows, banner{text: p.withLine(l.Number, p.say(wordServerCertificate, l.badCert)), alert: true})
		}
	}
	if p.fault != "" {
		rows = append(rows, banner{text: p.say(wordHardware, p.speaker().fault(p.fault)), alert: true})
	}
	return rows
}
