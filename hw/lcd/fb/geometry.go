package fb

import (
	"errors"
	"fmt"
	"image"
	"image/color"
)

// A bitfield is where a colour stands in a pixel (linux/fb.h, fb_bitfield).
type bitfield struct{ Offset, Length, MSBRight uint32 }

// variable is what can be set of a framebuffer (linux/fb.h, fb_var_screeninfo),
// 160 bytes on every machine.
type variable struct {
	XRes, YRes               uint32 // what is seen, pixels
	XResVirtual, YResVirtual uint32
	XOffset, YOffset         uint32 // where what is seen begins
	BitsPerPixel             uint32
	Grayscale                uint32
	Red, Green, Blue, Transp bitfield
	Nonstd                   uint32
	Activate                 uint32
	Height, Width            uint32 // mm
	AccelFlags               uint32
	Timing                   [11]uint32 // pixel clock, margins, sync, mode, rotate, colour space
	Reserved                 [4]uint32
}

// fixed is what can not be set (fb_fix_screeninfo): 80 bytes where a pointer
// has 8, else 68.
type fixed struct {
	ID           [16]byte
	SmemStart    uintptr
	SmemLen      uint32 // bytes
	Type         uint32
	TypeAux      uint32
	Visual       uint32
	XPan, YPan   uint16
	YWrap        uint16
	LineLength   uint32 // bytes
	MmioStart    uintptr
	MmioLen      uint32
	Accel        uint32
	Capabilities uint16
	Reserved     [2]uint16
}

const (
	packedPixels = 0 // FB_TYPE_PACKED_PIXELS
	trueColour   = 2 // FB_VISUAL_TRUECOLOR
	directColour = 4 // FB_VISUAL_DIRECTCOLOR
)

// A geometry is where each pixel of a picture goes.
type geometry struct {
	width, height    int // of the picture
	rotate           int // degrees clockwise
	scale            int
	start            int // byte of the picture's first pixel
	stride           int // bytes from line to line
	bytes            int // of a pixel
	red, green, blue bitfield
	// All that is seen, which is painted once.
	seen, seenWidth, seenHeight int
}

// arrange puts a picture into the middle of a framebuffer, as large as it goes.
func arrange(v *variable, f *fixed, width, height, rotate int) (g geometry, err error) {
	g = geometry{
		width: width, height: height, rotate: rotate, stride: int(f.LineLength), bytes: int(v.BitsPerPixel) / 8,
		red: v.Red, green: v.Green, blue: v.Blue, seenWidth: int(v.XRes), seenHeight: int(v.YRes),
	}
	switch rotate {
	case 0, 180:
	case 90, 270:
		width, height = height, width
	default:
		return g, fmt.Errorf("a picture can be turned by 0, 90, 180 or 270 degrees, not by %d", rotate)
	}
	switch v.BitsPerPixel {
	case 16, 24, 32:
	default:
		return g, fmt.Errorf("it has %d bits a pixel; 16, 24 and 32 can be drawn", v.BitsPerPixel)
	}
	if f.Type != packedPixels || f.Visual != trueColour && f.Visual != directColour {
		return g, fmt.Errorf("its pixels are not plain colours (type %d, visual %d)", f.Type, f.Visual)
	}
	for _, b := range [...]bitfield{v.Red, v.Green, v.Blue} {
		if b.Length == 0 || b.Length > 8 || b.Offset+b.Length > v.BitsPerPixel || b.MSBRight != 0 {
			return g, fmt.Errorf("its colours stand at bits %v %v %v of a pixel", v.Red, v.Green, v.Blue)
		}
	}
	if v.XRes > 1<<14 || v.YRes > 1<<14 || v.XOffset > 1<<14 || v.YOffset > 1<<16 || f.LineLength > 1<<20 {
		return g, errors.New("it says that it is larger than any display")
	}
	g.scale = min(g.seenWidth/width, g.seenHeight/height)
	if g.scale == 0 {
		return g, fmt.Errorf("it has %d x %d pixels; at least %d x %d are needed", v.XRes, v.YRes, width, height)
	}
	g.seen = int(v.YOffset)*g.stride + int(v.XOffset)*g.bytes
	x, y := (g.seenWidth-width*g.scale)/2, (g.seenHeight-height*g.scale)/2
	g.start = g.seen + y*g.stride + x*g.bytes
	if end := g.seen + (g.seenHeight-1)*g.stride + g.seenWidth*g.bytes; end > int(f.SmemLen) || g.seenWidth*g.bytes > g.stride {
		return g, fmt.Errorf("its %d bytes are too few for %d x %d pixels", f.SmemLen, v.XRes, v.YRes)
	}
	return g, nil
}

// pixel is a colour as the framebuffer wants it.
func (g *geometry) pixel(c color.Color) (p uint32) {
	r, gr, b, _ := c.RGBA() // 16 bits each
	for _, part := range [...]struct {
		value uint32
		bitfield
	}{{r, g.red}, {gr, g.green}, {b, g.blue}} {
		p |= part.value >> (16 - part.Length) << part.Offset
	}
	return p
}

// turned is how many lines and columns the turned picture has.
func (g *geometry) turned() (columns, lines int) {
	if g.rotate == 90 || g.rotate == 270 {
		return g.height, g.width
	}
	return g.width, g.height
}

// line says where in the picture a line of the turned one begins, and how far
// it is from a pixel to the next.
func (g *geometry) line(y int, picture *image.Paletted) (first, step int) {
	s := picture.Stride
	switch g.rotate {
	case 90:
		return (g.height-1)*s + y, -s
	case 180:
		return (g.height-1-y)*s + g.width - 1, -1
	case 270:
		return g.width - 1 - y, s
	}
	return y * s, 1
}
