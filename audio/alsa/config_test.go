package alsa

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	zero, one := PCM{Card: "0"}, PCM{Card: "1", Device: 2}
	for text, want := range map[string]Config{
		"":                                    {Play: zero, Capture: zero},
		"rate=48000,channels=2":               {Play: zero, Capture: zero, Rate: 48000, Channels: 2},
		"card=1":                              {Play: PCM{Card: "1"}, Capture: PCM{Card: "1"}},
		"card=wm8960audio,voice=8000":         {Play: PCM{Card: "wm8960audio"}, Capture: PCM{Card: "wm8960audio"}, Voice: 8000},
		"play=hw:0,0,capture=hw:1,2":          {Play: zero, Capture: one},
		"capture=hw:1,2":                      {Play: one, Capture: one},
		"play=hw:1,2,periods=4":               {Play: one, Capture: one, Periods: 4},
		"periods=16,play=hw:0,capture=hw:1,2": {Play: zero, Capture: one, Periods: 16},
		"play=hw:my-card_1,3":                 {Play: PCM{"my-card_1", 3}, Capture: PCM{"my-card_1", 3}},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"hw:0,0":                `"hw:0" is not understood`,
		"rate=44100":            `rate is 8000, 16000 or 48000, not "44100"`,
		"rate=":                 `rate is 8000, 16000 or 48000, not ""`,
		"voice=48000":           `voice is 8000 or 16000, not "48000"`,
		"voice=16000,rate=8000": `voice=16000 is more than rate=8000`,
		"channels=0":            `channels is 1 or 2, not "0"`,
		"periods=1":             `periods is 2 to 16, not "1"`,
		"periods=+3":            `periods is 2 to 16, not "+3"`,
		"periods=17":            `periods is 2 to 16, not "17"`,
		"rate=8000,rate=8000":   `"rate" is given twice`,
		"card=0,play=hw:1":      `it does not go with "play"`,
		"card=32":               `the number of a sound card is 0 to 31, not "32"`,
		"card=":                 `"" is no name of a sound card`,
		"card=../x":             `"../x" is no name of a sound card`,
		"card=abcdefghijklmnop": `is no name of a sound card`,
		"play=0,0":              `a stream is hw:CARD or hw:CARD,DEVICE, not "0,0"`,
		"play=plughw:0,0":       `a stream is hw:CARD`,
		"play=hw:0,999":         `"999" is no number of a device`,
		"play=hw:0,0,0":         `"0" is not understood`,
		"play=hw:0,x":           `"x" is not understood`,
		"play=hw:0,":            `"" is not understood`,
		"rate=8000,":            `"" is not understood`,
		"capture=hw:,1":         `"" is no name of a sound card`,
	} {
		if c, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %+v, %v, want %s", text, c, err, want)
		}
	}
	for text, want := range map[string]int{"": 0, "rate=8000": 8000, "rate=16000": 16000, "rate=48000": 16000, "voice=8000,rate=48000": 8000} {
		if c, _ := Parse(text); c.VoiceRate() != want {
			t.Errorf("%q: %d samples a second towards the phone, want %d", text, c.VoiceRate(), want)
		}
	}
}

// What is taken stays what it is, and names only devices that can be.
func FuzzParse(f *testing.F) {
	f.Add("play=hw:0,0,capture=hw:x,1,rate=48000")
	f.Add("card=a,periods=3")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse("play=" + c.Play.String() + ",capture=" + c.Capture.String())
		if err != nil || again.Play.String() != c.Play.String() || again.Capture.String() != c.Capture.String() {
			t.Errorf("%q: %+v, then %+v, %v", text, c, again, err)
		}
	})
}
