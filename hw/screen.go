package hw

// A Screen is the content of the display, independent of its size: the board
// lays it out as 320x240 pixels, 128x64 pixels or text. All text is UTF-8 and
// shown as it is, without markup.
type Screen struct {
	Time   string // clock, "14:02"
	Server int    // which server serves the line shown: 1, 2, ...; 0 = none
	Flags  Flags
	Title  string    // one line: the state in words, "Calling", "Menu"
	Big    string    // what must be read at once: digits, name, number; may be empty
	Rows   []Row     // lines and their states, a sentence, menu entries
	Soft   [4]string // what the keys below the display do; may be empty
}

// A Row is one line of text below the big area.
type Row struct {
	Text     string
	Selected bool // the menu's cursor
	Alert    bool // a trouble
}

// Flags are the small signs of the status bar.
type Flags struct {
	Offline  bool // no network
	DND      bool
	Mute     bool
	Speaker  bool
	Messages bool
}
