package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/hajimehoshi/bitmapfont/v3"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// wideGB2312 are the characters of GB 2312 that stand in wide cells: the 6,763
// Han characters of both levels, kana, and the punctuation and letters of full
// width.
func wideGB2312() (map[rune]bool, error) {
	all, err := rowsGB2312(1, 87)
	if err != nil {
		return nil, err
	}
	want := map[rune]bool{0xffe5: true}
	for r := range all {
		if r >= 0x3000 { // below are letters and signs of narrow cells
			want[r] = true
		}
	}
	return want, nil
}

// commonHan are the Han characters of its first level.
func commonHan() (map[rune]bool, error) { return rowsGB2312(16, 55) }

// rowsGB2312 are the characters of rows of GB 2312. iconv knows the table.
func rowsGB2312(from, to byte) (map[rune]bool, error) {
	var all []byte
	for row := from; row <= to; row++ {
		for cell := byte(0xa1); cell <= 0xfe; cell++ {
			all = append(all, 0xa0+row, cell)
		}
	}
	cmd := exec.Command("iconv", "-c", "-f", "GB2312", "-t", "UTF-8")
	cmd.Stdin = bytes.NewReader(all)
	out, err := cmd.Output()
	if len(out) == 0 { // with -c it exits with 1 when it left something out
		return nil, fmt.Errorf("iconv: %w", err)
	}
	runes := map[rune]bool{}
	for _, r := range string(out) {
		runes[r] = true
	}
	return runes, nil
}

// readHex reads glyphs in cells of a width, 8 or 16, from a font in Unifont's
// format: lines of CODE and 32 or 64 hexadecimal digits.
func readHex(path string, width int, want func(rune) bool) (map[rune]glyph, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	glyphs := map[rune]glyph{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		code, rows, _ := strings.Cut(s.Text(), ":")
		r, err := strconv.ParseUint(code, 16, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, s.Text(), err)
		}
		bits, err := hex.DecodeString(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, s.Text(), err)
		}
		if !want(rune(r)) || len(bits)/2 > width {
			continue
		}
		g := newGlyph(width, 16)
		own := len(bits) / 2 // a narrow glyph stands in the middle of a wide cell
		for i := range own * 16 {
			g.ink[i/own*width+(width-own)/2+i%own] = bits[i/8]>>(7-i%8)&1 != 0
		}
		glyphs[rune(r)] = g
	}
	return glyphs, s.Err()
}

// smallOthers are the wide characters besides Han that the small font has from
// the M+ bitmap fonts, which draw what JIS X 0208 holds.
var smallOthers = &unicode.RangeTable{R16: []unicode.Range16{
	{0x3000, 0x3015, 1}, {0x3041, 0x3093, 1}, {0x30a1, 0x30fe, 1}, {0xff01, 0xff5e, 1}, {0xffe5, 0xffe5, 1},
}}

// The characters of two fonts within bitmapfont, each under its own licence and
// so in a file of its own.
const (
	bitmapfontModule = "github.com/hajimehoshi/bitmapfont/v3"
	cubicFont        = "internal/cubic11/Cubic_11.ttf"
	arkFont          = "internal/ark/ark-pixel-12px-monospaced-zh_cn.bdf"
)

// smallSources are the characters that bitmapfont draws as Cubic 11 (and M+
// beside Han), and those it draws as Ark Pixel where Cubic has none.
func smallSources(want map[rune]bool) (cubic, ark map[rune]bool, err error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", bitmapfontModule).Output()
	if err != nil {
		return nil, nil, fmt.Errorf("go list -m %s: %w", bitmapfontModule, err)
	}
	dir := strings.TrimSpace(string(out))
	data, err := os.ReadFile(filepath.Join(dir, cubicFont))
	if err != nil {
		return nil, nil, err
	}
	font, err := sfnt.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", cubicFont, err)
	}
	bdf, err := os.ReadFile(filepath.Join(dir, arkFont))
	if err != nil {
		return nil, nil, err
	}
	inArk := map[rune]bool{}
	for l := range strings.Lines(string(bdf)) {
		if code, ok := strings.CutPrefix(l, "ENCODING "); ok {
			n, err := strconv.Atoi(strings.TrimSpace(code))
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", arkFont, err)
			}
			inArk[rune(n)] = true
		}
	}
	cubic, ark = map[rune]bool{}, map[rune]bool{}
	for r := range want {
		switch i, err := font.GlyphIndex(nil, r); {
		case unicode.Is(smallOthers, r), unicode.Is(unicode.Han, r) && err == nil && i != 0:
			cubic[r] = true
		case unicode.Is(unicode.Han, r) && inArk[r]:
			ark[r] = true
		}
	}
	return cubic, ark, nil
}

// smallWide draws characters 12 pixels high, of which the glyphs take 11: the
// line they stand on is 10 pixels below the top of the cell. A few hundred rare
// ones are empty in the font and left out.
func smallWide(want map[rune]bool) map[rune]glyph {
	glyphs := map[rune]glyph{}
	for r := range want {
		at, mask, from, _, ok := bitmapfont.FaceSC.Glyph(fixed.P(0, 10), r)
		if !ok {
			continue
		}
		g := newGlyph(12, 12)
		drawn := false
		for y := at.Min.Y; y < at.Max.Y; y++ {
			for x := at.Min.X; x < at.Max.X; x++ {
				if _, _, _, a := mask.At(from.X+x-at.Min.X, from.Y+y-at.Min.Y).RGBA(); a != 0 && image.Pt(x, y).In(image.Rect(0, 0, 12, 12)) {
					g.ink[y*12+x] = true
					drawn = true
				}
			}
		}
		if drawn || r == 0x3000 {
			glyphs[r] = g
		}
	}
	return glyphs
}
