package phone

import (
	"phoned/sip/failover"
	"phoned/sip/journal"
)

// whyKept is how many decisions of each line the menu shows.
const whyKept = 50

// decided keeps a decision of a line for the menu, and what it says about the
// future of the line.
func (p *Phone) decided(r journal.Record) {
	l := p.lineBy(r.Line)
	if l == nil {
		return
	}
	if l.why == nil {
		l.why = journal.NewRing(whyKept)
	}
	l.why.Add(r)
	if m := p.menu; m != nil && m.line == r.Line {
		// The newest is on top: whoever reads an older one goes on reading it.
		switch at := len(m.path) - 1; {
		case m.page == pageWhyList && m.cursor > 0:
			m.cursor = min(m.cursor+1, l.why.Len()-1)
		case m.page == pageWhyOne:
			m.path[at].cursor = min(m.path[at].cursor+1, l.why.Len()-1)
		}
	}
	switch r.Decision {
	case failover.Watch, failover.Unsteady, failover.Relapse, failover.LineServed:
		l.look = r.Until
	case failover.DrillStart:
		l.drill.asks = r.To.Server
	}
}

// whyOf are the decisions of a line, newest first.
func (p *Phone) whyOf(number int) []journal.Record {
	l := p.lineBy(number)
	if l == nil || l.why == nil {
		return nil
	}
	all := l.why.Last(whyKept, 0)
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// whyLines are the lines to choose from.
func (p *Phone) whyLines() (rows []entry) {
	for i := range p.lines {
		if l := &p.lines[i]; l.Enabled {
			rows = append(rows, entry{p.name(l), func() { p.openWhy(l.Number) }})
		}
	}
	return rows
}

// chooseWhy opens the decisions of the line, if there is only one.
func (p *Phone) chooseWhy() {
	if rows := p.whyLines(); len(rows) == 1 {
		rows[0].choose()
		return
	}
	p.menuOpen(pageWhy)()
}

func (p *Phone) openWhy(line int) {
	p.menuOpen(pageWhyList)()
	p.menu.line = line
}

// whyRows are the decisions of the line, the newest on top.
func (p *Phone) whyRows() (rows []entry) {
	s := p.speaker()
	s.seconds = true
	for _, r := range p.whyOf(p.menu.line) {
		rows = append(rows, entry{s.clock(r.Time) + " " + s.title(r), func() {
			p.menuOpen(pageWhyOne)()
			p.menu.shown = r
		}})
	}
	if len(rows) == 0 {
		rows = append(rows, entry{text: p.say(menuNoWhy)})
	}
	return rows
}

// whyOne is one decision with everything that is known of it.
func (p *Phone) whyOne() (rows []entry) {
	r := p.menu.shown
	s := p.speaker()
	s.seconds = true
	rows = append(rows, entry{text: s.explain(r)})
	for i, t := range [...]journal.Target{r.From, r.To} {
		if t.Server != 0 && t.Address != "" && (i == 0 || t != r.From) {
			rows = append(rows, entry{text: s.say(menuServer, t.Server, t.Address)})
		}
	}
	if packet := r.Packet(); packet != "" {
		rows = append(rows, entry{text: s.say(menuPacket, packet)})
	}
	return rows
}

// whyMove shows the decision before or after the one shown.
func (p *Phone) whyMove(by int) {
	all := p.whyOf(p.menu.line)
	at := &p.menu.path[len(p.menu.path)-1].cursor
	if i := *at + by; i >= 0 && i < len(all) {
		*at, p.menu.shown = i, all[i]
	}
}
