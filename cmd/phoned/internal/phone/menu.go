package phone

import "time"

// A menuPage is one list of the menu.
type menuPage uint8

const (
	pageMain menuPage = iota
	pageStatus
	pageRegister
	pageLanguage
	pageNetwork
	pageAbout
)

// A menu is open on a page. The cursor of the main page is kept on the way
// into another one and back.
type menu struct {
	page   menuPage
	cursor int
	main   int
	until  time.Time // it closes by itself
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
		p.menu.main = p.menu.cursor
		p.menu.page, p.menu.cursor = page, 0
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
		return []entry{
			{p.say(menuStatus), p.menuOpen(pageStatus)},
			{p.say(menuRegister), p.menuOpen(pageRegister)},
			{p.say(dnd), p.toggleDND},
			{p.say(menuLanguage), p.menuOpen(pageLanguage)},
			{p.say(menuNetwork), p.menuOpen(pageNetwork)},
			{p.say(menuAbout), p.menuOpen(pageAbout)},
		}
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
	}
	if len(rows) == 0 {
		info(p.say(menuNoLines))
	}
	return rows
}

func (m *menu) title() word {
	return [...]word{menuTitle, menuStatus, menuRegister, menuLanguage, menuNetwork, menuAbout}[m.page]
}

func (p *Phone) menuMove(by int) {
	p.menu.until = p.now.Add(menuTime)
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
	if p.menu.page == pageMain {
		p.menu = nil
		return
	}
	p.menu.until = p.now.Add(menuTime)
	p.menu.page, p.menu.cursor = pageMain, p.menu.main
}

func (p *Phone) setLanguage(l Language) {
	p.cfg.Language = l
	p.banner = banner{} // it is in the other language
	p.do(Save{SettingLanguage, l.String()})
}
