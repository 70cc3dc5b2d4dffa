package fb

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"phoned/hw"
	"phoned/hw/lcd"
	"phoned/hw/lcd/lcdtest"
)

// The layouts of the kernel's structs (linux/fb.h) on 32 and 64 bits.
func TestSizes(t *testing.T) {
	want := map[uintptr]uintptr{4: 68, 8: 80}[unsafe.Sizeof(uintptr(0))]
	if v, f := unsafe.Sizeof(variable{}), unsafe.Sizeof(fixed{}); v != 160 || f != want {
		t.Errorf("fb_var_screeninfo has %d bytes, want 160; fb_fix_screeninfo %d, want %d", v, f, want)
	}
	if at := unsafe.Offsetof(variable{}.Activate); at != 84 {
		t.Errorf("activate stands at %d, want 84", at)
	}
}

// kind is a framebuffer as a driver describes it.
func kind(width, height, bits int) (variable, fixed) {
	v := variable{
		XRes: uint32(width), YRes: uint32(height), XResVirtual: uint32(width), YResVirtual: uint32(height), BitsPerPixel: uint32(bits),
		Red: bitfield{16, 8, 0}, Green: bitfield{8, 8, 0}, Blue: bitfield{0, 8, 0},
	}
	if bits == 16 {
		v.Red, v.Green, v.Blue = bitfield{11, 5, 0}, bitfield{5, 6, 0}, bitfield{0, 5, 0}
	}
	stride := width*bits/8 + 64 // some drivers pad
	return v, fixed{Visual: trueColour, LineLength: uint32(stride), SmemLen: uint32(stride * height * 2)}
}

// seen reads what is on the glass back, as the kernel's documentation says
// where it stands, with the eye turned and the squares made pixels again.
func seen(v variable, f fixed, memory []byte, rotate, scale int) image.Image {
	at := func(x, y int) color.Color {
		i := (int(v.YOffset)+y)*int(f.LineLength) + (int(v.XOffset)+x)*int(v.BitsPerPixel)/8
		if v.BitsPerPixel == 16 {
			p := binary.LittleEndian.Uint16(memory[i:])
			return color.RGBA{uint8(p >> 11 << 3), uint8(p >> 5 << 2), uint8(p << 3), 255}
		}
		return color.RGBA{memory[i+2], memory[i+1], memory[i], 255}
	}
	w, h := 320, 240
	if rotate == 90 || rotate == 270 {
		w, h = h, w
	}
	x0, y0 := (int(v.XRes)-w*scale)/2, (int(v.YRes)-h*scale)/2
	out := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			sx, sy := x, y
			switch rotate {
			case 90: // the picture's upper left corner is at the upper right
				sx, sy = 239-y, x
			case 180:
				sx, sy = 319-x, 239-y
			case 270:
				sx, sy = y, 319-x
			}
			out.Set(x, y, at(x0+sx*scale+scale-1, y0+sy*scale))
		}
	}
	return out
}

// coarse is a picture in the colours of 5, 6 and 5 bits.
func coarse(p *image.Paletted) *image.Paletted {
	c := *p
	c.Palette = slices.Clone(p.Palette)
	for i, colour := range c.Palette {
		r, g, b, _ := colour.RGBA()
		c.Palette[i] = color.RGBA{uint8(r >> 11 << 3), uint8(g >> 10 << 2), uint8(b >> 11 << 3), 255}
	}
	return &c
}

var screen = hw.Screen{
	Time: "14:02", Server: 2, Title: "In call", Big: "王小明", Soft: [4]string{"Hold", "", "", "Hang up"},
	Rows: []hw.Row{{Text: "0:34"}, {Text: "a trouble", Alert: true}},
}

