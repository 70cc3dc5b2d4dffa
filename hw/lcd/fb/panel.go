package fb

import (
	"image"
)

// A panel draws into the memory of a framebuffer.
type panel struct {
	geometry
	memory []byte
	before []uint8     // the picture that stands there; nil: none
	colour [256]uint32 // the palette as pixels, as it was then
	buffer []byte      // one line of the framebuffer
	close  func() error
}

func newPanel(g geometry, memory []byte, closing func() error) *panel {
	columns, _ := g.turned()
	return &panel{geometry: g, memory: memory, buffer: make([]byte, columns*g.scale*g.bytes), close: closing}
}

// Draw writes the lines of a picture that differ from the last one.
func (p *panel) Draw(picture *image.Paletted) error {
	fresh := p.before == nil
	for i, c := range picture.Palette {
		if n := p.pixel(c); n != p.colour[i] {
			p.colour[i], fresh = n, true
		}
	}
	if fresh {
		p.before = append(p.before[:0], picture.Pix...)
		p.clear()
	}
	columns, lines := p.turned()
	for y := range lines {
		first, step := p.line(y, picture)
		if !fresh && !p.differs(picture, first, step, columns) {
			continue
		}
		n := 0
		for i, at := 0, first; i < columns; i, at = i+1, at+step {
			colour := p.colour[picture.Pix[at]]
			for range p.scale {
				for b := range p.bytes {
					p.buffer[n] = byte(colour >> (8 * b)) // the lowest byte first, on every machine we run on
					n++
				}
			}
		}
		at := p.start + y*p.scale*p.stride
		for range p.scale {
			copy(p.memory[at:], p.buffer)
			at += p.stride
		}
	}
	copy(p.before, picture.Pix)
	return nil
}

func (p *panel) differs(picture *image.Paletted, first, step, columns int) bool {
	for i, at := 0, first; i < columns; i, at = i+1, at+step {
		if picture.Pix[at] != p.before[at] {
			return true
		}
	}
	return false
}

// clear paints what is seen around the picture in the ground's colour.
func (p *panel) clear() {
	for y := range p.seenHeight {
		line := p.memory[p.seen+y*p.stride:][:p.seenWidth*p.bytes]
		for i := range line {
			line[i] = byte(p.colour[0] >> (8 * (i % p.bytes)))
		}
	}
}

// Close gives the framebuffer back; the picture stays.
func (p *panel) Close() error { return p.close() }
