package lcd

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"phoned/hw"
)

// shown are the texts of a page, as far as they are drawn.
func (p *Painter) shown() (texts []string) {
	for i := range p.boxes {
		if b := &p.boxes[i]; b.text != "" && !b.rect.Empty() {
			texts = append(texts, b.text)
		}
	}
	return texts
}

// sound looks for what must hold of any page.
func (p *Painter) sound(t *testing.T) {
	t.Helper()
	for i := range p.boxes {
		b := &p.boxes[i]
		if !b.rect.In(p.picture.Rect) {
			t.Errorf("%q at %v leaves the display", b.text, b.rect)
		}
		if b.text == "" {
			continue
		}
		if b.rect.Dy() < b.style.height-1 { // the number of the server has no tails
			t.Errorf("%q has %d lines of pixels, its characters %d", b.text, b.rect.Dy(), b.style.height)
		}
		for j := range p.boxes[:i] {
			if o := &p.boxes[j]; o.text != "" && o.place == b.place && o.rect.Overlaps(b.rect) {
				t.Errorf("%q at %v covers %q at %v", b.text, b.rect, o.text, o.rect)
			}
		}
	}
	if c := slices.Max(p.picture.Pix); int(c) >= len(p.picture.Palette) {
		t.Fatalf("a pixel has colour %d of %d", c, len(p.picture.Palette))
	}
}

// Everything that the phone says can be read, on one page or another.
func TestNothingIsLost(t *testing.T) {
	for _, g := range golden {
		if g.name == "languages" || strings.HasPrefix(g.name, "digits") {
			continue
		}
		for f := range formatCount {
			p := NewPainter(f)
			p.Paint(g.screen, 0)
			n := p.Pages()
			var all []string
			for page := range n {
				p.Paint(g.screen, page)
				p.sound(t)
				if p.Pages() != n {
					t.Errorf("%s: %d pages, then %d", g.name, n, p.Pages())
				}
				all = append(all, p.shown()...)
			}
			words := strings.Join(all, " ")
			for _, r := range g.screen.Rows {
				if p.menu() && !r.Selected {
					continue // the cursor brings them
				}
				for _, w := range strings.Fields(r.Text) {
					if !strings.Contains(words, w) {
						t.Errorf("%s on %v: %q of %q is on none of %d pages", g.name, f, w, r.Text, n)
					}
				}
			}
		}
	}
}

// Wherever the cursor is, its row shows, whole and first of all.
func TestCursorShows(t *testing.T) {
	for f := range formatCount {
		p := NewPainter(f)
		for _, n := range []int{1, 3, 4, 8, 9, 14} {
			for at := range n {
				var rows []hw.Row
				for i := range n {
					rows = append(rows, hw.Row{Text: fmt.Sprintf("<%d>%s", i, strings.Repeat(" entry", i%5)), Selected: i == at})
				}
				p.Paint(hw.Screen{Title: "Menu", Rows: rows}, 0)
				p.sound(t)
				if want := fmt.Sprintf("<%d>", at); !slices.ContainsFunc(p.shown(), func(s string) bool { return strings.HasPrefix(s, want) }) {
					t.Fatalf("%v: the cursor is on entry %d of %d, shown are %q", f, at, n, p.shown())
				}
			}
		}
	}
}

// A trouble stands on every page as long as it leaves room.
func TestTroublesStay(t *testing.T) {
	s := hw.Screen{Time: "14:02", Title: "Ready"}
	for i := range 20 {
		s.Rows = append(s.Rows, hw.Row{Text: fmt.Sprintf("Line %d: Registered", i), Alert: i == 15})
	}
	for f := range formatCount {
		p := NewPainter(f)
		p.Paint(s, 0)
		for page := range p.Pages() {
			p.Paint(s, page)
			if !slices.ContainsFunc(p.shown(), func(t string) bool { return strings.HasPrefix(t, "Line 15") }) {
				t.Errorf("%v: page %d without the trouble: %q", f, page, p.shown())
			}
		}
	}
}

