package phone

import (
	"time"

	"phoned/sip/journal"
)

// A menuPage is one list of the menu.
type menuPage uint8

const (
	pageMain menuPage = iota
	pageStatus
	pageRegister
	pageLanguage
	pageNetwork
	pageAbout
	pageWhy     // whose decisions
	pageWhyList // the decisions of a line
	pageWhyOne  // one of them
	pageDrill
	pageRestart
)

// A menu is open on a page. The way to it is kept for the way back.
type menu struct {
	place
	path  []place
	until time.Time // it closes by itself

	line  int            // whose decisions are shown
	shown journal.Record // by pageWhyOne
}

// A place in the menu is a page and the cursor on it.
type place struct {
	page   menuPage
	cursor int
}

// An entry is one row of a menu page; choose is nil for mere information.
type entry struct {
	text   string
	choose func()
}

// menuKey opens and closes the menu. It never covers a call or a number.
func (p *Phone) menuKey() {
	switch {
	case p.menu != nil:
		p.menu = nil
	case p.ear == earClosed && len(p.calls) == 0 && p.dial == nil:
		p.clearFailure()
		p.menu = &menu{until: p.now.Add(menuTime)}
	}
}

func (p *Phone) menuOpen(page menuPage) func() {
	return func() {
		p.menu.path = append(p.menu.path, p.menu.place)
		p.menu.place = place{page: page}
	}
}

// menuEntries are the rows of the open page.
func (p *Phone) menuEntries() (rows []entry) {
	info := func(text string) { rows = append(rows, entry{text: text}) }
	switch p.menu.page {
	case pageMain:
		dnd := menuDNDOff
		if p.dnd {
			dnd = menuDNDOn
		}
		rows = []entry{
			{p.say(menuStatus), p.menuOpen(pageStatus)},
			{p.say(menuWhy), p.chooseWhy},
			{p.say(menuRegister), p.menuOpen(pageRegister)},
			{p.say(menuDrill), p.menuOpen(pageDrill)},
			{p.say(dnd), p.toggleDND},
			{p.say(menuLanguage), p.menuOpen(pageLanguage)},
			{p.say(menuNetwork), p.menuOpen(pageNetwork)},
			{p.say(menuAbout), p.menuOpen(pageAbout)},
		}
		if p.cfg.Restarts {
			rows = append(rows, entry{p.say(menuRestart), p.menuOpen(pageRestart)})
		}
		return rows
	case pageRestart:
		return []entry{{p.say(menuRestartNow), p.restart}, {p.say(menuRestartNot), p.menuBack}}
	case pageStatus:
		for i := range p.lines {
			l := &p.lines[i]
			if !l.Enabled {
				continue
			}
			info(p.name(l) + ": " + p.lineWord(l))
			if l.address != "" {
				info(p.say(menuServer, l.server, l.address))
			}
			for _, text := range p.healthRows(l) {
				info(text)
			}
		}
		for _, t := range p.troubles() {
			info(t.text)
		}
	case pageRegister:
		for i := range p.lines {
			if l := &p.lines[i]; l.Enabled {
				rows = append(rows, entry{p.name(l), func() { p.registerNow(l.Number) }})
			}
		}
	case pageWhy:
		rows = p.whyLines()
	case pageWhyList:
		rows = p.whyRows()
	case pageWhyOne:
		return p.whyOne()
	case pageDrill:
		rows = p.drillRows()
	case pageLanguage:
		// Each language in its own words, so that nobody is lost in the other one.
		return []entry{
			{"English", func() { p.setLanguage(English) }},
			{"中文", func() { p.setLanguage(Chinese) }},
		}
	case pageNetwork:
		if p.offline {
			info(p.say(wordNoNetworkShort))
		}
		if p.address == "" {
			info(p.say(menuNoAddress))
		} else {
			info(p.say(menuAddress, p.address))
		}
	case pageAbout:
		if p.cfg.Model != "" {
			info(p.say(menuModel, p.cfg.Model))
		}
		info(p.say(menuVersion, p.cfg.Version))
		if p.cfg.Serial != "" {
			info(p.say(menuSerial, p.cfg.Serial))
		}
		if p.cfg.MAC != "" {
			info(p.say(menuMAC, p.cfg.MAC))
		}
		if p.newFirmware != nil {
			info(p.firmwareText(p.newFirmware))
		}
	}
	if len(rows) == 0 {
		info(p.say(menuNoLines))
	}
	return rows
}

func (m *menu) title() word {
	return [...]word{
		menuTitle, menuStatus, menuRegister, menuLanguage, menuNetwork, menuAbout, menuWhy, menuWhy, menuWhy, menuDrill,
		menuRestart,
	}[m.page]
}

func (p *Phone) menuMove(by int) {
	p.menu.until = p.now.Add(menuTime)
	if p.menu.page == pageWhyOne {
		p.whyMove(by)
		return
	}
	p.menu.cursor = min(max(p.menu.cursor+by, 0), len(p.menuEntries())-1)
}

func (p *Phone) menuSelect() {
	p.menu.until = p.now.Add(menuTime)
	rows := p.menuEntries()
	if i := min(p.menu.cursor, len(rows)-1); rows[i].choose != nil {
		rows[i].choose()
	}
}

func (p *Phone) menuBack() {
	last := len(p.menu.path) - 1
	if last < 0 {
		p.menu = nil
		return
	}
	p.menu.until = p.now.Add(menuTime)
	p.menu.place, p.menu.path = p.menu.path[last], p.menu.path[:last]
}

// restart asks for a new start of the phone; the menu says that it comes.
func (p *Phone) restart() {
	p.menu = nil
	p.do(Restart{})
	p.hint(wordRestarts)
}

func (p *Phone) setLanguage(l Language) {
	p.cfg.Language = l
	p.banner = banner{} // it is in the other language
	p.do(Save{SettingLanguage, l.String()})
}
