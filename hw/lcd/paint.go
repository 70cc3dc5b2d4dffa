package lcd

import (
	"image"
	"unicode/utf8"
)

// A box is one thing on the display: a filled area, a text or a sign.
type box struct {
	rect  image.Rectangle
	fill  bool
	paper uint8 // what the area is filled with
	ink   uint8 // of text and sign
	frame bool  // a line around it, in ink

	text  string
	style *style
	place place
	cut   bool // the text ends with three dots
	late  bool // the text begins with three dots
	sign  *sign
}

// A place is where in its box a text stands. It is always in the middle of the
// height.
type place uint8

const (
	left place = iota
	center
	right
)

// paint draws a box.
func (b *box) paint(to *image.Paletted) {
	if b.fill {
		fill(to, b.rect, b.paper)
	}
	if b.frame {
		r := b.rect
		fill(to, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1), b.ink)
		fill(to, image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y), b.ink)
		fill(to, image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y), b.ink)
		fill(to, image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y), b.ink)
	}
	if b.sign != nil {
		b.sign.paint(to, b.rect, b.ink)
	}
	if b.text != "" {
		b.write(to)
	}
}

const dots = '…'

func (b *box) write(to *image.Paletted) {
	s, room := b.style, b.rect.Dx()
	text, cut := b.text, b.cut
	if cut || b.late {
		room -= s.cell
	}
	if s.width(text) > room {
		if !cut && !b.late {
			room, cut = room-s.cell, true
		}
		if b.late {
			text = s.tail(text, room)
		} else {
			text = s.head(text, room)
		}
	}
	width := s.width(text)
	if cut || b.late {
		width += s.cell
	}
	x := b.rect.Min.X
	switch b.place {
	case center:
		x += max(0, b.rect.Dx()-width) / 2
	case right:
		x = max(x, b.rect.Max.X-width)
	}
	y := b.rect.Min.Y + (b.rect.Dy()-s.height)/2
	if b.late {
		x = s.put(to, b.rect, x, y, dots, b.ink)
	}
	for _, r := range text {
		x = s.put(to, b.rect, x, y, r, b.ink)
	}
	if cut {
		s.put(to, b.rect, x, y, dots, b.ink)
	}
}

// put draws one character, no pixel of it outside of the clip, and returns
// where the next one stands. What no font has is an empty box.
func (s *style) put(to *image.Paletted, clip image.Rectangle, x, y int, r rune, ink uint8) int {
	cells := columns(r)
	if cells == 0 || r == ' ' {
		return x + cells*s.cell
	}
	advance := cells * s.cell
	clip = clip.Intersect(to.Rect)
	f, bits, ok := s.find(r)
	if !ok || r == utf8.RuneError {
		b := box{rect: image.Rect(x+1, y+s.height/6, x+advance-1, y+s.height-s.height/6).Intersect(clip), frame: true, ink: ink}
		if !b.rect.Empty() {
			b.paint(to)
		}
		return x + advance
	}
	// A glyph of another size than its cells stands in their middle.
	x0, y0 := x+(advance-f.width*f.scale)/2, y+(s.height-f.height*f.scale)/2
	i := 0
	for gy := range f.height {
		for gx := range f.width {
			if bits[i/8]<<(i%8)&0x80 != 0 {
				px, py := x0+gx*f.scale, y0+gy*f.scale
				if f.scale > 1 {
					fill(to, image.Rect(px, py, px+f.scale, py+f.scale).Intersect(clip), ink)
				} else if px >= clip.Min.X && px < clip.Max.X && py >= clip.Min.Y && py < clip.Max.Y {
					to.Pix[py*to.Stride+px] = ink
				}
			}
			i++
		}
	}
	return x + advance
}

// fill colours an area of a picture that begins at 0, 0.
func fill(to *image.Paletted, r image.Rectangle, colour uint8) {
	r = r.Intersect(to.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := to.Pix[y*to.Stride+r.Min.X : y*to.Stride+r.Max.X]
		if colour == 0 {
			clear(row) // which is fast, and most of it
			continue
		}
		for i := range row {
			row[i] = colour
		}
	}
}
