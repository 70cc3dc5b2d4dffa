package st7567

import (
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/conn/v3/spi/spitest"

	"phoned/hw"
	"phoned/hw/lcd"
	"phoned/hw/lcd/lcdtest"
)

// controller is an ST7567 by its data sheet: what it is sent sets its registers
// and its memory, from which the glass can be seen. It is both lines and bus.
type controller struct {
	t      *testing.T
	data   bool // the line A0
	reset  bool
	second byte // the command whose second byte is awaited
	bytes  int  // received
	drawn  int  // of them data
	broken error

	on, segmentsTurned, commonsTurned, inverse, allOn, seventh bool
	line, page, column, ratio, contrast, boost                 int
	power                                                      byte
	memory                                                     [9][132]byte
}

// a0 and rstb are the lines.
type a0 struct{ *controller }

func (a a0) SetValue(level int) error {
	a.data = level == 1
	return nil
}

type rstb struct{ *controller }

func (r rstb) SetValue(level int) error {
	if level == 0 {
		r.init()
		r.on, r.power = false, 0
	}
	r.reset = level == 0
	return nil
}

// init is what the command Reset sets; the memory keeps what it holds.
func (c *controller) init() {
	c.line, c.page, c.column, c.ratio, c.contrast = 0, 0, 0, 4, 32
	c.segmentsTurned, c.commonsTurned, c.inverse, c.allOn, c.seventh, c.second = false, false, false, false, false, 0
}

func (c *controller) Tx(w, r []byte) error {
	if c.broken != nil {
		return c.broken
	}
	if len(r) != 0 || c.reset {
		c.t.Errorf("read %d bytes; reset %v", len(r), c.reset)
	}
	for _, b := range w {
		c.bytes++
		if c.data {
			c.drawn++
			if c.column > 131 {
				c.t.Fatalf("column %d of page %d was written", c.column, c.page)
			}
			c.memory[c.page][c.column] = b
			c.column++
			continue
		}
		c.command(b)
	}
	return nil
}

func (c *controller) command(b byte) {
	switch second := c.second; second {
	case 0x81:
		c.contrast, c.second = int(b&63), 0
		return
	case 0xf8:
		c.boost, c.second = int(b&1), 0
		return
	}
	switch {
	case b == 0xae || b == 0xaf:
		c.on = b&1 == 1
	case b>>6 == 1:
		c.line = int(b & 63)
	case b>>4 == 0xb && b&15 <= 8:
		c.page = int(b & 15)
	case b>>4 == 1:
		c.column = c.column&15 | int(b&15)<<4
	case b>>4 == 0:
		c.column = c.column&^15 | int(b&15)
	case b == 0xa0 || b == 0xa1:
		c.segmentsTurned = b&1 == 1
	case b == 0xa6 || b == 0xa7:
		c.inverse = b&1 == 1
	case b == 0xa4 || b == 0xa5:
		c.allOn = b&1 == 1
	case b == 0xa2 || b == 0xa3:
		c.seventh = b&1 == 1
	case b == 0xe2:
		c.init()
	case b&0xf7 == 0xc0:
		c.commonsTurned = b&8 != 0
	case b>>3 == 5:
		c.power = b & 7
	case b>>3 == 4:
		c.ratio = int(b & 7)
	case b == 0x81 || b == 0xf8:
		c.second = b
	case b == 0xe3:
	default:
		c.t.Errorf("command %#x is not in the data sheet", b)
	}
}

// seen is the glass: its left column is segment 0, its lowest line common 0, as
// the usual modules are wired.
func (c *controller) seen() image.Image {
	picture := image.NewPaletted(image.Rect(0, 0, 128, 64), lcd.Glass)
	if !c.on || c.power != 7 || c.allOn || c.inverse || c.seventh {
		c.t.Fatalf("the glass shows nothing: on %v, power %b, all %v, inverse %v, 1/7 bias %v", c.on, c.power, c.allOn, c.inverse, c.seventh)
	}
	for y := range 64 {
		for x := range 128 {
			segment, line := x, y
			if !c.commonsTurned {
				line = 63 - y
			}
			if c.segmentsTurned {
				segment = 131 - x
			}
			line = (line + c.line) % 64
			picture.Pix[y*picture.Stride+x] = c.memory[line/8][segment] >> (line % 8) & 1
		}
	}
	return picture
}

// upsideDown is what someone sees who stands on the head.
func upsideDown(p image.Image) image.Image {
	out := image.NewPaletted(p.Bounds(), lcd.Glass)
	for y := range 64 {
		for x := range 128 {
			out.Set(127-x, 63-y, p.At(x, y))
		}
	}
	return out
}

func newChip(t *testing.T, cfg Config) (*chip, *controller) {
	c := &controller{t: t}
	for page := range c.memory {
		for x := range c.memory[page] {
			c.memory[page][x] = 0xa5 // what it holds at power-on
		}
	}
	return &chip{Config: cfg, bus: c, data: a0{c}, reset: rstb{c}, settle: func(time.Duration) {}, close: func() error { return nil }}, c
}

var screen = hw.Screen{
	Time: "14:02", Server: 2, Title: "通话中", Big: "王小明", Soft: [4]string{"Hold", "", "", "Hang up"}, Rows: []hw.Row{{Text: "0:34"}},
}

