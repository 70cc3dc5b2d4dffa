package report

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartWidth = 980.0
	margin     = 16.0
	legendTop  = 74.0 // below title and subtitle
	panelsTop  = 108.0
	columns    = 2
	panelWidth = (chartWidth - 2*margin - gutter) / columns
	gutter     = 24.0
	faultWidth = 70.0 // of a fault's name
	valueWidth = 70.0 // beyond the longest bar
	barHeight  = 8.0
	barStep    = 9.5
	groupGap   = 9.0
	panelHead  = 24.0
	panelFoot  = 34.0
	shortest   = 0.001 // s, where the axis begins
	longest    = 120.0 // s, where it ends
)

// Chart is the results as an SVG picture: a panel for each situation, a bar for
// each peer and fault, on a logarithmic axis. It suits a light and a dark page.
func (rs Results) Chart() string {
	var c canvas
	peers, faults, situations := Peers(), Faults(), Situations()
	panelHeight := panelHead + panelFoot + float64(len(faults))*(float64(len(peers))*barStep+groupGap)
	rows := (len(situations) + columns - 1) / columns
	height := panelsTop + float64(rows)*panelHeight + margin

	c.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-labelledby="t d" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
		chartWidth, height, chartWidth, height)
	c.add(`<title id="t">Seconds until service goes on after a server fails</title>`)
	c.add(`<desc id="d">A bar for each of %d user agents, %d faults of the primary server and %d situations; README.md has the same numbers as tables.</desc>`,
		len(peers), len(faults), len(situations))
	c.style(peers)
	c.add(`<rect class="ground" width="%.0f" height="%.0f" rx="8"/>`, chartWidth, height)
	c.text(margin, 32, "head", "", "When the primary SIP server fails: seconds until service goes on")
	c.text(margin, 52, "note", "", "Shorter is better; the axis is logarithmic. Hatched: not within the limit (75 s, refresh 120 s, failback 270 s). Times are the kernel's, taken at the servers' and the far party's side.")
	rs.legend(&c, peers)
	for i, s := range situations {
		x := margin + float64(i%columns)*(panelWidth+gutter)
		y := panelsTop + float64(i/columns)*panelHeight
		rs.panel(&c, s, x, y, panelHeight)
	}
	c.add(`</svg>`)
	return c.b.String()
}

// legend names the peers' colours.
func (rs Results) legend(c *canvas, peers []Peer) {
	x := margin
	for i, p := range peers {
		name := p.Title
		if v := rs.Versions[p.ID]; v != "" && p.Program != "" {
			name += " " + v
		}
		c.add(`<rect class="p%d" x="%.1f" y="%.1f" width="12" height="12" rx="2"/>`, i, x, legendTop)
		c.text(x+17, legendTop+10.5, "label", "", name)
		x += 17 + 6.6*float64(len(name)) + 22
	}
}

// panel draws one situation.
func (rs Results) panel(c *canvas, s Situation, x, y, height float64) {
	peers, faults := Peers(), Faults()
	left, top := x+faultWidth, y+panelHead
	width := panelWidth - faultWidth - valueWidth
	bottom := y + height - panelFoot
	scale := func(seconds float64) float64 {
		return width * math.Log(max(seconds, shortest)/shortest) / math.Log(longest/shortest)
	}
	c.add(`<text class="title" x="%.1f" y="%.1f">%s <tspan class="note plain">until %s</tspan></text>`, x, y+14, html.EscapeString(title(s.Title)), html.EscapeString(s.Until))
	for tick := 0.01; tick < longest; tick *= 10 {
		at := left + scale(tick)
		c.add(`<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, at, at, top-2, bottom)
		c.text(at, bottom+12, "note", "middle", strings.TrimSuffix(fmt.Sprintf("%g", math.Round(tick*100)/100), ".0")+" s")
	}
	for i, f := range faults {
		group := top + float64(i)*(float64(len(peers))*barStep+groupGap)
		c.text(left-8, group+float64(len(peers))*barStep/2+3.5, "label", "end", f.Title)
		for k, p := range peers {
			r, ok := rs.Of(Cell{p, f, s})
			c.bar(left, group+float64(k)*barStep, scale(s.Limit.Seconds()), k, scale, r, ok)
		}
	}
	c.add(`<line class="axis" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, left, left, top-2, bottom)
}

// canvas collects the picture's elements.
type canvas struct{ b strings.Builder }

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.b, format+"\n", args...) }

func (c *canvas) text(x, y float64, class, anchor, text string) {
	if anchor != "" {
		anchor = fmt.Sprintf(` text-anchor="%s"`, anchor)
	}
	c.add(`<text class="%s" x="%.1f" y="%.1f"%s>%s</text>`, class, x, y, anchor, html.EscapeString(text))
}

// bar draws one result, or says why there is none.
func (c *canvas) bar(x, y, width float64, peer int, scale func(float64) float64, r Result, measured bool) {
	baseline := y + barHeight - 0.8
	switch {
	case !measured:
		c.text(x+4, baseline, "value", "", "not measured")
	case r.Outcome == Done:
		long := max(2, scale(r.Seconds))
		c.add(`<rect class="p%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5"/>`, peer, x, y, long, barHeight)
		c.text(x+long+4, baseline, "value", "", r.Text())
	case r.Outcome == Never, r.Outcome == Unreached:
		c.add(`<rect class="p%d never" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5"/>`, peer, x, y, width, barHeight)
		c.add(`<rect fill="url(#hatch)" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5"/>`, x, y, width, barHeight)
		c.text(x+width+4, baseline, "value bold", "", "never")
	default:
		c.text(x+4, baseline, "value", "", r.Text())
	}
}

// style is the colours, on light and dark ground. There are no variables in it:
// not every viewer knows them.
func (c *canvas) style(peers []Peer) {
	rules := func(ground, ink, soft, grid string, colour func(Colour) string) {
		c.add(`.ground{fill:%s}.head,.title,.label,.value{fill:%s}.note{fill:%s}.grid{stroke:%s}.axis{stroke:%s}.slash{stroke:%s}`, ground, ink, soft, grid, soft, ground)
		for i, p := range peers {
			c.add(`.p%d{fill:%s}`, i, colour(p.Colour))
		}
	}
	c.add(`<style>`)
	c.add(`.head{font-size:19px;font-weight:600}.title{font-size:14px;font-weight:600}.label{font-size:11.5px}.note{font-size:10.5px}.value{font-size:9px}.bold{font-weight:600}.plain{font-weight:400}.never{opacity:.45}.grid{stroke-width:1}.axis{stroke-width:1}`)
	rules("#ffffff", "#1f2328", "#59636e", "#d8dee4", func(c Colour) string { return c.Light })
	c.add(`@media (prefers-color-scheme:dark){`)
	rules("#151b23", "#e6edf3", "#9198a1", "#2f3742", func(c Colour) string { return c.Dark })
	c.add(`}</style>`)
	c.add(`<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="slash" x1="0" x2="0" y1="0" y2="6" stroke-width="3"/></pattern></defs>`)
}
