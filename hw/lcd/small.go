package lcd

import "image"

// The areas of 128 x 64 pixels: a line of 12, three of 13, a line of 12.
const (
	smallWidth = 128
	smallBody  = 12
	smallSoft  = 52
	smallEnd   = 64
	smallPitch = 13
	// smallCell is what a sign in the status line takes.
	smallCell = 11
)

// small lays a screen out on 128 x 64 pixels: the title and the signs, big
// digits or a name, rows, the words above the keys.
func (p *Painter) small(page int) {
	s := &p.screen
	p.softKeys(image.Rect(0, smallSoft, smallWidth, smallEnd), text12, ink, paper)
	c := column{
		area: image.Rect(0, smallBody, smallWidth, smallSoft), pitch: smallPitch, style: text12,
		margin: 1, signs: &smallSigns, most: 5,
	}
	if p.marked() {
		c.margin = 7 // room for the mark
	}
	if p.menu() {
		c.end = 7
	}
	for _, r := range s.Rows {
		c.pitchFor(r.Text)
	}
	clock := s.Big != "" && s.Big == s.Time
	big := s.Big
	p.lines = p.lines[:0]
	p.flow(&c)
	if clock && len(p.lines) > 1 {
		clock, big = false, "" // the lines matter more; the time is above
	}
	p.smallStatus(clock)

	c.area.Min.Y = p.smallBig(big, c.pitch)
	sentence := big != "" && c.area.Min.Y == smallBody
	if sentence {
		c.pitchFor(big)
	}
	for range 2 {
		p.lines = p.lines[:0]
		if sentence { // it flows with the rows
			p.wrap(&c, big, false, false)
		}
		p.flow(&c)
		if len(p.lines) <= c.fits() {
			break
		}
		c.end = 7 // room for the sign that there is more
	}
	p.write(&c, page)
	if p.pages > 1 && !p.menu() {
		more := smallSigns.down
		if page%p.pages == p.pages-1 {
			more = smallSigns.up
		}
		p.add(box{rect: image.Rect(smallWidth-6, smallSoft-8, smallWidth, smallSoft), sign: more, ink: ink})
	}
}

// pitchFor makes room for a text with characters that the small font has not
// got.
func (c *column) pitchFor(text string) {
	if c.style == text12 && !text12.has(text) && bold16.has(text) {
		c.style, c.pitch = text16, 16
	}
}

// smallBig writes digits, a time or a name as large as it goes, and returns
// where the rows begin, of which one fits below; nothing is written of what is
// longer.
func (p *Painter) smallBig(text string, pitch int) (below int) {
	const width = smallWidth
	above := smallSoft - smallBody - pitch
	rows := len(p.screen.Rows) > 0
	put := func(s *style, y, height int, late bool) int {
		p.add(box{rect: image.Rect(0, y, width, y+height), text: text, style: s, ink: ink, place: center, late: late})
		return y + height
	}
	switch {
	case text == "":
		return smallBody
	case number(text) && !rows && bold32.width(text) <= width:
		return put(bold32, smallBody+1, smallSoft-smallBody-2, false)
	case number(text) && bold20.width(text) <= width:
		if rows {
			return put(bold20, smallBody, above, false)
		}
		return put(bold20, smallBody, smallSoft-smallBody, false)
	case number(text) && !rows:
		// Two lines; of more, the end.
		rest := bold16.tail(text, 2*width-bold16.cell)
		if bold16.width(text) <= 2*width {
			rest = text
		}
		late := rest != text
		first := width / bold16.cell
		if late {
			first--
		}
		text = rest
		line, last := text, ""
		if len(text) > first {
			line, last = text[:first], text[first:]
		}
		p.add(box{rect: image.Rect(0, smallBody+2, width, smallBody+20), text: line, style: bold16, ink: ink, late: late})
		p.add(box{rect: image.Rect(0, smallBody+20, width, smallBody+38), text: last, style: bold16, ink: ink})
		return smallSoft
	case number(text):
		return put(bold16, smallBody, above, bold16.width(text) > width)
	case bold16.width(text) <= width && bold16.has(text):
		return put(bold16, smallBody, above, false)
	}
	return smallBody
}

// smallStatus is the first line: the signs on the right; the title, for which
// first the time and then the server's number make room.
func (p *Painter) smallStatus(clock bool) {
	s := &p.screen
	x := smallWidth
	p.eachSign(&smallSigns, func(sign *sign) {
		p.add(box{rect: image.Rect(x-sign.width, 0, x, smallBody), sign: sign, ink: ink})
		x -= smallCell
	})
	title := text12.width(s.Title)
	if s.Server > 0 && (title <= x-smallCell || title > x) {
		p.server(image.Rect(x-9, 0, x, smallBody-1), text12, ink, paper)
		x -= smallCell
	}
	if time := text12.width(s.Time); !clock && title+time+6 <= x {
		p.add(box{rect: image.Rect(x-time-2, 0, x-2, smallBody), text: s.Time, style: text12, ink: ink})
		x -= time + 6
	}
	style := text12
	if !text12.has(s.Title) && text16.has(s.Title) {
		style = text16
	}
	p.add(box{rect: image.Rect(0, 0, x, smallBody), text: s.Title, style: style, ink: ink})
}
