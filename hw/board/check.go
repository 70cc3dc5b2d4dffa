package board

import (
	"errors"
	"fmt"
	"strings"

	"phoned/hw"
)

// maxMatrix bounds rows and columns: a row's keys are the bits of one word, and
// no telephone has more.
const maxMatrix = 16

// check finds everything that is wrong with a board file, not only the first.
func (c Config) check() error {
	var f findings
	f.text("about", c.About)
	f.text("chip", c.Chip)
	c.Keypad.check(&f)
	c.Hook.check(&f, "hook")
	c.Headset.check(&f, "headset")
	if c.Headset.Flash != "" {
		f.add("headset.flash", "only the hook has one")
	}
	f.one("lamps.active", c.Lamps.Active, "high", "low")
	c.Display.check(&f)
	c.Codec.check(&f)
	c.Watchdog.check(&f)
	if strings.ContainsAny(c.Sound.Device, "\x00\n") {
		f.add("sound.device", "it is no name of a sound device")
	}
	c.checkLines(&f)
	return errors.Join(f...)
}

func (k Keypad) check(f *findings) {
	f.within("keypad.settle_us", k.SettleUS, 0, 1000)
	f.within("keypad.scan_ms", k.ScanMS, 1, 50)
	f.within("keypad.debounce_ms", k.DebounceMS, 1, 100)
	f.within("keypad.long_ms", k.LongMS, 300, 5000)
	f.within("keypad.repeat_after_ms", k.RepeatAfterMS, 200, 5000)
	f.within("keypad.repeat_every_ms", k.RepeatEveryMS, 20, 1000)
	f.within("keypad.stuck_ms", k.StuckMS, 5000, 600000)
	f.within("keypad.rows", len(k.Rows), 1, maxMatrix)
	f.within("keypad.columns", len(k.Columns), 1, maxMatrix)
	if len(k.Keys) != len(k.Rows) {
		f.add("keypad.keys", "it has %d rows of keys, keypad.rows has %d lines", len(k.Keys), len(k.Rows))
		return
	}
	seen := map[hw.Key]string{}
	for r, row := range k.Keys {
		if len(row) != len(k.Columns) {
			f.add("keypad.keys", "row %d has %d keys, keypad.columns has %d lines", r+1, len(row), len(k.Columns))
			continue
		}
		for col, name := range row {
			where := fmt.Sprintf("row %d, column %d", r+1, col+1)
			key, ok := parseKey(name)
			switch before, twice := seen[key]; {
			case !ok:
				f.add("keypad.keys", "%s: there is no key %.40q; there are: none %s", where, name, strings.Join(keyNames(), " "))
			case key == hw.NoKey:
			case twice:
				f.add("keypad.keys", "key %q stands at %s and at %s", name, before, where)
			default:
				seen[key] = where
			}
		}
	}
}

func (s Switch) check(f *findings, name string) {
	f.one(name+".active", s.Active, "high", "low")
	f.one(name+".pull", s.Pull, "up", "none")
	f.within(name+".debounce_ms", s.DebounceMS, 1, 500)
	if s.Flash == "" {
		return
	}
	if key, ok := parseKey(s.Flash); !ok || key == hw.NoKey {
		f.add(name+".flash", "there is no key %.40q", s.Flash)
	}
	f.within(name+".flash_min_ms", s.FlashMinMS, 20, 500)
	f.within(name+".flash_max_ms", s.FlashMaxMS, max(100, s.FlashMinMS+1), 2000)
}

func (d Display) check(f *findings) {
	f.one("display.kind", d.Kind, "none", "framebuffer", "st7567")
	if d.Kind != "none" && d.Device == "" {
		f.add("display.device", "a %s needs one", d.Kind)
	}
	f.text("display.device", d.Device)
	if d.Rotate%90 != 0 || d.Rotate < 0 || d.Rotate > 270 {
		f.add("display.rotate", "%d is not one of 0, 90, 180, 270", d.Rotate)
	}
	if d.Kind == "st7567" {
		if d.DataLine == "" {
			f.add("display.data_line", "an st7567 needs one")
		}
		f.within("display.speed_hz", d.SpeedHz, 100_000, 20_000_000)
		f.within("display.contrast", d.Contrast, 0, 63)
		f.within("display.ratio", d.Ratio, 0, 7)
		f.within("display.column", d.Column, 0, 4)
	}
	f.within("display.light_off_s", d.LightOffS, 0, 3600)
	if strings.Contains(d.Backlight, "/") || strings.HasPrefix(d.Backlight, ".") {
		f.add("display.backlight", "%.40q is neither the name of a folder below /sys/class/backlight nor line:NAME", d.Backlight)
	}
}

func (c Codec) check(f *findings) {
	f.one("codec.kind", c.Kind, "none", "wm8960", "mixer")
	paths := []struct {
		key  string
		path Path
	}{{"codec.handset", c.Handset}, {"codec.speaker", c.Speaker}, {"codec.headset", c.Headset}}
	switch c.Kind {
	case "wm8960":
		f.within("codec.address", c.Address, 0x08, 0x77)
		f.within("codec.mclk_hz", c.MCLKHz, 1_000_000, 50_000_000)
		if c.RateHz != 8000 && c.RateHz != 16000 && c.RateHz != 48000 {
			f.add("codec.rate_hz", "%d is not one of 8000, 16000, 48000", c.RateHz)
		}
		f.text("codec.bus", c.Bus)
		if c.Bus == "" {
			f.add("codec.bus", "a wm8960 needs one")
		}
		for _, p := range paths {
			p.path.check(f, p.key)
		}
		if err := c.chip().Check(); err != nil {
			f.add("codec", "%w", err)
		}
	case "mixer":
		f.text("codec.card", c.Card)
		if c.Card == "" {
			f.add("codec.card", "a mixer needs one")
		}
		c.Mixer.check(f)
		if err := c.mixer().Check(); err != nil {
			f.add("codec.mixer", "%w", err)
		}
	}
}

