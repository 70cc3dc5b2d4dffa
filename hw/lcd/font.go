package lcd

import (
	_ "embed" // the fonts
	"unicode"
)

// The fonts as scripts/fonts packs them; it describes the format. They stay
// where they are in the program's file: of their pages, only those with
// characters that were shown take memory.
var (
	//go:embed fonts/latin12.glyphs
	latin12 string
	//go:embed fonts/latin16.glyphs
	latin16 string
	//go:embed fonts/latin16bold.glyphs
	latin16bold string
	//go:embed fonts/digits20.glyphs
	digits20 string
	//go:embed fonts/latin24.glyphs
	latin24 string
	//go:embed fonts/latin32.glyphs
	latin32 string
	//go:embed fonts/han12.glyphs
	han12 string
	//go:embed fonts/han12more.glyphs
	han12more string
	//go:embed fonts/han16.glyphs
	han16 string
	//go:embed fonts/han16rare.glyphs
	han16rare string
)

// A face is one packed font.
type face struct {
	width, height int
	size          int    // bytes of a glyph
	runes, bits   string // 2 bytes and size bytes of each
}

func newFace(packed string) *face {
	f := &face{width: int(packed[0]), height: int(packed[1])}
	n := int(packed[2])<<8 | int(packed[3])
	f.size = (f.width*f.height + 7) / 8
	f.runes, f.bits = packed[4:4+2*n], packed[4+2*n:4+2*n+n*f.size]
	return f
}

// glyph is the picture of a character, row by row from the highest bit.
func (f *face) glyph(r rune) (bits string, ok bool) {
	low, high := 0, len(f.runes)/2
	for low < high {
		i := (low + high) / 2
		switch at := rune(f.runes[2*i])<<8 | rune(f.runes[2*i+1]); {
		case at == r:
			return f.bits[i*f.size : (i+1)*f.size], true
		case at < r:
			low = i + 1
		default:
			high = i
		}
	}
	return "", false
}

// A style is how text looks: a character is drawn from the first face that has
// it, each of its pixels as a square of scale x scale.
type style struct {
	height int
	cell   int // width of a narrow character; a wide one takes two
	faces  []scaled
}

type scaled struct {
	*face
	scale int
}

var (
	small12, plain16, heavy16 = newFace(latin12), newFace(latin16), newFace(latin16bold)
	heavy20, heavy24, heavy32 = newFace(digits20), newFace(latin24), newFace(latin32)
	smallHan, smallMore       = newFace(han12), newFace(han12more)
	han, rareHan              = newFace(han16), newFace(han16rare)

	// The styles, by their height in pixels.
	text12 = &style{12, 6, []scaled{{small12, 1}, {smallHan, 1}, {smallMore, 1}}}
	text16 = &style{16, 8, []scaled{{plain16, 1}, {han, 1}, {rareHan, 1}}}
	bold16 = &style{16, 8, []scaled{{heavy16, 1}, {han, 1}, {rareHan, 1}}}
	bold20 = &style{20, 10, []scaled{{heavy20, 1}}}
	bold24 = &style{24, 12, []scaled{{heavy24, 1}}}
	bold32 = &style{32, 16, []scaled{{heavy32, 1}, {heavy16, 2}, {han, 2}, {rareHan, 2}}}
	bold48 = &style{48, 24, []scaled{{heavy24, 2}}}
	bold64 = &style{64, 32, []scaled{{heavy32, 2}, {heavy16, 4}, {han, 4}, {rareHan, 4}}}
)

// find is a character's glyph and its scale; ok is false if no face has it.
func (s *style) find(r rune) (f scaled, bits string, ok bool) {
	for _, f := range s.faces {
		if bits, ok := f.glyph(r); ok {
			return f, bits, true
		}
	}
	return scaled{}, "", false
}

// has tells whether a text can be drawn whole.
func (s *style) has(text string) bool {
	for _, r := range text {
		if columns(r) == 0 {
			continue
		}
		if _, _, ok := s.find(r); !ok {
			return false
		}
	}
	return true
}

// wide are the ranges of characters that take two columns (Unicode UAX #11,
// East Asian Width W and F).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1},
		{0x2e80, 0x303e, 1},
		{0x3041, 0x4dbf, 1},
		{0x4e00, 0xa4cf, 1},
		{0xa960, 0xa97c, 1},
		{0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1},
		{0xfe30, 0xfe6f, 1},
		{0xff01, 0xff60, 1},
		{0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1f9ff, 1}, {0x20000, 0x3fffd, 1}},
}

// columns is how many cells a character takes.
func columns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.Is(wide, r):
		return 2
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	return 1
}

// width is how many pixels a text takes.
func (s *style) width(text string) (pixels int) {
	for _, r := range text {
		pixels += columns(r)
	}
	return pixels * s.cell
}
