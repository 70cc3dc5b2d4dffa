package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// svg writes one picture. Its colours follow the reader's choice of light or
// dark; classes name what they are for.
type svg struct{ b bytes.Buffer }

// style are the colours: those of Okabe and Ito, which colour-blind readers
// tell apart, a little lighter on dark ground.
const style = `text{font:12px system-ui,sans-serif;fill:#333}.ground{fill:#fff}.title{font-size:15px;font-weight:600}` +
	`.minor{fill:#666;font-size:11px}.grid{stroke:#ddd;fill:none}.frame{stroke:#999;fill:none}.down{fill:#888;fill-opacity:.18}` +
	`.plain{stroke:#d55e00;fill:none}.smart{stroke:#0072b2;fill:none}.key-plain{fill:#d55e00}.key-smart{fill:#0072b2}` +
	`.plain,.smart{stroke-width:1.5;stroke-linejoin:round}` +
	`@media(prefers-color-scheme:dark){text{fill:#ddd}.ground{fill:#16181c}.minor{fill:#aaa}.grid{stroke:#33373d}.frame{stroke:#777}` +
	`.plain{stroke:#ff9a4d}.smart{stroke:#62bdf5}.key-plain{fill:#ff9a4d}.key-smart{fill:#62bdf5}}`

func newSVG(width, height int, title string) *svg {
	s := new(svg)
	fmt.Fprintf(&s.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&s.b, "<title>%s</title>\n<style>%s</style>\n", escape(title), style)
	s.rect(0, 0, float64(width), float64(height), "ground")
	return s
}

func (s *svg) bytes() []byte {
	return append(bytes.Clone(s.b.Bytes()), "</svg>\n"...)
}

func (s *svg) rect(x, y, width, height float64, class string) {
	fmt.Fprintf(&s.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`+"\n", class, num(x), num(y), num(width), num(height))
}

func (s *svg) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(&s.b, `<path class="%s" d="M%s %sL%s %s"/>`+"\n", class, num(x1), num(y1), num(x2), num(y2))
}

// text writes at x, y; anchor is start, middle or end.
func (s *svg) text(x, y float64, anchor, class, text string) {
	fmt.Fprintf(&s.b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`+"\n", class, num(x), num(y), anchor, escape(text))
}

// steps draws a level for each value, step wide, from x on.
func (s *svg) steps(x, step float64, levels []float64, class string) {
	if len(levels) == 0 {
		return
	}
	fmt.Fprintf(&s.b, `<path class="%s" d="M%s %s`, class, num(x), num(levels[0]))
	for i := 1; i < len(levels); i++ {
		if num(levels[i]) != num(levels[i-1]) {
			fmt.Fprintf(&s.b, "H%sV%s", num(x+float64(i)*step), num(levels[i]))
		}
	}
	fmt.Fprintf(&s.b, "H%s\"/>\n", num(x+float64(len(levels))*step))
}

// num is v with one digit after the point, the same on every processor; what is
// no number is 0.
func num(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if s = strings.TrimSuffix(s, ".0"); s == "-0" {
		return "0"
	}
	return s
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escape(s string) string { return escapes.Replace(s) }