// Every depth, turn and size of glass shows the same picture.
func TestDraw(t *testing.T) {
	for _, bits := range []int{16, 24, 32} {
		for _, rotate := range []int{0, 90, 180, 270} {
			for _, size := range [][3]int{{320, 240, 1}, {240, 320, 1}, {800, 480, 2}, {1024, 600, 2}, {640, 960, 2}} {
				t.Run(fmt.Sprintf("%d-%d-%dx%d", bits, rotate, size[0], size[1]), func(t *testing.T) {
					v, f := kind(size[0], size[1], bits)
					v.YOffset = uint32(size[1]) // the second of two buffers is seen
					g, err := arrange(&v, &f, 320, 240, rotate)
					turned := rotate == 90 || rotate == 270
					if upright := size[0] < size[1]; size[2] == 1 && turned != upright {
						if err == nil || !strings.Contains(err.Error(), "at least") {
							t.Fatalf("too small: %v", err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					memory := make([]byte, f.SmemLen)
					p := newPanel(g, memory, nil)
					painter := lcd.NewPainter(lcd.Colour320x240)
					for _, night := range []bool{false, true} {
						painter.Night(night)
						want := painter.Paint(screen, 0)
						if err := p.Draw(want); err != nil {
							t.Fatal(err)
						}
						if bits == 16 {
							want = coarse(want)
						}
						if !lcdtest.Same(seen(v, f, memory, rotate, g.scale), want) {
							t.Error("another picture is seen")
						}
					}
					if i := slices.IndexFunc(memory[:int(v.YOffset)*g.stride], func(b byte) bool { return b != 0 }); i >= 0 {
						t.Errorf("the buffer that is not seen was written, at %d", i)
					}
				})
			}
		}
	}
}

// Only lines that changed are written.
func TestDrawOnlyChanges(t *testing.T) {
	v, f := kind(320, 240, 32)
	g, err := arrange(&v, &f, 320, 240, 0)
	if err != nil {
		t.Fatal(err)
	}
	memory := make([]byte, f.SmemLen)
	p := newPanel(g, memory, nil)
	painter := lcd.NewPainter(lcd.Colour320x240)
	if err := p.Draw(painter.Paint(screen, 0)); err != nil {
		t.Fatal(err)
	}
	for i := range memory {
		memory[i] = 0x55
	}
	next := screen
	next.Time = "14:03"
	if err := p.Draw(painter.Paint(next, 0)); err != nil {
		t.Fatal(err)
	}
	for y := range 240 {
		changed := slices.ContainsFunc(memory[y*g.stride:(y+1)*g.stride], func(b byte) bool { return b != 0x55 })
		if changed && y >= 24 {
			t.Errorf("line %d was written, and only the time changed", y)
		}
	}
	if !slices.ContainsFunc(memory[:24*g.stride], func(b byte) bool { return b != 0x55 }) {
		t.Error("the new time was not written")
	}
}

// What can not be drawn on is said in words, whatever a driver says of itself.
func TestArrangeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(v *variable, f *fixed)
		rotate int
		want   string
	}{
		"small":       {func(v *variable, _ *fixed) { v.XRes = 128 }, 0, "it has 128 x 240 pixels; at least 320 x 240 are needed"},
		"depth":       {func(v *variable, _ *fixed) { v.BitsPerPixel = 8 }, 0, "it has 8 bits a pixel"},
		"indexed":     {func(_ *variable, f *fixed) { f.Visual = 3 }, 0, "not plain colours"},
		"turned":      {func(*variable, *fixed) {}, 45, "not by 45"},
		"colours":     {func(v *variable, _ *fixed) { v.Red.Offset = 30 }, 0, "its colours stand at bits {30 8 0}"},
		"memory":      {func(_ *variable, f *fixed) { f.SmemLen = 1000 }, 0, "its 1000 bytes are too few"},
		"line length": {func(_ *variable, f *fixed) { f.LineLength = 320 }, 0, "too few"},
		"offset":      {func(v *variable, _ *fixed) { v.YOffset = 1 << 31 }, 0, "larger than any display"},
	} {
		v, f := kind(320, 240, 32)
		c.change(&v, &f)
		if _, err := arrange(&v, &f, 320, 240, c.rotate); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A missing framebuffer, and a file that is none, are errors that name it.
func TestOpenWithout(t *testing.T) {
	for _, device := range []string{t.TempDir() + "/fb0", "/dev/null"} {
		if d, err := Open(Config{Device: device}); err == nil || d != nil || !strings.Contains(err.Error(), device) {
			t.Errorf("%s: %v", device, err)
		}
	}
}
