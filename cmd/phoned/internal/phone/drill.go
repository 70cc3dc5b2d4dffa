package phone

import (
	"time"

	"phoned/sip/failover"
	"phoned/sip/journal"
)

// drillTime is when a drill that has told nothing counts as over: two
// registrations, of 64*T1 each, have come to an end long before.
const drillTime = 3 * time.Minute

// A Refusal says why a drill can not be made now.
type Refusal uint8

const (
	NoRefusal Refusal = iota
	RefusedNoLine
	RefusedOffline
	RefusedNotRegistered
	RefusedOneServer
	RefusedCall
	RefusedRunning
)

var refusals = [...]struct {
	code string
	word word
}{
	NoRefusal:            {"", wordNone},
	RefusedNoLine:        {"no-line", wordDrillNoLine},
	RefusedOffline:       {"no-network", wordDrillOffline},
	RefusedNotRegistered: {"not-registered", wordDrillNotRegistered},
	RefusedOneServer:     {"one-server", wordDrillOneServer},
	RefusedCall:          {"call", wordDrillCall},
	RefusedRunning:       {"running", wordDrillRunning},
}

// String is the refusal for programs: "call", "one-server" ...
func (r Refusal) String() string { return refusals[min(int(r), len(refusals)-1)].code }

// ParseRefusal finds a refusal by its name for programs.
func ParseRefusal(s string) (Refusal, bool) {
	for i, r := range refusals {
		if r.code == s {
			return Refusal(i), true
		}
	}
	return NoRefusal, false
}

// Say is the refusal as a sentence.
func (r Refusal) Say(l Language) string {
	return speaker{language: min(l, languageCount-1)}.say(refusals[min(int(r), len(refusals)-1)].word)
}

// drill is the last drill of a line.
type drill struct {
	text  string        // how it went, or goes
	asks  int           // the server that is asked; 0 = not told yet
	there int           // the server that has taken the line over; 0 = not yet
	over  time.Duration // and how long that took
	until time.Time     // it is under way, at the latest until then; zero = it is not
}

// DrillRefusal tells why a drill of a line can not be made now.
func (p *Phone) DrillRefusal(line int) Refusal {
	l := p.lineBy(line)
	switch {
	case l == nil || !l.Enabled:
		return RefusedNoLine
	case p.offline:
		return RefusedOffline
	case l.Servers == 1:
		return RefusedOneServer
	case p.drillRuns(l):
		return RefusedRunning
	case !l.registered:
		return RefusedNotRegistered
	case len(p.calls) > 0:
		return RefusedCall
	}
	return NoRefusal
}

func (p *Phone) drillRuns(l *line) bool { return p.now.Before(l.drill.until) }

// drillNow begins a drill, or says why not.
func (p *Phone) drillNow(number int) {
	l := p.lineBy(number)
	if r := p.DrillRefusal(number); r != NoRefusal {
		text := r.Say(p.cfg.Language)
		if l != nil && r != RefusedRunning {
			l.drill = drill{text: text}
		}
		p.banner = banner{text: p.withLine(number, text), until: p.now.Add(hintTime)}
		return
	}
	p.banner = banner{} // of the drill before, as a rule
	l.drill = drill{text: p.say(wordDrillBegun), until: p.now.Add(drillTime)}
	p.do(Drill{number})
}

// drillOver takes the end of the way over, drillDone that of the whole drill.
func (p *Phone) drillOver(l *line, ev LineNotice) {
	l.drill.over, l.drill.there = ev.Cost, ev.Server
	l.drill.text = p.say(wordDrillOver, ev.Server, p.speaker().lasted(ev.Cost))
	p.drillNotice(ev, NoticeDrillOver, Info, l.drill.text)
}

func (p *Phone) drillDone(l *line, ev LineNotice) {
	text := p.speaker().drill(l.drill.there, l.drill.over, ev.Server, ev.Cost)
	l.drill = drill{text: text}
	p.drillNotice(ev, NoticeDrillDone, Info, text)
}

func (p *Phone) drillFailed(l *line, ev LineNotice) {
	text := p.speaker().drillFailed(ev.Server, ev.Cause, ev.Status)
	l.drill = drill{text: text}
	p.drillNotice(ev, NoticeDrillFailed, Error, text)
}

func (p *Phone) drillNotice(ev LineNotice, kind NoticeKind, severity Severity, text string) {
	if p.menu != nil && p.menu.page == pageDrill {
		p.menu.until = p.now.Add(menuTime)
	}
	p.notifyWith(bannerTime, Notice{
		Line: ev.Line, Kind: kind, Severity: severity, Text: text, Server: ev.Server, MS: millis(ev.Cost),
		Cause: journal.CauseName(ev.Cause), Status: ev.Status,
	})
}

// drill is a drill that went well.
func (s speaker) drill(there int, over time.Duration, home int, back time.Duration) string {
	return s.say(wordDrillDone, there, s.lasted(over), home, s.lasted(back))
}

// SayDrill tells a drill that went well: to which server and how fast, and back.
func SayDrill(l Language, there int, over time.Duration, home int, back time.Duration) string {
	return speaker{language: min(l, languageCount-1)}.drill(there, over, home, back)
}

// drillFailed is a drill that failed at a server, or could not be made at all.
func (s speaker) drillFailed(server int, cause failover.Cause, status int) string {
	if cause == failover.NoCause && status == 0 {
		return s.say(wordDrillNotNow)
	}
	return s.say(wordDrillFailed, s.serverTrouble(server, cause, status))
}

// SayDrillFailed tells the failed drill of a notice; the sentence of the notice
// is in the language of the display.
func SayDrillFailed(l Language, n Notice) string {
	cause, ok := journal.ParseCause(n.Cause)
	if !ok { // of a phone that knows more than we do
		return n.Text
	}
	return speaker{language: min(l, languageCount-1)}.drillFailed(n.Server, cause, n.Status)
}

// drillRows are the lines to choose from, and how their last drills went.
func (p *Phone) drillRows() (rows []entry) {
	var told []entry
	enabled := 0
	for i := range p.lines {
		l := &p.lines[i]
		if !l.Enabled {
			continue
		}
		enabled++
		rows = append(rows, entry{p.name(l), func() { p.drillNow(l.Number) }})
		text := l.drill.text
		if p.drillRuns(l) && l.drill.asks != 0 && l.drill.there == 0 {
			text = p.say(wordDrillAsks, l.drill.asks)
		}
		if text != "" {
			told = append(told, entry{text: p.withLine(l.Number, text)})
		}
	}
	if enabled == 1 {
		rows[0].text = p.say(menuDrillStart)
	}
	if enabled > 0 && len(told) == 0 {
		told = append(told, entry{text: p.say(menuDrillAbout)})
	}
	return append(rows, told...)
}