// check leaves to hw/codec what the chip can do.
func (p Path) check(f *findings, key string) {
	if p.Ear == "" && p.Mouth == "" {
		f.add(key, "it has neither mouth nor ear")
	}
	for _, gain := range []struct {
		key  string
		v    float64
		low  float64
		high float64
	}{{".mouth_db", p.MouthDB, -17.25, 30}, {".boost_db", p.BoostDB, 0, 29}, {".ear_db", p.EarDB, -73, 6}} {
		if !(gain.v >= gain.low && gain.v <= gain.high) { // also no NaN
			f.add(key+gain.key, "%v dB is not within %v and %v", gain.v, gain.low, gain.high)
		}
	}
}

// maxSettings bounds each list of a mixer, maxChannels the values of a setting.
const (
	maxSettings = 64
	maxChannels = 8
)

func (m Mixer) check(f *findings) {
	for _, list := range []struct {
		key      string
		settings []Setting
	}{
		{"start", m.Start},
		{"handset", m.Handset},
		{"speaker", m.Speaker},
		{"headset", m.Headset},
		{"mute", m.Mute},
		{"unmute", m.Unmute},
	} {
		key := "codec.mixer." + list.key
		if len(list.settings) > maxSettings {
			f.add(key, "it has more than %d settings", maxSettings)
			continue
		}
		for i, s := range list.settings {
			key := fmt.Sprintf("%s[%d]", key, i)
			f.text(key+".control", s.Control)
			if s.Control == "" {
				f.add(key+".control", "a control needs a name")
			}
			f.within(key+".values", len(s.Values), 1, maxChannels)
		}
	}
}

func (w Watchdog) check(f *findings) {
	f.text("watchdog.device", w.Device)
	f.within("watchdog.timeout_ms", w.TimeoutMS, 5000, 120_000)
}

// checkLines finds lines that do two things.
func (c Config) checkLines(f *findings) {
	seen := map[string]string{}
	for _, use := range c.lines() {
		f.text(use.key, use.line)
		switch before, twice := seen[use.line]; {
		case use.line == "":
			f.add(use.key, "a line needs a name")
		case twice:
			f.add(use.key, "line %.40q is that of %s already", use.line, before)
		default:
			seen[use.line] = use.key
		}
	}
}

// A lineUse is a line and the key of the file that names it.
type lineUse struct{ key, line string }

// lines are all that the file names.
func (c Config) lines() (all []lineUse) {
	add := func(key, line string) {
		if line != "" {
			all = append(all, lineUse{key, line})
		}
	}
	for _, list := range []struct {
		key   string
		lines []string
	}{{"keypad.rows", c.Keypad.Rows}, {"keypad.columns", c.Keypad.Columns}} {
		for i, line := range list.lines {
			// An empty one stands for no line at all: a row that can not be driven.
			all = append(all, lineUse{fmt.Sprintf("%s[%d]", list.key, i), line})
		}
	}
	add("hook.line", c.Hook.Line)
	add("headset.line", c.Headset.Line)
	for l, line := range c.Lamps.lines() {
		add("lamps."+hw.Lamp(l).String(), line)
	}
	if c.Display.Kind == "st7567" {
		add("display.data_line", c.Display.DataLine)
		add("display.reset_line", c.Display.ResetLine)
	}
	if line, ok := strings.CutPrefix(c.Display.Backlight, "line:"); ok {
		all = append(all, lineUse{"display.backlight", line})
	}
	return all
}

func (l Lamps) lines() [hw.LampCount]string {
	return [hw.LampCount]string{
		hw.LampMessage: l.Message,
		hw.LampLine1:   l.Line1, hw.LampLine2: l.Line2, hw.LampLine3: l.Line3, hw.LampLine4: l.Line4,
		hw.LampSpeaker: l.Speaker, hw.LampMute: l.Mute, hw.LampHeadset: l.Headset,
	}
}

func parseKey(name string) (hw.Key, bool) {
	if name == hw.NoKey.String() {
		return hw.NoKey, true
	}
	return hw.ParseKey(name)
}

func keyNames() (names []string) {
	for k := hw.NoKey + 1; k.String() != hw.NoKey.String(); k++ {
		names = append(names, k.String())
	}
	return names
}

// findings are what is wrong.
type findings []error

func (f *findings) add(key, format string, args ...any) {
	*f = append(*f, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
}

func (f *findings) within(key string, v, low, high int) {
	if v < low || v > high {
		f.add(key, "%d is not within %d and %d", v, low, high)
	}
}

func (f *findings) one(key, v string, of ...string) {
	for _, o := range of {
		if v == o {
			return
		}
	}
	f.add(key, "%.40q is not one of %s", v, strings.Join(of, ", "))
}

// text refuses what no name in the kernel has.
func (f *findings) text(key, v string) {
	if strings.ContainsAny(v, "\x00\n\r") || len(v) > 200 {
		f.add(key, "it is no name")
	}
}
