package lcd

import (
	"image"
	"strconv"
)

// The areas of 320 x 240 pixels, from the top.
const (
	largeWidth  = 320
	largeBar    = 24  // the status bar ends
	largeTitle  = 50  // the title ends, the big area begins
	largeEnd    = 210 // rows end
	largeSoft   = 214 // the words above the keys begin
	largeBottom = 240
	largeMargin = 16 // left of any text: room for a mark
	largeRight  = largeWidth - 8
	largePitch  = 20 // of rows
	rowsAtLeast = 3  // that stay visible below a big text that is long
)

// large lays a screen out on 320 x 240 pixels.
func (p *Painter) large(page int) {
	s := &p.screen
	p.largeStatus()
	c := column{
		area: image.Rect(0, largeTitle, largeWidth, largeEnd), pitch: largePitch, style: text16,
		margin: largeMargin, end: largeWidth - largeRight, signs: &largeSigns, most: 4,
	}
	if p.menu() {
		c.end = 18 // room for the signs that there is more
	}
	p.lines = p.lines[:0]
	p.flow(&c)
	if s.Big != "" {
		c.area.Min.Y = p.largeBig(len(p.lines) * largePitch)
		c.tall = bold24
		if slack := c.area.Dy() - len(p.lines)*largePitch; slack > 0 {
			c.area.Min.Y += min(slack, 6)
		}
		if len(p.lines) > c.fits() {
			p.lines = p.lines[:0]
			p.flow(&c)
		}
	}
	p.write(&c, page)

	title := image.Rect(largeMargin, largeBar+2, largeRight, largeTitle-2)
	if p.pages > 1 {
		count := strconv.Itoa(page%p.pages+1) + "/" + strconv.Itoa(p.pages)
		p.add(box{rect: title, text: count, style: text16, ink: faint, place: right})
		title.Max.X -= 5 * text16.cell
	}
	p.add(box{rect: title, text: s.Title, style: bold16, ink: ink})
	p.softKeys(image.Rect(0, largeSoft, largeWidth, largeBottom), text16, bar, barInk)
}

// largeStatus is the bar at the top: time, server, signs.
func (p *Painter) largeStatus() {
	s := &p.screen
	p.add(box{rect: image.Rect(0, 0, largeWidth, largeBar), fill: true, paper: bar})
	p.add(box{rect: image.Rect(largeMargin, 0, 100, largeBar), text: s.Time, style: bold16, ink: barInk})
	x := largeRight
	p.eachSign(&largeSigns, func(sign *sign) {
		p.add(box{rect: image.Rect(x-sign.width, 0, x, largeBar), sign: sign, ink: barInk})
		x -= sign.width + 10
	})
	if s.Server > 0 {
		p.server(image.Rect(0, 4, 16, largeBar-4).Add(image.Pt(x-16, 0)), bold16, barInk, bar)
	}
}

// server is the small number of the server that serves: framed for the first,
// filled for the others.
func (p *Painter) server(at image.Rectangle, s *style, colour, ground uint8) {
	b := box{rect: at, frame: true, ink: colour, text: digit(p.screen.Server), style: s, place: center}
	if p.screen.Server > 1 {
		b.frame, b.fill, b.paper, b.ink = false, true, colour, ground
	}
	p.add(b)
}

// digit is a number from 1 to 9 as text, without new memory.
func digit(n int) string {
	const digits = "123456789"
	if n < 1 || n > len(digits) {
		return "+"
	}
	return digits[n-1 : n]
}

// eachSign goes through the signs of the status bar that show, the most
// important first.
func (p *Painter) eachSign(all *signs, show func(*sign)) {
	f := &p.screen.Flags
	network := all.online
	if f.Offline {
		network = all.offline
	}
	if f.Offline || p.format != Mono128x64 {
		show(network)
	}
	for _, sign := range [...]struct {
		on bool
		*sign
	}{{f.Mute, all.mute}, {f.DND, all.dnd}, {f.Messages, all.messages}, {f.Speaker, all.speaker}} {
		if sign.on {
			show(sign.sign)
		}
	}
}

// A try is one way to write the big text.
type try struct {
	style *style
	most  int // lines
	pitch int
}

var (
	tryNumber = []try{{bold64, 1, 72}, {bold48, 1, 56}, {bold32, 2, 38}, {bold32, 3, 38}, {bold32, 4, 38}}
	tryClock  = []try{{bold64, 1, 72}, {bold32, 1, 38}}
	tryText   = []try{{bold32, 2, 36}, {bold32, 3, 34}, {bold24, 4, 26}, {bold32, 4, 34}, {bold16, 5, 20}}
)

// largeBig writes the big text as large as it fits above rows of so many
// pixels, and returns where they begin.
func (p *Painter) largeBig(rows int) (below int) {
	const room, width = largeEnd - largeTitle, largeRight - largeMargin
	text, tries, where := p.screen.Big, tryText, left
	switch clock := text == p.screen.Time; {
	case clock:
		tries, where = tryClock, center
	case number(text):
		tries = tryNumber
		rows = min(rows, largePitch) // digits win over everything
	default:
		rows = min(rows, rowsAtLeast*largePitch)
	}
	for _, t := range tries {
		if t.style == bold24 && !t.style.has(text) {
			continue
		}
		if !number(text) && t.style != bold16 && t.style.tears(text, width) {
			continue
		}
		if n := t.style.lines(text, width, t.most+1); n <= t.most && n*t.pitch+2+rows <= room {
			return p.bigLines(text, t, false, where)
		}
	}
	if text == p.screen.Time {
		return largeTitle // the rows need the room; the time stands in the bar
	}
	// Too long for any: of a number the end matters, which is being dialled.
	t := tries[len(tries)-1]
	if rows > 0 && number(text) {
		t.most--
	}
	if number(text) {
		text = t.style.tail(text, (t.most*(width/t.style.cell)-1)*t.style.cell)
		return p.bigLines(text, t, true, left)
	}
	return p.bigLines(text, t, false, left)
}

// bigLines writes a big text and returns where it ends.
func (p *Painter) bigLines(text string, t try, late bool, where place) int {
	y := largeTitle + 2
	for n := 1; text != ""; n++ {
		room := largeRight - largeMargin
		if late && n == 1 {
			room -= t.style.cell
		}
		part, rest := t.style.split(text, room)
		b := box{
			rect: image.Rect(largeMargin, y, largeRight, y+t.pitch), text: part, style: t.style,
			ink: ink, place: where, late: late && n == 1,
		}
		if n == t.most && rest != "" {
			b.cut, rest = true, ""
		}
		p.add(b)
		y += t.pitch
		text = rest
	}
	return y
}

// lines is how many lines a text takes, counted up to most.
func (s *style) lines(text string, pixels, most int) (n int) {
	for n < most && text != "" {
		_, text = s.split(text, pixels)
		n++
	}
	return n
}
