package phone

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"phoned/hw"
)

// screen is the display as it follows from the state. Digits win over
// everything; nothing covers a call in progress; a trouble is a sentence.
func (p *Phone) screen() hw.Screen {
	s := hw.Screen{
		Time:  p.clock(p.now),
		Flags: hw.Flags{Offline: p.offline, DND: p.dnd, Mute: p.mute, Speaker: p.ear == earSpeaker},
	}
	for i, w := range p.softs() {
		if w != wordNone {
			s.Soft[i] = p.say(w)
		}
	}
	ringing, c := p.waiting(), p.inEar()
	shown := (*call)(nil) // the call in the big area
	switch {
	case p.menu != nil:
		p.menuScreen(&s)
		return s
	case c != nil:
		shown = c
		p.callScreen(&s, c)
	case p.dial != nil && (len(p.dial.digits) > 0 || ringing == nil):
		p.dialScreen(&s)
	case ringing != nil:
		shown = ringing
		p.callScreen(&s, ringing)
	case p.failed != nil:
		p.failedScreen(&s)
	case p.focus != nil:
		shown = p.focus
		p.callScreen(&s, p.focus)
	default:
		p.idleScreen(&s)
		return s
	}
	for _, o := range p.calls {
		if o != shown {
			s.Rows = append(s.Rows, hw.Row{Text: p.besideRow(o)})
		}
	}
	p.bannerRow(&s)
	return s
}

func (p *Phone) clock(t time.Time) string { return t.In(p.now.Location()).Format("15:04") }

