package phone

import (
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
)

// A TargetHealth is what is known of one address of a server.
type TargetHealth struct {
	Server    int // 1 = primary, 2 = backup, ...
	Address   string
	Transport sip.Transport
	State     health.State
	Since     time.Time // when it came to be so; zero with health.Unknown
	Cause     failover.Cause
	Status    int
	RTT       time.Duration // 0 = not measured
	Until     time.Time     // it asked to be left alone until then; zero = it did not
}

// healthTold keeps what is known of a line's servers.
func (p *Phone) healthTold(ev Health) {
	l := p.lineBy(ev.Line)
	if l == nil {
		return
	}
	l.health = ev.Targets
	// The servers are apart again once one of them has an address of its own.
	primary := map[string]bool{}
	for _, t := range ev.Targets {
		if t.Server == 1 {
			primary[t.Address] = true
		}
	}
	for _, t := range ev.Targets {
		if t.Server > 1 && !primary[t.Address] {
			l.noRedundancy = false
		}
	}
}

// healthRows say how each server of a line is.
func (p *Phone) healthRows(l *line) (rows []string) {
	several := map[int]int{}
	for _, t := range l.health {
		several[t.Server]++
	}
	s := p.speaker()
	for _, t := range l.health {
		who := s.say(wordServer, t.Server)
		if several[t.Server] > 1 {
			who = s.say(wordServerAt, t.Server, t.Address)
		}
		rows = append(rows, who+": "+s.condition(t, p.now))
	}
	if l.registered && l.server > 1 && l.look.After(p.now) {
		w := wordNextLook
		if l.postponed {
			w = wordPostponed
		}
		rows = append(rows, p.say(w, 1, p.clock(l.look)))
	}
	if l.noRedundancy {
		rows = append(rows, p.say(wordNoRedundancy))
	}
	return rows
}

// condition is the state of one target in a few words.
func (s speaker) condition(t TargetHealth, now time.Time) string {
	var text string
	switch since := s.clock(t.Since); {
	case t.State == health.Up && t.RTT > 0:
		text = s.say(wordAliveIn, s.lasted(max(t.RTT, time.Millisecond)))
	case t.State == health.Up:
		text = s.say(wordAlive)
	case t.State != health.Down:
		text = s.say(wordNotKnown)
	case t.Cause == failover.ICMP:
		text = s.say(wordDownUnreachable, since)
	case t.Cause == failover.Refused:
		text = s.say(wordDownRefusing, since)
	case t.Cause == failover.TLSFailed:
		text = s.say(wordDownInsecure, since)
	case t.Cause == failover.Certificate:
		text = s.say(wordDownUncertified, since)
	case t.Cause == failover.NoName:
		text = s.say(wordDownNameless, since)
	case t.Cause == failover.Answered:
		text = s.say(wordDownFailing, t.Status, since)
	default:
		text = s.say(wordDownSilent, since)
	}
	if t.Until.After(now) {
		text += s.say(wordLeftAlone, s.clock(t.Until))
	}
	return text
}
