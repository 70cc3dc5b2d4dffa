package codec

import (
	"errors"
	"fmt"

	"phoned/hw"
)

// Controls is an ALSA mixer: audio/alsa has one.
type Controls interface {
	// Set gives a control its values: one for every channel, or a single one
	// for all channels. A switch is 0 or 1, a choice the number of its item.
	Set(name string, values ...int) error
}

// A Setting is one control of the mixer and its values.
type Setting struct {
	Control string
	Values  []int
}

// A Mixer says what a board's routes are in the kernel's mixer. Whether a change
// clicks is the kernel driver's affair and the board's: settings are made in
// their order, so silence first and sound last.
//
// A kernel driver keeps a copy of the chip's registers and writes only what
// changes. So a chip that was reset behind its back is not healed by settings
// made again, and none are: that is the driver's to do.
type Mixer struct {
	Start  []Setting    // once, before the first route
	Routes [3][]Setting // by hw.Route
	Mute   []Setting    // the mouth is silent
	Unmute []Setting
}

// Check finds settings that can't be.
func (m Mixer) Check() error {
	groups := map[string][]Setting{"start": m.Start, "mute": m.Mute, "unmute": m.Unmute}
	for _, r := range routes {
		groups["route "+r.String()] = m.Routes[r]
	}
	for _, group := range []string{"start", "route handset", "route speaker", "route headset", "mute", "unmute"} {
		for _, s := range groups[group] {
			switch {
			case s.Control == "":
				return fmt.Errorf("%s: a control has no name", group)
			case len(s.Values) == 0:
				return fmt.Errorf("%s: control %q has no value", group, s.Control)
			}
		}
	}
	if (len(m.Mute) == 0) != (len(m.Unmute) == 0) {
		return errors.New("mute and unmute: one is there without the other")
	}
	return nil
}

// OpenMixer starts to drive the kernel's mixer. An error is one of the board
// file. fault is as with OpenChip.
func OpenMixer(controls Controls, mixer Mixer, fault func(text string)) (*Codec, error) {
	if err := mixer.Check(); err != nil {
		return nil, fmt.Errorf("mixer: %w", err)
	}
	return open(&desk{controls, mixer}, fault), nil
}

// desk is a mixing desk: the mixer and what to do with it.
type desk struct {
	controls Controls
	mixer    Mixer
}

// begin makes the mouth silent until the route is there.
func (d *desk) begin(w wish) []act {
	acts := d.acts(d.mixer.Start)
	acts = append(acts, d.acts(d.mixer.Mute)...)
	return append(acts, d.to(w)...)
}

// change makes a muted mouth silent before the route moves.
func (d *desk) change(from, to wish) []act {
	if from.route != to.route {
		return append(d.acts(d.mixer.Mute), d.to(to)...)
	}
	return d.to(to)
}

func (d *desk) to(w wish) []act {
	acts := d.acts(d.mixer.Routes[min(w.route, hw.RouteHeadset)])
	if w.muted {
		return append(d.acts(d.mixer.Mute), acts...)
	}
	return append(acts, d.acts(d.mixer.Unmute)...)
}

func (d *desk) renew(wish) []act { return nil }

func (d *desk) end(wish) []act { return d.acts(d.mixer.Mute) }

func (d *desk) trouble(err error) string {
	return fmt.Sprintf("The sound mixer does not obey (%v).", err)
}

func (d *desk) forgotten() string { return "The sound mixer lost its settings; it gets them again." }

func (d *desk) acts(settings []Setting) []act {
	acts := make([]act, len(settings))
	for i, s := range settings {
		acts[i].do = func() error { return d.controls.Set(s.Control, s.Values...) }
	}
	return acts
}
