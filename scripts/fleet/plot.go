package main

import (
	"fmt"
	"math"
	"time"
)

// The picture of a story, in pixels: three panels above each other.
const (
	plotWidth  = 900
	plotHeight = 568
	left       = 64 // of the panels
	inner      = 816
	panelTop   = 78
	panelHigh  = 124
	panelStep  = 162
)

// panel is one of the three.
type panel struct {
	*svg
	top    float64
	length time.Duration
	log    bool
	most   float64 // the top of its scale
}

// plot draws what a story did to both fleets.
func plot(sc *scenario, phones int, runs [2]result) []byte {
	s := newSVG(plotWidth, plotHeight, fmt.Sprintf("%s, %s phones", sc.title, thousands(phones)))
	s.text(left, 26, "start", "title", sc.title)
	s.text(left, 46, "start", "minor", thousands(phones)+" phones; grey: the server is down; each point is the highest second of its column")
	for i, r := range runs {
		x := float64(left + inner - 270 + 140*i)
		s.rect(x, 55, 14, 4, "key-"+class(r))
		s.text(x+20, 61, "start", "", fmt.Sprintf("Smart Failover %d", i))
	}
	for srv, name := range []string{"REGISTER/s at the primary", "REGISTER/s at the backup"} {
		p := &panel{svg: s, top: float64(panelTop + srv*panelStep), length: sc.length, log: true}
		for _, r := range runs {
			for _, n := range r.registers[srv] {
				p.most = max(p.most, float64(n))
			}
		}
		p.most = math.Pow(10, math.Ceil(math.Log10(max(p.most, 10))))
		p.outages(sc.faults, int8(srv))
		p.frame(name)
		for _, r := range runs {
			p.curve(r.registers[srv], time.Second, class(r))
		}
	}
	p := &panel{svg: s, top: panelTop + 2*panelStep, length: sc.length, most: float64(phones)}
	p.frame("phones without service")
	for _, r := range runs {
		p.curve(r.without, sampleEvery, class(r))
	}
	s.text(left+inner, plotHeight-12, "end", "minor", "minutes")
	return s.bytes()
}

func class(r result) string {
	if r.smart {
		return "smart"
	}
	return "plain"
}

func (p *panel) x(t time.Duration) float64 {
	return left + inner*float64(t)/float64(p.length)
}

// y is the height of v; on the logarithmic scale 0 is the ground, and 1 is just
// above it.
func (p *panel) y(v float64) float64 {
	part := v / p.most
	if p.log {
		part = math.Log10(1+v) / math.Log10(1+p.most)
	}
	return p.top + panelHigh*(1-min(part, 1))
}

// outages shades the times at which server s is down.
func (p *panel) outages(faults []fault, s int8) {
	from := time.Duration(-1)
	for _, f := range faults {
		switch {
		case f.server != s:
		case f.state == up && from >= 0:
			p.rect(p.x(from), p.top, p.x(f.at)-p.x(from), panelHigh, "down")
			from = -1
		case f.state != up && from < 0:
			from = f.at
		}
	}
	if from >= 0 {
		p.rect(p.x(from), p.top, p.x(p.length)-p.x(from), panelHigh, "down")
	}
}

// frame draws axes, their numbers and a name.
func (p *panel) frame(name string) {
	if p.log {
		for v := 1.0; v <= p.most; v *= 10 {
			p.level(v)
		}
	} else {
		for i := range 5 {
			p.level(p.most * float64(i) / 4)
		}
	}
	every := 5 * time.Minute
	if p.length > time.Hour {
		every = 10 * time.Minute
	}
	for t := time.Duration(0); t <= p.length; t += every {
		p.line(p.x(t), p.top+panelHigh, p.x(t), p.top+panelHigh+4, "frame")
		p.text(p.x(t), p.top+panelHigh+16, "middle", "minor", fmt.Sprint(int(t/time.Minute)))
	}
	p.line(left, p.top+panelHigh, left+inner, p.top+panelHigh, "frame")
	p.text(left, p.top-6, "start", "", name)
}

func (p *panel) level(v float64) {
	y := p.y(v)
	p.line(left, y, left+inner, y, "grid")
	p.text(left-6, y+4, "end", "minor", short(v))
}

// curve draws values that are every apart. Where a pixel holds several, it shows
// the highest.
func (p *panel) curve(values []uint32, every time.Duration, class string) {
	columns := min(inner, int(p.length/every))
	if columns == 0 {
		return
	}
	levels := make([]float64, columns)
	n := int(p.length / every)
	for c := range levels {
		var v uint32
		for i := c * n / columns; i < (c+1)*n/columns && i < len(values); i++ {
			v = max(v, values[i])
		}
		levels[c] = p.y(float64(v))
	}
	p.steps(left, inner/float64(columns), levels, class)
}

// short is a number on an axis.
func short(v float64) string {
	switch {
	case v >= 1_000_000:
		return num(v/1_000_000) + "M"
	case v >= 1000:
		return num(v/1000) + "k"
	}
	return num(v)
}

// thousands is n with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
