package board

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"phoned/hw"
)

// Every board that is part of the program has all that a phone needs.
func TestTheOwnBoardsAreComplete(t *testing.T) {
	names := Names()
	if strings.Join(names, " ") != "emulated h3-maker imx6ull-evk" {
		t.Fatalf("boards %v", names)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			c, err := Load(name)
			if err != nil {
				t.Fatal(err)
			}
			has := map[string]bool{}
			for _, row := range c.Keypad.Keys {
				for _, key := range row {
					has[key] = true
				}
			}
			for _, key := range keyNames() {
				if !has[key] {
					t.Errorf("there is no key %q", key)
				}
			}
			for l, line := range c.Lamps.lines() {
				if line == "" {
					t.Errorf("there is no lamp %s", hw.Lamp(l))
				}
			}
			for route, path := range map[string]Path{"handset": c.Codec.Handset, "speaker": c.Codec.Speaker, "headset": c.Codec.Headset} {
				if c.Codec.Kind == "wm8960" && (path.Mouth == "" || path.Ear == "") {
					t.Errorf("route %s: %+v", route, path)
				}
			}
			m := c.Codec.Mixer
			for list, settings := range map[string][]Setting{
				"handset": m.Handset, "speaker": m.Speaker, "headset": m.Headset, "mute": m.Mute, "unmute": m.Unmute,
			} {
				if c.Codec.Kind == "mixer" && len(settings) == 0 {
					t.Errorf("the mixer has nothing for %s", list)
				}
			}
			switch {
			case c.About == "", c.Name != name:
				t.Errorf("it is called %q, %q", c.Name, c.About)
			case c.Hook.Line == "", c.Headset.Line == "":
				t.Error("hook or headset is missing")
			case c.Display.Kind == "none", c.Codec.Kind == "none", c.Sound.Device == "", c.Watchdog.Device == "":
				t.Errorf("display %q, codec %q, sound %q, watchdog %q", c.Display.Kind, c.Codec.Kind, c.Sound.Device, c.Watchdog.Device)
			}
		})
	}
}

// own is the smallest board file: what a board can not do without.
const own = `
[keypad]
rows = ["R0"]
columns = ["C0", "C1"]
keys = [["1", "none"]]
`

func TestAFileOfOnesOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(path, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Keypad.DebounceMS != 15 || c.Hook.DebounceMS != 30 || c.Codec.Kind != "none" || c.Display.Kind != "none" {
		t.Errorf("defaults: %+v", c)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml")); err == nil || !strings.Contains(err.Error(), "none.toml") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Load("nokia"); err == nil || !strings.Contains(err.Error(), `there is no board "nokia"; there are: emulated, h3-maker, imx6ull-evk`) {
		t.Errorf("a board that is not there: %v", err)
	}
}

// wm is the beginning of a codec.
const wm = "[codec]\nkind = \"wm8960\"\nbus = \"1\"\nmclk_hz = 12288000\n"

