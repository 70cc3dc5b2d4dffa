// Command fonts packs the bitmap fonts of the display into hw/lcd/fonts. It is
// needed only when a font changes; the packed files are in the tree.
//
//	apt-get install xfonts-terminus unifont
//	cd scripts/fonts && go run . ../../hw/lcd/fonts
//
// The same fonts give the same bytes. It is a module of its own, so that what
// it reads fonts with is no part of the phone. The fonts and their licences
// are named in hw/lcd/fonts/LICENCE.md.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Where Debian's packages put the fonts.
const (
	terminus = "/usr/share/fonts/X11/misc/ter-u%s_unicode.pcf.gz"
	unifont  = "/usr/share/unifont/unifont.hex"
)

// latin are the characters of the languages that use the Latin script, with
// the signs between words and the arrows; the large sizes leave out what
// Terminus does not draw.
var latin = &unicode.RangeTable{R16: []unicode.Range16{
	{0x20, 0x7e, 1},
	{0xa0, 0x17f, 1},    // Latin-1, Latin Extended-A
	{0x192, 0x192, 1},   // florin
	{0x218, 0x21b, 1},   // Romanian
	{0x1e80, 0x1e85, 1}, // Welsh
	{0x1e9e, 0x1e9e, 1}, // German
	{0x1ea0, 0x1ef9, 1}, // Vietnamese
	{0x2010, 0x2027, 1}, // dashes, quotes, dots
	{0x2030, 0x203a, 1}, // per mille, quotes
	{0x20ac, 0x20ac, 1}, // euro
	{0x2116, 0x2122, 6}, // numero; trade mark is beside it
	{0x2190, 0x2195, 1}, // arrows
	{0xfffd, 0xfffd, 1}, // what can not be read
}, LatinOffset: 2}

// others are the other narrow scripts, in the sizes for running text.
var others = &unicode.RangeTable{R16: []unicode.Range16{
	{0x370, 0x3ff, 1}, // Greek
	{0x400, 0x45f, 1}, // Cyrillic
	{0x490, 0x491, 1},
}}

// ascii is for digits in between.
var ascii = &unicode.RangeTable{R16: []unicode.Range16{{0x20, 0x7e, 1}}, LatinOffset: 1}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: fonts DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "fonts:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	for _, f := range []struct {
		name, size string
		want       []*unicode.RangeTable
	}{
		{"latin12", "12n", []*unicode.RangeTable{latin, others}},
		{"latin16", "16n", []*unicode.RangeTable{latin, others}},
		{"latin16bold", "16b", []*unicode.RangeTable{latin, others}},
		{"digits20", "20b", []*unicode.RangeTable{ascii}},
		{"latin24", "24b", []*unicode.RangeTable{latin}},
		{"latin32", "32b", []*unicode.RangeTable{latin}},
	} {
		glyphs, err := readPCF(fmt.Sprintf(terminus, f.size))
		if err != nil {
			return err
		}
		wanted := func(r rune) bool { return unicode.IsOneOf(f.want, r) }
		for r := range glyphs {
			if !wanted(r) {
				delete(glyphs, r)
			}
		}
		if strings.Contains(f.name, "16") { // what Terminus has not got
			more, err := readHex(unifont, 8, wanted)
			if err != nil {
				return err
			}
			for r, g := range more {
				if _, has := glyphs[r]; !has {
					glyphs[r] = g
				}
			}
		}
		if err := write(dir, f.name, glyphs); err != nil {
			return err
		}
	}
	want, err := wideGB2312()
	if err != nil {
		return err
	}
	han16, err := readHex(unifont, 16, func(r rune) bool { return want[r] })
	if err != nil {
		return err
	}
	if len(han16) != len(want) {
		return fmt.Errorf("%s has %d of %d characters", unifont, len(han16), len(want))
	}
	// The common characters lie apart from the rare ones, so that less of the
	// program's file is in memory.
	common, err := commonHan()
	if err != nil {
		return err
	}
	rare := map[rune]glyph{}
	for r, g := range han16 {
		if unicode.Is(unicode.Han, r) && !common[r] {
			rare[r] = g
			delete(han16, r)
		}
	}
	if err := write(dir, "han16", han16); err != nil {
		return err
	}
	if err := write(dir, "han16rare", rare); err != nil {
		return err
	}
	cubic, ark, err := smallSources(want)
	if err != nil {
		return err
	}
	if err := write(dir, "han12", smallWide(cubic)); err != nil {
		return err
	}
	return write(dir, "han12more", smallWide(ark))
}

// A glyph is a picture of one character in its cell.
type glyph struct {
	width, height int
	ink           []bool // row by row
}

func newGlyph(width, height int) glyph {
	return glyph{width, height, make([]bool, width*height)}
}

// write packs the glyphs of a font, which all have one size:
//
//	width, height byte; number of glyphs uint16 (big-endian, as all)
//	the characters in ascending order, uint16 each
//	the glyphs in that order: their pixels row by row from the left, 1 = ink,
//	eight a byte from the highest bit, the last byte filled with 0
func write(dir, name string, glyphs map[rune]glyph) error {
	var runes []rune
	for r := range glyphs {
		runes = append(runes, r)
	}
	if len(runes) == 0 {
		return errors.New(name + ": no glyphs")
	}
	slices.Sort(runes)
	first := glyphs[runes[0]]
	out := []byte{byte(first.width), byte(first.height), byte(len(runes) >> 8), byte(len(runes))}
	for _, r := range runes {
		if r > 0xffff {
			return fmt.Errorf("%s: %U does not fit into 16 bits", name, r)
		}
		out = append(out, byte(r>>8), byte(r))
	}
	for _, r := range runes {
		g := glyphs[r]
		if g.width != first.width || g.height != first.height {
			return fmt.Errorf("%s: %U is %d x %d, not %d x %d", name, r, g.width, g.height, first.width, first.height)
		}
		bits := make([]byte, (len(g.ink)+7)/8)
		for i, ink := range g.ink {
			if ink {
				bits[i/8] |= 0x80 >> (i % 8)
			}
		}
		out = append(out, bits...)
	}
	path := filepath.Join(dir, name+".glyphs")
	if err := os.WriteFile(path, out, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d glyphs of %d x %d, %d bytes\n", path, len(runes), first.width, first.height, len(out))
	return nil
}
