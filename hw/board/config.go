package board

// A Config is a board file: what a handset is made of and how it is wired. The
// names in quotes are those of the file. Times are whole milliseconds or
// microseconds, as their names say; a key that is left out has the value that
// defaults gives it.
type Config struct {
	About    string   `toml:"about"` // one line for people: which board, which display
	Chip     string   `toml:"chip"`  // GPIO chip on which line names are looked for: label, name or path; "" = every chip
	Keypad   Keypad   `toml:"keypad"`
	Hook     Switch   `toml:"hook"`    // active = the handset is lifted
	Headset  Switch   `toml:"headset"` // active = a plug is in
	Lamps    Lamps    `toml:"lamps"`
	Display  Display  `toml:"display"`
	Codec    Codec    `toml:"codec"`
	Sound    Sound    `toml:"sound"`
	Watchdog Watchdog `toml:"watchdog"`

	// Name is the board's name or the path of its file; it is not in the file.
	Name string `toml:"-"`
}

// A Keypad is a matrix of keys.
type Keypad struct {
	Rows    []string   `toml:"rows"`    // lines that are driven, from the top
	Columns []string   `toml:"columns"` // lines that are read, from the left
	Keys    [][]string `toml:"keys"`    // names of keys (docs/KEYS.md), row by row; "none" where there is none
	Diodes  bool       `toml:"diodes"`  // every key has a diode: any number may be down at once

	SettleUS      int `toml:"settle_us"`       // from driving a row to reading the columns, 0 to 1000
	ScanMS        int `toml:"scan_ms"`         // between two scans while a key is down, 1 to 50
	DebounceMS    int `toml:"debounce_ms"`     // how long a key must be steady, 1 to 100
	LongMS        int `toml:"long_ms"`         // until a key counts as held, 300 to 5000
	RepeatAfterMS int `toml:"repeat_after_ms"` // until a key that is down repeats, 200 to 5000
	RepeatEveryMS int `toml:"repeat_every_ms"` // and then each time, 20 to 1000
	StuckMS       int `toml:"stuck_ms"`        // until a key that is down must be stuck, 5000 to 600000
}

// A Switch is the hook switch or the contact in the headset's jack.
type Switch struct {
	Line       string `toml:"line"`        // "" = the board has none
	Active     string `toml:"active"`      // level when lifted or plugged: "high" or "low"
	Pull       string `toml:"pull"`        // "up" = the chip's own pull-up, "none" = the board has one
	DebounceMS int    `toml:"debounce_ms"` // 1 to 500

	// Only of the hook: the key that a short tap on it stands for. Without one,
	// hanging up is told at once.
	Flash      string `toml:"flash"`
	FlashMinMS int    `toml:"flash_min_ms"` // 20 to 500
	FlashMaxMS int    `toml:"flash_max_ms"` // 100 to 2000
}

// Lamps are the lines of the lamps; "" = the board has not got it.
type Lamps struct {
	Message string `toml:"message"` // the big one: ringing, messages, no registration
	Line1   string `toml:"line1"`
	Line2   string `toml:"line2"`
	Line3   string `toml:"line3"`
	Line4   string `toml:"line4"`
	Speaker string `toml:"speaker"`
	Mute    string `toml:"mute"`
	Headset string `toml:"headset"`
	Active  string `toml:"active"` // level at which they shine: "high" or "low"
}

// A Display is what hw.Screen is drawn on.
type Display struct {
	Kind   string `toml:"kind"`   // "none", "framebuffer" or "st7567"
	Device string `toml:"device"` // /dev/fb0; or the SPI port, "/dev/spidev0.0" or "SPI0.0"

	// Only of a framebuffer.
	Rotate int  `toml:"rotate"` // degrees clockwise that the picture is turned: 0, 90, 180, 270
	Night  bool `toml:"night"`  // light on dark

	// Only of an ST7567 (128x64 pixels, black on light).
	DataLine  string `toml:"data_line"`  // the line A0 or D/C: high = data
	ResetLine string `toml:"reset_line"` // "" = tied to the board's reset
	SpeedHz   int    `toml:"speed_hz"`   // of SPI, 100000 to 20000000
	Contrast  int    `toml:"contrast"`   // 0 to 63
	Ratio     int    `toml:"ratio"`      // coarse contrast, 0 to 7
	Column    int    `toml:"column"`     // the chip's first column that the glass has, 0 to 4
	Flip      bool   `toml:"flip"`       // mounted upside down

	// Backlight is a folder below /sys/class/backlight or a GPIO line
	// ("line:NAME"); "" = it is always on, or off.
	Backlight string `toml:"backlight"`
	LightOffS int    `toml:"light_off_s"` // after the last use, seconds, 0 to 3600; 0 = never
}

// A Codec is the chip between the voice and mouth and ear. Its routes are set by
// one owner: this program over I2C, or the kernel through the controls of its
// sound card; never both.
type Codec struct {
	Kind string `toml:"kind"` // "none", "wm8960" or "mixer"

	// Of a wm8960, which no kernel driver may claim.
	Bus     string `toml:"bus"`      // I2C bus: name of its adapter, "i2c-1", or number
	Address int    `toml:"address"`  // 0x08 to 0x77; 0x1a
	MCLKHz  int    `toml:"mclk_hz"`  // clock at the chip's pin MCLK, 1000000 to 50000000
	RateHz  int    `toml:"rate_hz"`  // samples a second between chip and processor: 8000, 16000 or 48000
	Primary bool   `toml:"primary"`  // the chip makes BCLK and LRCLK; else the processor does
	MicBias bool   `toml:"mic_bias"` // pin MICBIAS feeds a microphone
	Handset Path   `toml:"handset"`
	Speaker Path   `toml:"speaker"`
	Headset Path   `toml:"headset"`

	// Of a mixer: the sound card, by number or id, and what to set.
	Card  string `toml:"card"`
	Mixer Mixer  `toml:"mixer"`
}

// A Path is one route through a wm8960.
type Path struct {
	Mouth   string  `toml:"mouth"`    // input of the chip; "" = none
	Ear     string  `toml:"ear"`      // output of the chip; "" = none
	MouthDB float64 `toml:"mouth_db"` // -17.25 to 30 dB
	BoostDB float64 `toml:"boost_db"` // 0, 13, 20 or 29 dB
	EarDB   float64 `toml:"ear_db"`   // -73 to 6 dB
}

// A Mixer is what to set in the kernel's mixer, in this order.
type Mixer struct {
	Start   []Setting `toml:"start"` // once, before the first route
	Handset []Setting `toml:"handset"`
	Speaker []Setting `toml:"speaker"`
	Headset []Setting `toml:"headset"`
	Mute    []Setting `toml:"mute"` // the mouth is silent
	Unmute  []Setting `toml:"unmute"`
}

// A Setting is one control of a mixer.
type Setting struct {
	Control string `toml:"control"` // its whole name: "Headphone Playback Volume"
	Values  []int  `toml:"values"`  // one for all channels, or one for each
}

// Sound is the sound device of the voice.
type Sound struct {
	Device string `toml:"device"` // as -audio takes it; "" = null
}

// A Watchdog resets the board when the phone hangs.
type Watchdog struct {
	Device    string `toml:"device"`     // /dev/watchdog; "" = none
	TimeoutMS int    `toml:"timeout_ms"` // 5000 to 120000
}