// What is wrong is told with the key of the file, all of it at once.
func TestWhatIsWrongIsTold(t *testing.T) {
	for text, want := range map[string][]string{
		"about = 7":              {"board file mine.toml", "about"},
		"about = \"x\"\nabout =": {"line 2"},
		own + "colour = 1":       {"unknown key keypad.colour"},
		own + "[lamp]\nx = 1":    {"unknown key lamp"},
		own + "debounce_ms = 0\nlong_ms = 99999": {
			"keypad.debounce_ms: 0 is not within 1 and 100", "keypad.long_ms: 99999 is not within 300 and 5000",
		},
		"": {"keypad.rows: 0 is not within 1 and 16"},
		strings.Replace(own, `["R0"]`, `["R0", "R1"]`, 1): {"it has 1 rows of keys, keypad.rows has 2 lines"},
		strings.Replace(own, `, "none"`, ``, 1):           {"row 1 has 1 keys, keypad.columns has 2 lines"},
		strings.Replace(own, `"none"`, `"55"`, 1):         {`row 1, column 2: there is no key "55"; there are: none 0 1 2`},
		strings.Replace(own, `"none"`, `"1"`, 1):          {`key "1" stands at row 1, column 1 and at row 1, column 2`},
		strings.Replace(own, `"C1"`, `"R0"`, 1):           {`keypad.columns[1]: line "R0" is that of keypad.rows[0] already`},
		strings.Replace(own, `"C1"`, `""`, 1):             {"keypad.columns[1]: a line needs a name"},
		own + "[hook]\nline = \"C0\"":                     {`hook.line: line "C0" is that of keypad.columns[0] already`},
		own + "[hook]\nactive = \"up\"":                   {`hook.active: "up" is not one of high, low`},
		own + "[hook]\nflash = \"wave\"":                  {`hook.flash: there is no key "wave"`},
		own + "[hook]\nflash = \"hold\"\nflash_min_ms = 300\nflash_max_ms = 200": {
			"hook.flash_max_ms: 200 is not within 301 and 2000",
		},
		own + "[headset]\nflash = \"hold\"":                            {"headset.flash: only the hook has one"},
		own + "[lamps]\nmute = \"C0\"":                                 {`lamps.mute: line "C0"`},
		own + "[display]\nkind = \"oled\"":                             {`display.kind: "oled" is not one of`},
		own + "[display]\nkind = \"st7567\"":                           {"display.device", "display.data_line"},
		own + "[display]\nbacklight = \"../../dev\"":                   {"display.backlight"},
		own + "[display]\nbacklight = \"line:R0\"":                     {`display.backlight: line "R0"`},
		own + "[codec]\nkind = \"wm8960\"\naddress = 3":                {"codec.address: 3 is not", "codec.bus: a wm8960 needs one"},
		own + wm + "handset = { mouth = \"linput1\", ear = \"toe\" }":  {`codec: route handset: ear "toe"`},
		own + wm + "handset = {}":                                      {"codec.handset: it has neither mouth nor ear"},
		own + wm + "rate_hz = 44100":                                   {"codec.rate_hz: 44100 is not one of"},
		own + strings.Replace(wm, "12288000", "45000000", 1):           {"codec: ", "45000000"},
		own + wm + "headset = { mouth = \"linput1\", mouth_db = nan }": {"codec.headset.mouth_db: NaN dB"},
		own + "[codec]\nkind = \"mixer\"\ncard = \"0\"\n[codec.mixer]\nmute = [{ control = \"\" }]": {
			"codec.mixer.mute[0].control: a control needs a name", "codec.mixer.mute[0].values: 0 is not",
		},
		own + "[codec]\nkind = \"mixer\"\ncard = \"0\"\n[codec.mixer]\nmute = [{ control = \"x\", values = [0] }]": {
			"codec.mixer: mute and unmute",
		},
		own + "[codec]\nkind = \"mixer\"":                                                 {"codec.card: a mixer needs one"},
		own + "[watchdog]\ntimeout_ms = 1":                                                {"watchdog.timeout_ms"},
		"about = \"\xff\"":                                                                {"UTF-8"},
		"#" + strings.Repeat("x", maxBytes):                                               {"longer than 65536 bytes"},
		strings.Replace(own, `["R0"]`, `[`+strings.Repeat(`"R0",`, 17)+`]`, 1):            {"17 is not within 1 and 16"},
		"[keypad]\nrows = [\"a\"]\ncolumns = [\"b\"]\nkeys = [[\"1\"]]\nrows = [\"c\"]\n": {"line 5"},
	} {
		_, err := Parse("mine.toml", []byte(text))
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%.200s\ngot  %v\nwant %s", text, err, w)
			}
		}
	}
}

// No file makes the parser fall over, and one it takes can be opened.
func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, err := read(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(own))
	f.Add([]byte("[keypad]\nkeys = [[[]]]"))
	f.Add([]byte("keypad = []\n[keypad]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("fuzz.toml", text)
		if err != nil {
			return
		}
		p := c.panel()
		if len(p.Keypad.Rows) == 0 || len(p.Keypad.Keys) != len(p.Keypad.Rows) {
			t.Errorf("%+v", p.Keypad)
		}
		for _, row := range p.Keypad.Keys {
			if len(row) != len(p.Keypad.Columns) {
				t.Errorf("%+v", p.Keypad)
			}
		}
	})
}
