package lcd

import (
	"image"

	"phoned/hw"
)

// A Painter draws screens in one format, into the same picture again and
// again, so that it needs no new memory.
type Painter struct {
	format  Format
	picture *image.Paletted
	screen  hw.Screen // cleaned
	boxes   []box
	lines   []line
	pages   int
}

// NewPainter makes a painter of a format, in the colours of the day.
func NewPainter(f Format) *Painter {
	if f >= formatCount {
		f = Colour320x240
	}
	w, h := f.Size()
	colours := Day
	if f == Mono128x64 {
		colours = Glass
	}
	return &Painter{format: f, picture: image.NewPaletted(image.Rect(0, 0, w, h), colours)}
}

// Night draws in the colours of the night from now on; a mono display has none.
func (p *Painter) Night(on bool) {
	switch {
	case p.format == Mono128x64:
	case on:
		p.picture.Palette = Night
	default:
		p.picture.Palette = Day
	}
}

// Paint draws a screen and returns the picture, which is the painter's and
// changes with the next Paint. What does not fit is on further pages; page
// counts from 0 and starts over after the last.
func (p *Painter) Paint(s hw.Screen, page int) *image.Paletted {
	p.clean(s)
	p.boxes, page = p.boxes[:0], max(page, 0)
	if p.format == Mono128x64 {
		p.small(page)
	} else {
		p.large(page)
	}
	fill(p.picture, p.picture.Rect, paper)
	for i := range p.boxes {
		p.boxes[i].paint(p.picture)
	}
	return p.picture
}

// Pages is how many pages the screen painted last has, at least 1.
func (p *Painter) Pages() int { return p.pages }

// Render is a screen as a new picture, the first page.
func Render(s hw.Screen, f Format) *image.Paletted { return NewPainter(f).Paint(s, 0) }

// clean takes a screen over with readable texts.
func (p *Painter) clean(s hw.Screen) {
	rows := p.screen.Rows[:0]
	for _, r := range s.Rows {
		r.Text = readable(r.Text)
		rows = append(rows, r)
	}
	s.Rows = rows
	s.Time, s.Title, s.Big = readable(s.Time), readable(s.Title), readable(s.Big)
	for i := range s.Soft {
		s.Soft[i] = readable(s.Soft[i])
	}
	p.screen = s
}

func (p *Painter) add(b box) { p.boxes = append(p.boxes, b) }
