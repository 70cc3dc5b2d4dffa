package lcd

import "image"

// A line is one line of a row's text.
type line struct {
	text     string
	first    bool // of its row
	last     bool
	cut      bool
	alert    bool
	selected bool
	beside   string // a short second row on the right of the same line
}

// A column is where rows are written: below each other, lines of one height.
type column struct {
	area   image.Rectangle
	pitch  int
	style  *style
	margin int // before the text, for the mark of cursor and trouble
	end    int // behind it
	signs  *signs
	most   int    // lines of a row; longer ones are cut
	tall   *style // for numbers and times, if there is room; nil: none
}

func (c *column) fits() int { return c.area.Dy() / c.pitch }

// wrap writes a row's text as lines.
func (p *Painter) wrap(c *column, text string, alert, selected bool) {
	room := c.area.Dx() - c.margin - c.end
	for n := 1; ; n++ {
		part, rest := c.style.split(text, room)
		l := line{text: part, first: n == 1, alert: alert, selected: selected}
		if n == c.most && rest != "" {
			l.cut, rest = true, ""
		}
		l.last = rest == ""
		p.lines = append(p.lines, l)
		if l.last {
			return
		}
		text = rest
	}
}

// flow makes the lines of all rows. Troubles come first when not all fits.
func (p *Painter) flow(c *column) {
	start := len(p.lines)
	for _, r := range p.screen.Rows {
		p.wrap(c, r.Text, r.Alert && !r.Selected, r.Selected)
	}
	if len(p.lines) <= c.fits() {
		return
	}
	p.lines = p.lines[:start]
	for _, troubles := range [...]bool{true, false} {
		for _, r := range p.screen.Rows {
			if (r.Alert && !r.Selected) != troubles {
				continue
			}
			// A number and a time share a line.
			if n := len(p.lines); n > start && number(r.Text) {
				if b := &p.lines[n-1]; number(b.text) && b.beside == "" &&
					c.style.width(b.text)+c.style.width(r.Text)+2*c.style.cell+c.margin+c.end <= c.area.Dx() {
					b.beside = r.Text
					continue
				}
			}
			p.wrap(c, r.Text, troubles, r.Selected)
		}
	}
}

// menu tells whether one of the rows has the cursor.
func (p *Painter) menu() bool {
	for i := range p.screen.Rows {
		if p.screen.Rows[i].Selected {
			return true
		}
	}
	return false
}

// marked tells whether one of the rows has a mark before its text.
func (p *Painter) marked() bool {
	for i := range p.screen.Rows {
		if p.screen.Rows[i].Selected || p.screen.Rows[i].Alert {
			return true
		}
	}
	return false
}

// cursor is where the lines of the selected row begin and end.
func (p *Painter) cursor() (first, end int) {
	for i := range p.lines {
		switch {
		case !p.lines[i].selected:
		case p.lines[i].first:
			first, end = i, i+1
		default:
			end = i + 1
		}
	}
	return first, end
}

// window chooses which lines stand on a page: those under the cursor always,
// troubles on every page as long as they leave room for others. It returns how
// many stand on every page, and the first and the end of the others.
func (p *Painter) window(fits, page int) (fixed, from, to int) {
	n := len(p.lines)
	p.pages = 1
	if n <= fits || fits <= 0 {
		return 0, 0, min(n, max(fits, 0))
	}
	if first, end := p.cursor(); end-first > fits { // an entry longer than the display
		p.pages = (end - first + fits - 1) / fits
		from = first + page%p.pages*fits
		return 0, from, min(end, from+fits)
	} else if end > 0 {
		// The entry after the cursor's shows too, if there is room.
		from = max(0, min(end+1, n)-fits)
		from = min(from, first)
		return 0, from, from + fits
	}
	for fixed < n && p.lines[fixed].alert {
		fixed++
	}
	if fixed > fits*2/3 {
		fixed = 0
	}
	room := fits - fixed
	p.pages = (n - fixed + room - 1) / room
	from = fixed + page%p.pages*room
	return fixed, from, min(n, from+room)
}

// write puts the lines of a page into the column, and says whether there are
// more above and below.
func (p *Painter) write(c *column, page int) {
	fits := c.fits()
	fixed, from, to := p.window(fits, page)
	y := c.area.Min.Y
	high := *c
	high.style, high.pitch = c.tall, 0
	if c.tall != nil {
		high.pitch = c.tall.height + c.pitch - c.style.height
	}
	spare := c.area.Dy() - len(p.lines)*c.pitch
	for i := range p.lines {
		if i >= fixed && (i < from || i >= to) {
			continue
		}
		l, as := &p.lines[i], c
		if more := high.pitch - c.pitch; c.tall != nil && spare >= more && number(l.text) && !l.selected && !l.alert {
			as = &high
			spare -= more
		}
		p.writeLine(as, l, y)
		y += as.pitch
	}
	if !p.menu() || len(p.lines) <= fits {
		return
	}
	edge := c.area.Max.X - c.signs.up.width - 2
	mark := func(y int, s *sign, on *line) {
		colour := ink
		if on.selected {
			colour = p.onSelected()
		}
		p.add(box{rect: image.Rect(edge, y, edge+s.width, y+c.pitch), sign: s, ink: colour})
	}
	if from > 0 {
		mark(c.area.Min.Y, c.signs.up, &p.lines[from])
	}
	if to < len(p.lines) {
		mark(c.area.Min.Y+(fits-1)*c.pitch, c.signs.down, &p.lines[to-1])
	}
}

func (p *Painter) writeLine(c *column, l *line, y int) {
	at := image.Rect(c.area.Min.X, y, c.area.Max.X, y+c.pitch)
	text := image.Rect(at.Min.X+c.margin, y, at.Max.X-c.end, y+c.pitch)
	b := box{rect: text, text: l.text, style: c.style, ink: ink, cut: l.cut}
	switch {
	case l.selected:
		p.add(box{rect: at, fill: true, paper: p.selected()})
		b.ink = p.onSelected()
		if l.first {
			p.add(box{rect: image.Rect(at.Min.X, y, text.Min.X, y+c.pitch), sign: c.signs.cursor, ink: b.ink})
		}
	case l.alert:
		mark := box{rect: image.Rect(at.Min.X, y, text.Min.X-2, y+c.pitch), fill: true, paper: p.alert()}
		if l.first {
			mark.sign, mark.ink = c.signs.trouble, p.onAlert()
			mark.rect.Min.Y++ // apart from the trouble above
		}
		p.add(mark)
	}
	p.add(b)
	if l.beside != "" {
		p.add(box{rect: text, text: l.beside, style: c.style, ink: ink, place: right})
	}
}

// On a mono display what stands out is light on dark.
func (p *Painter) selected() uint8 { return p.either(selected, ink) }

func (p *Painter) onSelected() uint8 { return p.either(selectedInk, paper) }

func (p *Painter) alert() uint8 { return p.either(alert, ink) }

func (p *Painter) onAlert() uint8 { return p.either(alertInk, paper) }

func (p *Painter) either(colour, mono uint8) uint8 {
	if p.format == Mono128x64 {
		return mono
	}
	return colour
}
