package lcd

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Names come from strangers: what can not be drawn goes, or becomes a box.
func TestReadable(t *testing.T) {
	for in, want := range map[string]string{
		"Ada Lovelace":                          "Ada Lovelace",
		"王小明":                                   "王小明",
		"a\x00b\x1b[31mc\x7f":                   "ab[31mc",
		"two\nlines\tand a tab":                 "two lines and a tab",
		"\u202eevil\u2066 \u200bx\ufeff":        "evil x",
		"soft\u00adhyphen":                      "softhyphen",
		"Zoe\u0308 A\u030angstro\u0308m":        "Zoë Ångström",
		"n\u0303o s\u030c c\u0327 o\u030b":      "ño š ç ő",
		"x\u0308\u0301":                         "x", // there is no such character
		"\u0301first":                           "first",
		"bad \xff\xc3 bytes \xe7\x8e":           "bad \ufffd\ufffd bytes \ufffd\ufffd",
		"\U0001f468\u200d\U0001f469\ufe0f love": "\U0001f468\U0001f469 love",
	} {
		if got := readable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// Lines end at spaces, after hyphens and beside Chinese characters, and never
// begin with a full stop.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		columns int
		text    string
		want    string // lines, with / between
	}{
		{10, "Server 1 does not answer.", "Server 1/does not/answer."},
		{8, "Server 1 does", "Server 1/does"},
		{12, "服务器1无响应。自14:02起", "服务器1无响/应。自14:02/起"},
		{6, "无响应。", "无响/应。"},
		{6, "对(方)忙", "对(方)/忙"},
		{5, "对(方)忙", "对/(方)/忙"},
		{5, "《书名》", "《书/名》"},
		{12, "Bingen-Schwarzenberg", "Bingen-/Schwarzenber/g"},
		{4, "12345678", "1234/5678"},
		{6, "10-11-12", "10-11-/12"}, // numbers are not words
		{1, "王", "王"},                // a glass narrower than a character
		{1, "王小", "王/小"},
		{10, "   ", "   "},
		{4, "ab      cd", "ab/cd"},
	} {
		var got []string
		for rest := c.text; ; {
			var line string
			line, rest = text16.split(rest, c.columns*text16.cell)
			got = append(got, line)
			if rest == "" || len(got) > 10 {
				break
			}
		}
		if lines := strings.Join(got, "/"); lines != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.columns, lines, c.want)
		}
	}
}

// Nothing of a text is lost between its lines but the spaces, whatever it is.
func FuzzSplit(f *testing.F) {
	f.Add("Server 1 does not answer. 服务器1无响应。", 10)
	f.Add("\xff \u0301 王-a", 3)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		columns = columns&31 + 1
		var got strings.Builder
		for rest, n := text, 0; rest != ""; n++ {
			var line string
			before := rest
			line, rest = text12.split(rest, columns*text12.cell)
			if len(rest) >= len(before) || n > len(text) {
				t.Fatalf("%q in %d columns does not end: %q", text, columns, before)
			}
			if w := text12.width(strings.TrimRight(line, " ")); w > columns*text12.cell && utf8.RuneCountInString(line) > 1 && columns > 1 {
				t.Fatalf("%q: the line %q is wider than %d columns", text, line, columns)
			}
			got.WriteString(line)
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(got.String()) != squeeze(text) {
			t.Fatalf("%q became %q", text, got.String())
		}
	})
}

// The columns of characters, after UAX #11.
func TestColumns(t *testing.T) {
	for text, want := range map[string]int{"a": 1, "é": 1, "…": 1, "王": 2, "，": 2, "Ａ": 2, "か": 2, "한": 2, "ｶ": 1, "\u0301": 0, "\U0001f600": 2, "Ж": 1, "": 0} {
		if got := text16.width(text) / text16.cell; got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
}

// Every face is in order, and the fonts hold what names need.
func TestFonts(t *testing.T) {
	for name, f := range map[string]*face{
		"12": small12, "16": plain16, "16 bold": heavy16, "20": heavy20, "24": heavy24, "32": heavy32, "Han 12": smallHan, "Han 12 more": smallMore, "Han 16": han, "Han 16 rare": rareHan,
	} {
		var runes []rune
		for i := range len(f.runes) / 2 {
			runes = append(runes, rune(f.runes[2*i])<<8|rune(f.runes[2*i+1]))
		}
		if !slices.IsSorted(runes) || len(f.bits) != len(runes)*f.size {
			t.Errorf("%s: not in order, or %d bytes for %d glyphs", name, len(f.bits), len(runes))
		}
		for _, r := range runes {
			bits, ok := f.glyph(r)
			if !ok || strings.Trim(bits, "\x00") == "" && r != ' ' && r != 0xa0 && r != 0x3000 {
				t.Errorf("%s: %U is there %v, and empty", name, r, ok)
			}
		}
		if _, ok := f.glyph(0x10ffff); ok {
			t.Errorf("%s has U+10FFFF", name)
		}
	}
	inSmall, all := 0, 0
	runes := han.runes + rareHan.runes
	for i := range len(runes) / 2 {
		r := rune(runes[2*i])<<8 | rune(runes[2*i+1])
		if r < 0x4e00 || r > 0x9fff {
			continue
		}
		all++
		if text12.has(string(r)) {
			inSmall++
		}
	}
	// GB 2312 has 3,755 and 3,008 Han characters; the small font lacks 322 rare ones.
	if all != 6763 || inSmall != 6763-322 {
		t.Errorf("%d Han characters in 16 pixels, %d of them in 12", all, inSmall)
	}
	for c := rune(0x20); c < 0x180; c++ {
		if c >= 0x7f && c < 0xa0 {
			continue
		}
		for _, s := range []*style{text12, text16, bold16, bold32, bold64} {
			if !s.has(string(c)) {
				t.Errorf("%U (%c) is missing in %d pixels", c, c, s.height)
			}
		}
	}
}