// The glass shows the picture, upright and upside down.
func TestDraw(t *testing.T) {
	want := lcd.Render(screen, lcd.Mono128x64)
	for _, flip := range []bool{false, true} {
		chip, c := newChip(t, Config{Contrast: 40, Ratio: 5, Flip: flip})
		if err := chip.Draw(want); err != nil {
			t.Fatal(err)
		}
		got := c.seen()
		if flip {
			got = upsideDown(got)
		}
		if !lcdtest.Same(got, want) {
			t.Errorf("flip %v: another picture is seen", flip)
		}
		if c.contrast != 40 || c.ratio != 5 {
			t.Errorf("contrast %d, ratio %d", c.contrast, c.ratio)
		}
		if err := chip.Close(); err != nil || c.on {
			t.Errorf("closed: %v, on %v", err, c.on)
		}
	}
}

// Of a new second only its digit is sent; the settings come again each time.
func TestDrawOnlyChanges(t *testing.T) {
	chip, c := newChip(t, Config{Contrast: 32, Ratio: 5})
	painter := lcd.NewPainter(lcd.Mono128x64)
	if err := chip.Draw(painter.Paint(screen, 0)); err != nil {
		t.Fatal(err)
	}
	next := screen
	next.Rows = []hw.Row{{Text: "0:35"}}
	c.drawn, c.contrast, c.commonsTurned, c.power, c.on, c.line = 0, 3, false, 0, false, 9 // a spark
	want := painter.Paint(next, 0)
	if err := chip.Draw(want); err != nil {
		t.Fatal(err)
	}
	if !lcdtest.Same(c.seen(), want) || c.contrast != 32 {
		t.Error("the glass does not show the new second, with the old settings")
	}
	if c.drawn == 0 || c.drawn > 2*6 {
		t.Errorf("%d bytes were sent for a digit of 6 columns on two pages", c.drawn)
	}
	c.drawn = 0
	if err := chip.Draw(want); err != nil || c.drawn != 0 {
		t.Errorf("the same picture: %d bytes, %v", c.drawn, err)
	}
}

// After an error the chip is reset and gets everything.
func TestError(t *testing.T) {
	chip, c := newChip(t, Config{Ratio: 5})
	want := lcd.Render(screen, lcd.Mono128x64)
	if err := chip.Draw(want); err != nil {
		t.Fatal(err)
	}
	c.broken = errors.New("input/output error")
	if err := chip.Draw(want); !errors.Is(err, c.broken) || !strings.Contains(err.Error(), "send to the display") {
		t.Errorf("broken: %v", err)
	}
	c.broken, c.memory, c.on = nil, [9][132]byte{}, false // its power was gone
	if err := chip.Draw(want); err != nil {
		t.Fatal(err)
	}
	if !lcdtest.Same(c.seen(), want) {
		t.Error("another picture is seen after the error")
	}
}

// The bytes after power-on, in the data sheet's words.
func TestStart(t *testing.T) {
	record := &spitest.Record{}
	conn, err := record.Connect(4*physic.MegaHertz, spi.Mode0, 8)
	if err != nil {
		t.Fatal(err)
	}
	c := &controller{t: t}
	chip := &chip{Config: Config{Contrast: 0x20, Ratio: 5, Column: 1}, bus: conn, data: a0{c}, settle: func(time.Duration) {}}
	if err := chip.start(); err != nil {
		t.Fatal(err)
	}
	var got [][]byte
	for _, op := range record.Ops {
		if len(op.W) < 100 {
			got = append(got, op.W)
		}
	}
	want := [][]byte{
		{0xe2}, // reset
		// 1/9 bias, segments normal, commons turned, line 0, not inverse, show the memory, booster 4x, ratio 5, EV 32
		{0xa2, 0xa0, 0xc8, 0x40, 0xa6, 0xa4, 0xf8, 0x00, 0x25, 0x81, 0x20},
		{0x2c},
		{0x2e},
		{0x2f}, // booster, regulator, follower
		{0xb0, 0x10, 0x01},
		{0xb1, 0x10, 0x01},
		{0xb2, 0x10, 0x01},
		{0xb3, 0x10, 0x01}, // pages from column 1
		{0xb4, 0x10, 0x01},
		{0xb5, 0x10, 0x01},
		{0xb6, 0x10, 0x01},
		{0xb7, 0x10, 0x01},
		{0xaf}, // on
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("sent\n% x\nwant\n% x", got, want)
	}
}

func TestPortNumbers(t *testing.T) {
	for name, want := range map[string][2]int{"/dev/spidev0.0": {0, 0}, "SPI1.2": {1, 2}, "/dev/spidev10.1": {10, 1}} {
		if bus, chipSelect, err := portNumbers(name); err != nil || [2]int{bus, chipSelect} != want {
			t.Errorf("%s: %d, %d, %v", name, bus, chipSelect, err)
		}
	}
	for _, name := range []string{"", "spidev", "/dev/spidev", "/dev/spidev0", "SPI0.0x", "SPI-1.0", "0.0"} {
		if _, _, err := portNumbers(name); err == nil {
			t.Errorf("%q is taken for a port", name)
		}
	}
}

// What can not be is said before anything is opened.
func TestOpenRefuses(t *testing.T) {
	for want, cfg := range map[string]Config{
		"contrast is 64":              {Device: "/dev/spidev0.0", Contrast: 64},
		"ratio is -1":                 {Device: "/dev/spidev0.0", Ratio: -1},
		"first column is 5":           {Device: "/dev/spidev0.0", Column: 5},
		`"spi" is no SPI port`:        {Device: "spi"},
		"SPI port /dev/spidev240.240": {Device: "/dev/spidev240.240", SpeedHz: 1_000_000},
	} {
		if d, err := Open(cfg, nil, nil); err == nil || d != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