// The digits stay the largest, however many there are: the last ones show.
func TestDigits(t *testing.T) {
	number := strings.Repeat("0123456789", 20)
	for f := range formatCount {
		p := NewPainter(f)
		for _, n := range []int{1, 8, 9, 10, 12, 13, 15, 16, 18, 19, 31, 32, 33, 54, 72, 73, 200} {
			for _, rows := range [][]hw.Row{nil, {{Text: "No server answers. The phone keeps trying; next attempt in 23 s.", Alert: true}}} {
				p.Paint(hw.Screen{Title: "Dial", Big: number[:n], Rows: rows, Soft: soft.dial}, 0)
				p.sound(t)
				var all strings.Builder
				for i := range p.boxes {
					if b := &p.boxes[i]; b.style != nil && b.style.height >= 16 && b.text != "" && strings.Trim(b.text, number) == "" {
						all.WriteString(b.text)
					}
				}
				if got := all.String(); got == "" || !strings.HasSuffix(number[:n], got) || n <= 15 && len(got) != n {
					t.Fatalf("%v: of %d digits %q show", f, n, got)
				}
			}
		}
	}
}

// Every text stands out from what is behind it by 7:1 at least (WCAG 2.2
// §1.4.6), by day and by night; and without any colour all is still told apart.
func TestContrast(t *testing.T) {
	luminance := func(c color.Color) float64 {
		linear := func(v uint32) float64 {
			x := float64(v) / 0xffff
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		r, g, b, _ := c.RGBA()
		return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	}
	for name, p := range map[string]color.Palette{"day": Day, "night": Night} {
		for _, pair := range [][2]uint8{{ink, paper}, {faint, paper}, {barInk, bar}, {alertInk, alert}, {selectedInk, selected}} {
			a, b := luminance(p[pair[0]]), luminance(p[pair[1]])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 7 {
				t.Errorf("%s: colour %d stands out from %d by %.1f:1", name, pair[0], pair[1], ratio)
			}
		}
	}
	a, b := luminance(Glass[ink]), luminance(Glass[paper])
	if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 7 {
		t.Errorf("glass: %.1f:1", ratio)
	}
}

// A redraw needs no memory.
func TestPaintAllocates(t *testing.T) {
	for f := range formatCount {
		p := NewPainter(f)
		for _, g := range golden {
			if g.name == "languages" { // whose texts must be cleaned
				continue
			}
			p.Paint(g.screen, 0)
			if n := testing.AllocsPerRun(10, func() { p.Paint(g.screen, 0) }); n > 0 && p.Pages() == 1 || n > 3 {
				t.Errorf("%s on %v: %v allocations", g.name, f, n)
			}
		}
	}
}

// Nothing that a screen may hold, on any page, breaks the painter.
func FuzzPaint(f *testing.F) {
	f.Add("14:02", "Ready", "Server 1 does not answer.", "Line 1: Registered", "Redial", 3, uint8(0), 2)
	f.Add("", "\xff", "13812345678", "骣\u0301", "免打扰", -1, uint8(0xff), 1)
	f.Fuzz(func(t *testing.T, time, title, big, text, word string, page int, flags uint8, server int) {
		s := hw.Screen{Time: time, Server: server, Title: title, Big: big, Soft: [4]string{word, word, "", word}}
		s.Flags = hw.Flags{Offline: flags&1 > 0, DND: flags&2 > 0, Mute: flags&4 > 0, Speaker: flags&8 > 0, Messages: flags&16 > 0}
		for i := range int(flags >> 4) {
			s.Rows = append(s.Rows, hw.Row{Text: text, Selected: flags&32 > 0 && i == 2, Alert: i%3 == 1})
		}
		for format := range formatCount {
			p := NewPainter(format)
			p.Paint(s, page)
			p.sound(t)
			if p.Pages() < 1 {
				t.Errorf("%d pages", p.Pages())
			}
		}
	})
}

func BenchmarkPaint(b *testing.B) {
	for f, name := range [...]string{"320x240", "128x64"} {
		b.Run(name, func(b *testing.B) {
			p := NewPainter(Format(f))
			s := hw.Screen{
				Time: "14:02", Server: 2, Title: "通话中(服务器2)", Big: "王小明", Soft: [4]string{"保持", "", "", "挂断"},
				Rows: []hw.Row{{Text: "13812345678"}, {Text: "0:34"}, {Text: "服务器1无响应。自14:02起通过服务器2通话。"}},
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Paint(s, 0)
			}
		})
	}
}