// lasted is a duration as m:ss, or h:mm:ss from an hour on.
func (p *Phone) lasted(since time.Time) string {
	s := max(int(p.now.Sub(since)/time.Second), 0)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// secondsRun tells whether the display counts seconds now.
func (p *Phone) secondsRun() bool {
	if c := p.inEar(); c != nil {
		return true
	}
	if p.focus != nil {
		return true
	}
	for i := range p.lines {
		if l := &p.lines[i]; l.Enabled && l.Register && p.seconds(l.next) > 0 && (p.hopeless(l) != "" || p.lineCondition(l) == conditionTrying) {
			return true
		}
	}
	return false
}

// who is the far side of a call: name, else number, else a word.
func (p *Phone) who(c *call) string {
	switch {
	case c.name != "":
		return c.name
	case c.number != "":
		return c.number
	}
	return p.say(wordUnknownCaller)
}

// callScreen shows one call: state, who, how long.
func (p *Phone) callScreen(s *hw.Screen, c *call) {
	s.Server = c.server
	if s.Server == 0 {
		s.Server = p.serverOf(p.lineBy(c.line))
	}
	s.Big = p.who(c)
	row := func(text string) { s.Rows = append(s.Rows, hw.Row{Text: text}) }
	if c.name != "" && c.number != "" && c.name != c.number {
		row(c.number)
	}
	elapsed := p.lasted(c.begun)
	switch {
	case c.state == CallCalling:
		s.Title = p.via(wordCalling, wordCallingVia, c)
		row(elapsed)
	case c.state == CallRinging:
		s.Title = p.via(wordRinging, wordRingingVia, c)
		row(elapsed)
	case c.answering:
		s.Title = p.say(wordAnswering)
	case c.state == CallIncoming:
		s.Title = p.say(wordIncoming)
		if l := p.lineBy(c.line); l != nil && len(p.lines) > 1 {
			s.Title = p.say(wordIncomingOn, p.name(l))
		}
	case c.state == CallHeld:
		s.Title = p.say(wordHeld)
		row(elapsed)
	default:
		s.Title = p.via(wordInCall, wordInCallVia, c)
		row(elapsed)
	}
	if p.other(c) != nil && c.state == CallUp {
		s.Title = p.say(wordTwoCalls)
	}
	if c.remoteHold {
		row(p.say(wordHeldByThem))
	}
	if p.mute && c.state == CallUp {
		row(p.say(wordMicOff))
	}
	if c.digits != "" {
		row(c.digits)
	}
}

// via names the server in the title as soon as it is not the primary.
func (p *Phone) via(plain, via word, c *call) string {
	if c.server > 1 {
		return p.say(via, c.server)
	}
	return p.say(plain)
}

// besideRow is one line about a call that is not in the big area.
func (p *Phone) besideRow(c *call) string {
	if c.state == CallIncoming {
		return p.say(wordWaitingCall, p.who(c))
	}
	return p.say(wordHeld) + ": " + p.who(c) + " " + p.lasted(c.begun)
}

func (p *Phone) dialScreen(s *hw.Screen) {
	l := p.dialLine()
	s.Server = p.serverOf(l)
	s.Title = p.say(wordDialling)
	s.Big = string(p.dial.digits)
	switch {
	case p.ear == earClosed && p.waiting() != nil:
		s.Title = p.say(wordIncoming) // which is what lifting the handset would answer
	case p.ear == earClosed:
		s.Title = p.say(wordPredial)
	}
	if len(p.lines) > 1 && l != nil {
		s.Rows = append(s.Rows, hw.Row{Text: p.say(wordVia, p.name(l))})
	}
	if text := p.hopeless(l); text != "" {
		s.Rows = append(s.Rows, hw.Row{Text: text, Alert: true})
	}
}

// bigRoom is how many columns of text the big area holds on the smallest
// display that shows sentences there; a Chinese character takes two.
const bigRoom = 76

// sentence puts a text into the big area. What does not fit there goes below
// it, from the second sentence on.
func (p *Phone) sentence(s *hw.Screen, text string, alert bool) {
	s.Big = text
	columns, end := 0, 0
	for i, r := range text {
		columns++
		if r >= 0x1100 {
			columns++
		}
		if end == 0 && (r == '。' || r == '.' && strings.HasPrefix(text[i:], ". ")) {
			end = i + utf8.RuneLen(r)
		}
	}
	if columns > bigRoom && end > 0 && end < len(text) {
		s.Big = text[:end]
		s.Rows = append(s.Rows, hw.Row{Text: strings.TrimSpace(text[end:]), Alert: alert})
	}
}

func (p *Phone) failedScreen(s *hw.Screen) {
	f := p.failed
	s.Server = p.serverOf(p.lineBy(f.line))
	s.Title = p.say(f.title)
	p.sentence(s, f.text, false)
	s.Rows = append(s.Rows, hw.Row{Text: f.number})
	if f.detail != "" {
		s.Rows = append(s.Rows, hw.Row{Text: f.detail})
	}
}

// idleScreen shows the lines with their states; the first trouble is what must
// be read at once, else the time.
func (p *Phone) idleScreen(s *hw.Screen) {
	s.Server = p.serverOf(p.defaultLine())
	s.Title = p.idleTitle()
	s.Big = s.Time
	troubles := p.troubles()
	if len(troubles) > 0 {
		p.sentence(s, troubles[0].text, troubles[0].alert)
		troubles = troubles[1:]
	}
	for i := range p.lines {
		l := &p.lines[i]
		if l.Enabled {
			alert := l.Register && p.hopeless(l) != ""
			s.Rows = append(s.Rows, hw.Row{Text: p.name(l) + ": " + p.lineWord(l), Alert: alert})
		}
	}
	for _, t := range troubles {
		s.Rows = append(s.Rows, hw.Row{Text: t.text, Alert: t.alert})
	}
	switch {
	case p.missed.count == 1:
		s.Rows = append(s.Rows, hw.Row{Text: p.say(wordMissedOne, p.missed.who, p.clock(p.missed.at))})
	case p.missed.count > 1:
		s.Rows = append(s.Rows, hw.Row{Text: p.say(wordMissedMany, p.missed.count)})
	}
	if p.hook {
		s.Rows = append(s.Rows, hw.Row{Text: p.say(wordHandsetOff)})
	}
	p.bannerRow(s)
}

// idleTitle is what the phone is ready for, in a word.
func (p *Phone) idleTitle() string {
	l := p.defaultLine()
	switch {
	case p.dnd:
		return p.say(wordDND)
	case p.offline:
		return p.say(wordNoNetworkShort)
	case l == nil:
		return p.say(wordNotSetUp)
	case l.Register && !l.registered:
		return p.lineWord(l)
	}
	return p.say(wordIdle)
}

// bannerRow adds the passing sentence, unless it stands there already.
func (p *Phone) bannerRow(s *hw.Screen) {
	b := p.banner
	if b.text == "" || b.text == s.Big || b.standing && p.inEar() == nil {
		return
	}
	for _, r := range s.Rows {
		if r.Text == b.text || p.sentences(s.Big, r.Text) == b.text {
			return
		}
	}
	s.Rows = append(s.Rows, hw.Row{Text: b.text, Alert: b.alert})
}

// lineWord is a line's registration in a few words.
func (p *Phone) lineWord(l *line) string {
	switch p.lineCondition(l) {
	case conditionOffline:
		return p.say(wordNoNetworkShort)
	case conditionReady:
		return p.say(wordReady)
	case conditionBackup:
		return p.say(wordRegisteredBackup, l.server)
	case conditionRegistered:
		return p.say(wordRegistered)
	case conditionTrying:
		if s := p.seconds(l.next); s > 0 {
			return p.say(wordMovesSoon, l.server, s)
		}
		return p.say(wordTrying)
	case conditionFailed:
		return p.say(wordRegFailed)
	}
	return p.say(wordStarting)
}

// serverOf is the number of the server that serves a line; 0 = none.
func (p *Phone) serverOf(l *line) int {
	if l == nil || !l.registered {
		return 0
	}
	return l.server
}

func (p *Phone) menuScreen(s *hw.Screen) {
	s.Title = p.say(p.menu.title())
	switch l := p.lineBy(p.menu.line); {
	case p.menu.page == pageWhyOne:
		s.Title += " " + p.menu.shown.Time.In(p.now.Location()).Format(time.TimeOnly)
	case l != nil && p.menu.page == pageWhyList && len(p.whyLines()) > 1:
		s.Title += " " + p.name(l)
	}
	s.Server = p.serverOf(p.defaultLine())
	for i, e := range p.menuEntries() {
		s.Rows = append(s.Rows, hw.Row{Text: e.text, Selected: i == p.menu.cursor && p.menu.page != pageWhyOne})
	}
	p.bannerRow(s)
}
