package phone

import (
	"fmt"
	"strconv"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/journal"
)

// A speaker puts things into words: in a language, with times in a zone, and
// with the addresses of the servers or without.
type speaker struct {
	language  Language
	zone      *time.Location
	addresses bool
	seconds   bool // times of day with seconds
}

func (s speaker) say(w word, args ...any) string {
	format := catalogues[s.language][w]
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// join joins sentences as the language does: Chinese needs no space after its
// full stop.
func (s speaker) join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	case s.language == Chinese:
		return a + b
	}
	return a + " " + b
}

func (s speaker) clock(t time.Time) string {
	if s.seconds {
		return t.In(s.zone).Format(time.TimeOnly)
	}
	return t.In(s.zone).Format("15:04")
}

// lasted is a duration as people say it: 34 ms, 1.4 s, 75 s.
func (s speaker) lasted(d time.Duration) string {
	switch {
	case d < time.Second:
		return s.say(wordMillis, millis(d))
	case d < 100*time.Second:
		return s.say(wordSeconds, strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', 1, 64))
	}
	return s.say(wordSeconds, strconv.FormatInt(int64(d/time.Second), 10))
}

// millis is a duration in whole milliseconds, rounded up: what took any time did
// not take none.
func millis(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// server names a server of a decision.
func (s speaker) server(t journal.Target) string {
	switch {
	case t.Server == 0:
		return s.say(wordOtherServer)
	case s.addresses && t.Address != "":
		return s.say(wordServerAt, t.Server, t.Address)
	}
	return s.say(wordServer, t.Server)
}

// request is what was on its way, within a sentence.
func (s speaker) request(m sip.Method) string {
	switch m {
	case sip.INVITE:
		return s.say(wordTheCall)
	case sip.BYE:
		return s.say(wordTheHangup)
	case sip.REGISTER:
		return s.say(wordTheRegistration)
	case sip.UnknownMethod:
		return s.say(wordTheRequest)
	}
	return s.say(wordTheOther, m.String())
}

// evidence says what was wrong with the server that a decision leaves.
func (s speaker) evidence(r journal.Record) string {
	from := s.server(r.From)
	switch r.Cause {
	case failover.Silence:
		return s.say(wordWasSilent, from)
	case failover.ICMP:
		return s.say(wordWasUnreachable, from)
	case failover.Refused:
		return s.say(wordWasRefusing, from)
	case failover.TLSFailed:
		return s.say(wordWasInsecure, from)
	case failover.Certificate:
		return s.say(wordWasUncertified, from)
	case failover.NoName:
		return s.say(wordWasNameless, from)
	case failover.Answered:
		return s.say(wordWasFailing, from, r.Status)
	case failover.NoNetwork:
		return s.say(wordWasOffline)
	case failover.Overload:
		return s.say(wordWasOverloaded)
	}
	return s.say(wordWasGone, from)
}

// explain tells a decision, why it was taken and what it cost.
func (s speaker) explain(r journal.Record) string {
	from, to := s.server(r.From), s.server(r.To)
	switch r.Decision {
	case failover.MoveRequest:
		return s.cost(r, s.say(wordWhyMoveRequest, s.evidence(r), s.request(r.Method), to))
	case failover.MoveLine:
		return s.cost(r, s.say(wordWhyMoveLine, s.evidence(r), to))
	case failover.SkipDown:
		return s.say(wordWhySkipDown, from, s.request(r.Method), to)
	case failover.Suspect:
		return s.say(wordWhySuspect, from, s.lasted(r.Cost), to)
	case failover.MoveEarly:
		return s.say(wordWhyMoveEarly, from, s.lasted(r.Cost), to, s.request(r.Method))
	case failover.Spared:
		return s.say(wordWhySpared, from)
	case failover.Splay:
		return s.until(r, wordUntilMove, s.say(wordWhySplay, s.evidence(r)))
	case failover.LineServed:
		return s.cost(r, s.say(wordWhyLineServed, to))
	case failover.Watch:
		return s.until(r, wordUntilEarliest, s.say(wordWhyWatch, to))
	case failover.Unsteady:
		return s.until(r, wordUntilLook, s.say(wordWhyUnsteady, from))
	case failover.FailBack:
		return s.cost(r, s.say(wordWhyFailBack, to))
	case failover.Relapse:
		return s.until(r, wordUntilLook, s.say(wordWhyRelapse, from))
	case failover.GiveUp:
		text := s.say(wordWhyGiveUp, s.evidence(r), s.request(r.Method))
		if r.Call { // else nobody has waited
			text = s.cost(r, text)
		}
		return s.until(r, wordUntilNext, text)
	case failover.LeaveAlone:
		return s.until(r, wordUntilThen, s.say(wordWhyLeaveAlone, to))
	case failover.Reconnect:
		return s.until(r, wordUntilNext, s.say(wordWhyReconnect, to))
	case failover.LinkLost:
		return s.say(wordWhyLinkLost)
	case failover.LinkBack:
		return s.until(r, wordUntilNext, s.say(wordWhyLinkBack, to))
	case failover.DrillStart:
		return s.say(wordWhyDrillStart, to)
	case failover.DrillEnd:
		if r.From.Server != 0 {
			return s.cost(r, s.say(wordWhyDrillFailed, s.evidence(r), to))
		}
		return s.cost(r, s.say(wordWhyDrillEnd, to))
	}
	return s.say(wordWhyOther, journal.DecisionName(r.Decision))
}

// cost adds what it has cost who waited, or took.
func (s speaker) cost(r journal.Record, text string) string {
	switch {
	case r.Cost <= 0:
		return text
	case r.Call && r.Method == sip.INVITE: // somebody has waited
		return s.join(text, s.say(wordWhyCost, s.lasted(r.Cost)))
	}
	return s.join(text, s.say(wordWhyTook, s.lasted(r.Cost)))
}

// until adds what the line does at which time.
func (s speaker) until(r journal.Record, w word, text string) string {
	if r.Until.IsZero() {
		return text
	}
	return s.join(text, s.say(w, s.clock(r.Until)))
}

// title is a decision in a few words, for a list.
func (s speaker) title(r journal.Record) string {
	server := func(w word, t journal.Target) string { return s.say(w, t.Server) }
	switch r.Decision {
	case failover.MoveRequest:
		return s.say(wordTitleMoveRequest, s.short(r.Method), r.To.Server)
	case failover.MoveLine:
		return server(wordTitleMoveLine, r.To)
	case failover.SkipDown:
		return server(wordTitleSkipDown, r.From)
	case failover.Suspect:
		return server(wordTitleSuspect, r.From)
	case failover.MoveEarly:
		return server(wordTitleMoveEarly, r.To)
	case failover.Spared:
		return server(wordTitleSpared, r.From)
	case failover.Splay:
		return s.say(wordTitleSplay)
	case failover.LineServed:
		return server(wordTitleLineServed, r.To)
	case failover.Watch:
		return server(wordTitleWatch, r.To)
	case failover.Unsteady:
		return server(wordTitleUnsteady, r.From)
	case failover.FailBack:
		return server(wordTitleFailBack, r.To)
	case failover.Relapse:
		return server(wordTitleRelapse, r.From)
	case failover.GiveUp:
		return s.say(wordTitleGiveUp, s.short(r.Method))
	case failover.LeaveAlone:
		return server(wordTitleLeaveAlone, r.To)
	case failover.Reconnect:
		return server(wordTitleReconnect, r.To)
	case failover.LinkLost:
		return s.say(wordNoNetworkShort)
	case failover.LinkBack:
		return s.say(wordTitleLinkBack)
	case failover.DrillStart:
		return server(wordTitleDrillStart, r.To)
	case failover.DrillEnd:
		return s.say(wordTitleDrillEnd)
	}
	return journal.DecisionName(r.Decision)
}

// short is what was on its way, as a label.
func (s speaker) short(m sip.Method) string {
	switch m {
	case sip.INVITE:
		return s.say(wordShortCall)
	case sip.BYE:
		return s.say(wordShortHangup)
	case sip.REGISTER:
		return s.say(wordShortRegistration)
	}
	return m.String()
}

// Explain tells a decision of a line in one line of text: when, which line,
// what and why with the addresses of the servers, and the packet behind it.
func Explain(l Language, zone *time.Location, r journal.Record) string {
	s := speaker{language: min(l, languageCount-1), zone: zone, addresses: true, seconds: true}
	text := s.clock(r.Time) + " " + s.say(wordLineSays, r.Line, s.explain(r))
	if packet := r.Packet(); packet != "" {
		text += " [" + packet + "]"
	}
	return text
}
