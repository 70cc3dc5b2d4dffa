package phone

import (
	"slices"

	"phoned/hw"
)

// tell gives the actions that make the world what the phone is now: sound,
// route, lamps and display follow from the state alone, and only changes are
// told. The voice is cut before a tone starts.
func (p *Phone) tell() {
	first := !p.shown.begun
	p.shown.begun = true

	moved := first || p.ear.route() != p.shown.route
	if moved {
		p.shown.route = p.ear.route()
		p.do(Route{p.shown.route})
	}
	if v := p.volumes[p.routeVolume()]; moved || v != p.shown.volume {
		p.shown.volume = v
		p.do(Volume{Level: v})
	}
	if v := p.volumes[volumeRing]; first || v != p.shown.ringVolume {
		p.shown.ringVolume = v
		p.do(Volume{Ring: true, Level: v})
	}
	if first || p.mute != p.shown.mute {
		p.shown.mute = p.mute
		p.do(Mute{p.mute})
	}
	if v := p.talk(); first || v != p.shown.talk {
		p.shown.talk = v
		p.do(Talk{v})
	}
	if v := p.sound(); first || v != p.shown.sound {
		p.shown.sound = v
		p.do(Play{v})
	}
	lamps := p.lamps()
	for l, light := range lamps {
		if first || light != p.shown.lamps[l] {
			p.do(Lamp{hw.Lamp(l), light})
		}
	}
	p.shown.lamps = lamps
	if s := p.screen(); first || !sameScreen(s, p.shown.screen) {
		p.shown.screen = s
		p.do(Show{s})
	}
}

// routeVolume is the volume of the route, also while nothing is heard there.
func (p *Phone) routeVolume() int {
	if v := p.volumeOf(); v != volumeRing {
		return v
	}
	return volumeHandset
}

func sameScreen(a, b hw.Screen) bool {
	return a.Time == b.Time && a.Server == b.Server && a.Flags == b.Flags && a.Title == b.Title &&
		a.Big == b.Big && a.Soft == b.Soft && slices.Equal(a.Rows, b.Rows)
}

// lamps are what every lamp does now.
func (p *Phone) lamps() (l [hw.LampCount]hw.Light) {
	set := func(lamp hw.Lamp, light hw.Light) { l[lamp] = max(l[lamp], light) }
	for i := range p.lines {
		if l := &p.lines[i]; l.Enabled && l.Register && p.hopeless(l) != "" {
			set(hw.LampMessage, hw.Slow)
		}
	}
	if p.missed.count > 0 && l[hw.LampMessage] == hw.Off {
		set(hw.LampMessage, hw.On)
	}
	for _, c := range p.calls {
		light := hw.On
		switch {
		case c.state == CallIncoming && !c.answering:
			light = hw.Fast
			set(hw.LampMessage, hw.Fast)
		case c.state == CallHeld:
			light = hw.Slow
		}
		if c.line >= 1 && c.line <= 4 {
			set(hw.LampLine1+hw.Lamp(c.line-1), light)
		}
	}
	if d := p.dialLine(); p.dial != nil && p.ear != earClosed && d != nil && d.Number >= 1 && d.Number <= 4 {
		set(hw.LampLine1+hw.Lamp(d.Number-1), hw.On)
	}
	if p.ear == earSpeaker {
		set(hw.LampSpeaker, hw.On)
	}
	if p.ear == earHeadset {
		set(hw.LampHeadset, hw.On)
	}
	if p.mute {
		set(hw.LampMute, hw.On)
	}
	return l
}

// callState is what the phone as a whole is doing.
func (p *Phone) callState() CallState {
	if c := p.inEar(); c != nil {
		return c.state
	}
	if c := p.waiting(); c != nil {
		return c.state
	}
	if p.focus != nil {
		return p.focus.state
	}
	return CallIdle
}

// Snapshot is the phone as it is after the last Step.
func (p *Phone) Snapshot() Snapshot {
	s := Snapshot{
		Call:   p.callState(),
		Lines:  make([]LineSnapshot, 0, len(p.lines)),
		Calls:  make([]CallSnapshot, 0, len(p.calls)),
		Screen: Text(p.shown.screen),
		Lamps:  make(map[string]string, hw.LampCount),
		Sound:  soundNames[p.shown.sound],
		Mute:   p.mute,
		Volume: p.volumes[p.volumeOf()],
	}
	if p.ear != earClosed {
		s.Route = routeNames[p.ear.route()]
	}
	if l := p.defaultLine(); l != nil {
		s.Registered, s.Server = l.registered, l.address
	}
	for i := range p.lines {
		l := &p.lines[i]
		s.Lines = append(s.Lines, LineSnapshot{l.Number, l.registered, l.address})
	}
	add := func(c *call) {
		s.Calls = append(s.Calls, CallSnapshot{c.line, c.state, c.number, c.server})
	}
	if p.focus != nil {
		add(p.focus)
	}
	for _, c := range p.calls {
		if c != p.focus {
			add(c)
		}
	}
	for l, light := range p.shown.lamps {
		s.Lamps[hw.Lamp(l).String()] = light.String()
	}
	return s
}
