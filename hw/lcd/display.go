package lcd

import "phoned/hw"

// A Display shows screens on glass. Its methods may be called from any
// goroutine and never wait for the hardware.
type Display interface {
	// Show puts a screen on the display, at the latest 100 ms from now. Of
	// screens that come faster than the display is redrawn, the last is shown.
	// After Close it is an error.
	Show(hw.Screen) error
	// Wake turns the light behind the glass on: somebody uses the phone.
	Wake()
	// Close ends drawing, turns the light off and gives the device back.
	Close() error
}

// A Format is a size of display.
type Format uint8

const (
	// Colour320x240 is 320 x 240 pixels in colour, mostly a framebuffer.
	Colour320x240 Format = iota
	// Mono128x64 is 128 x 64 pixels, dark or light.
	Mono128x64
	formatCount
)

// Size is a display's width and height in pixels.
func (f Format) Size() (width, height int) {
	if f == Mono128x64 {
		return 128, 64
	}
	return 320, 240
}
