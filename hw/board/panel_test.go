package board

import (
	"reflect"
	"testing"
	"time"

	"phoned/hw"
	"phoned/hw/codec"
	"phoned/hw/gpio"
)

// Every value of a board file reaches the part that it is for.
func TestAFileReachesItsParts(t *testing.T) {
	c, err := Parse("mine.toml", []byte(`
chip = "gpiochip7"
[keypad]
rows = ["R0", "R1"]
columns = ["C0"]
keys = [["1"], ["none"]]
diodes = true
settle_us = 0
scan_ms = 7
debounce_ms = 8
long_ms = 900
repeat_after_ms = 600
repeat_every_ms = 70
stuck_ms = 9000
[hook]
line = "H"
active = "low"
pull = "none"
debounce_ms = 40
flash = "hold"
flash_min_ms = 90
flash_max_ms = 800
[headset]
line = "P"
active = "high"
[lamps]
mute = "L"
active = "low"
[codec]
kind = "wm8960"
bus = "1"
address = 0x1b
mclk_hz = 24000000
rate_hz = 16000
primary = true
mic_bias = true
handset = { mouth = "linput1", mouth_db = 1.5, boost_db = 13, ear = "headphone-left", ear_db = -3 }
speaker = { ear = "speaker" }
headset = { mouth = "rinput3" }
`))
	if err != nil {
		t.Fatal(err)
	}
	want := gpio.Config{
		Chip: "gpiochip7",
		Keypad: gpio.Keypad{
			Rows: []string{"R0", "R1"}, Columns: []string{"C0"}, Keys: [][]hw.Key{{hw.Key1}, {hw.NoKey}}, Diodes: true,
			Settle: -1, Scan: 7 * time.Millisecond, Debounce: 8 * time.Millisecond, Long: 900 * time.Millisecond,
			RepeatAfter: 600 * time.Millisecond, RepeatEvery: 70 * time.Millisecond, Stuck: 9 * time.Second,
		},
		Hook: gpio.Switch{
			Line: "H", ActiveLow: true, NoPull: true, Debounce: 40 * time.Millisecond,
			Flash: hw.KeyHold, FlashMin: 90 * time.Millisecond, FlashMax: 800 * time.Millisecond,
		},
		Headset: gpio.Switch{Line: "P", Debounce: 100 * time.Millisecond},
	}
	for l := range want.Lamps {
		want.Lamps[l].ActiveLow = true
	}
	want.Lamps[hw.LampMute].Line = "L"
	if got := c.panel(); !reflect.DeepEqual(got, want) {
		t.Errorf("the panel gets\n%+v, want\n%+v", got, want)
	}
	chip := codec.Chip{
		Address: 0x1b, MCLK: 24000000, Rate: 16000, Primary: true, MicBias: true,
		Routes: [3]codec.Path{
			{Mouth: codec.LeftIn1, MouthDB: 1.5, BoostDB: 13, Ear: codec.HeadphoneLeft, EarDB: -3},
			{Ear: codec.SpeakerBoth},
			{Mouth: codec.RightIn3},
		},
	}
	if got := c.Codec.chip(); !reflect.DeepEqual(got, chip) {
		t.Errorf("the codec gets\n%+v, want\n%+v", got, chip)
	}
	set := func(control string) []Setting { return []Setting{{Control: control, Values: []int{1, 2}}} }
	is := func(control string) []codec.Setting {
		return []codec.Setting{{Control: control, Values: []int{1, 2}}}
	}
	m := Codec{Mixer: Mixer{
		Start: set("a"), Handset: set("b"), Speaker: set("c"), Headset: set("d"), Mute: set("e"), Unmute: set("f"),
	}}
	mixer := codec.Mixer{Start: is("a"), Routes: [3][]codec.Setting{is("b"), is("c"), is("d")}, Mute: is("e"), Unmute: is("f")}
	if got := m.mixer(); !reflect.DeepEqual(got, mixer) {
		t.Errorf("the mixer gets\n%+v, want\n%+v", got, mixer)
	}
}
