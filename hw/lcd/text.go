package lcd

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// readable is a text as it can be drawn: names come from strangers. Control
// characters and those that are invisible or change the direction are taken
// out, a letter and its accent become one character where the fonts have it,
// bytes that are no UTF-8 become U+FFFD. A text that needs none of this is
// returned as it is.
func readable(s string) string {
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) || r >= 0x300 && (columns(r) == 0 || unicode.Is(unicode.Cf, r)) || r == 0xad {
			return cleaned(s)
		}
	}
	return s
}

func cleaned(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			out = append(out, ' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		case columns(r) == 0:
			if n := len(out); n > 0 {
				out[n-1] = compose(out[n-1], r)
			}
		default:
			out = append(out, r)
		}
	}
	return string(out)
}

// accents are pairs of a letter and what it becomes with a combining mark
// (Unicode's canonical compositions, as far as Latin-1 and Latin Extended-A go).
var accents = map[rune]string{
	0x300: "AÀEÈIÌOÒUÙaàeèiìoòuù",
	0x301: "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzź",
	0x302: "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷ",
	0x303: "AÃNÑOÕaãnñoõIĨiĩUŨuũ",
	0x304: "AĀaāEĒeēIĪiīOŌoōUŪuū",
	0x306: "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭ",
	0x307: "CĊcċEĖeėGĠgġIİZŻzż",
	0x308: "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸ",
	0x30a: "AÅaåUŮuů",
	0x30b: "OŐoőUŰuű",
	0x30c: "CČcčDĎdďEĚeěNŇnňRŘrřSŠsšTŤtťZŽzž",
	0x327: "CÇcçGĢKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţ",
	0x328: "AĄaąEĘeęIĮiįUŲuų",
}

// compose is a letter with a mark; without the mark if there is no such
// character.
func compose(letter, mark rune) rune {
	pairs := accents[mark]
	for pairs != "" {
		base, n := utf8.DecodeRuneInString(pairs)
		whole, m := utf8.DecodeRuneInString(pairs[n:])
		if base == letter {
			return whole
		}
		pairs = pairs[n+m:]
	}
	return letter
}

// noStart are the signs that do not begin a line, noEnd those that do not end
// one.
const (
	noStart = ",.:;!?)]}%…、。,．:;!?)】》〉」』”’·"
	noEnd   = "([{(【《〈「『“‘"
)

// split cuts a text where a line of so many pixels ends: at a space, after a
// hyphen, beside a wide character, else in the middle of the word. Spaces at the cut belong
// to neither.
func (s *style) split(text string, pixels int) (line, rest string) {
	used, cut := 0, 0 // cut: the end of the last piece that may end a line
	before := rune(0)
	for i, r := range text {
		if i > 0 && mayBreak(before, r) {
			cut = i
		}
		used += columns(r) * s.cell
		if used > pixels && r != ' ' {
			if cut == 0 {
				cut = i
			}
			if cut == 0 { // at least one character, also of a narrow glass
				_, cut = utf8.DecodeRuneInString(text)
			}
			return strings.TrimRight(text[:cut], " "), strings.TrimLeft(text[cut:], " ")
		}
		before = r
	}
	return text, ""
}

// mayBreak tells whether a line may end between two characters.
func mayBreak(a, b rune) bool {
	switch {
	case a == ' ':
		return false // it may before the space
	case b == ' ':
		return true
	case a == '-':
		return unicode.IsLetter(b)
	case columns(a) == 2 || columns(b) == 2:
		return !strings.ContainsRune(noStart, b) && !strings.ContainsRune(noEnd, a)
	}
	return false
}

// tears tells whether lines of so many pixels tear a word of the text apart.
func (s *style) tears(text string, pixels int) bool {
	for text != "" {
		line, rest := s.split(text, pixels)
		if rest != "" {
			a, _ := utf8.DecodeLastRuneInString(line)
			b, _ := utf8.DecodeRuneInString(rest)
			if !mayBreak(a, b) && text[len(line)] != ' ' {
				return true
			}
		}
		text = rest
	}
	return false
}

// tail is the end of a text that fits into so many pixels.
func (s *style) tail(text string, pixels int) string {
	for s.width(text) > pixels && text != "" {
		_, n := utf8.DecodeRuneInString(text)
		text = text[n:]
	}
	return text
}

// head is the beginning of a text that fits.
func (s *style) head(text string, pixels int) string {
	used := 0
	for i, r := range text {
		if used += columns(r) * s.cell; used > pixels {
			return text[:i]
		}
	}
	return text
}

// number tells whether a text is a number to dial or a time.
func number(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '*' && c != '#' && c != '+' && c != ':' {
			return false
		}
	}
	return s != ""
}
