package sim

import (
	"strings"
	"unicode"
)

// wide are the ranges of characters that take two columns of a terminal
// (Unicode UAX #11, East Asian Width W and F, as far as fonts of terminals
// agree).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1},
		{0x2e80, 0x303e, 1},
		{0x3041, 0x33ff, 1},
		{0x3400, 0x4dbf, 1},
		{0x4e00, 0x9fff, 1},
		{0xa000, 0xa4cf, 1},
		{0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1},
		{0xfe30, 0xfe4f, 1},
		{0xff00, 0xff60, 1},
		{0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f900, 0x1f9ff, 1}, {0x20000, 0x3fffd, 1}},
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// Width is how many columns of a terminal a cleaned text takes.
func Width(s string) (n int) {
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// Clean makes text safe for a terminal: no control characters and none that
// change the direction or are invisible, since names come from strangers.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
}

// Fit cleans a text and cuts or pads it to n columns.
func Fit(s string, n int) string {
	s = Clean(s)
	if Width(s) > n {
		cut, cols := "", 0
		for _, r := range s {
			if cols+runeWidth(r) > n-1 {
				break
			}
			cut, cols = cut+string(r), cols+runeWidth(r)
		}
		s = cut
		if n > 0 {
			s += "…"
		}
	}
	return s + strings.Repeat(" ", max(0, n-Width(s)))
}

// wrap cleans a text and breaks it into at most most lines of n columns, at
// spaces where there are any and anywhere between wide characters; what does
// not fit is cut.
func wrap(s string, n, most int) (lines []string) {
	s = Clean(s)
	for len(lines) < most-1 && Width(s) > n {
		cut, cols, space := 0, 0, -1
		for i, r := range s {
			if cols += runeWidth(r); cols > n {
				break
			}
			if cut = i + len(string(r)); r == ' ' || runeWidth(r) == 2 {
				space = cut
			}
		}
		if rest := s[cut:]; !strings.HasPrefix(rest, " ") && space > 0 {
			cut = space
		}
		lines = append(lines, strings.TrimSpace(s[:cut]))
		s = strings.TrimSpace(s[cut:])
	}
	return append(lines, s)
}

func center(s string, n int) string {
	s = Clean(s)
	return Fit(strings.Repeat(" ", max(0, (n-Width(s))/2))+s, n)
}
