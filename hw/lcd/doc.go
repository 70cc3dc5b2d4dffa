// Package lcd draws the phone's display: from a hw.Screen to pixels, the same
// for a framebuffer, for a small display on SPI, for a picture on a web page
// and for the golden pictures of the tests.
//
// It decides where everything stands, in which size, what is cut and what
// comes on the next page when not all fits. It is pure: it opens no device,
// knows no clock and starts nothing. The shells are hw/lcd/fb and
// hw/lcd/st7567; hw/lcd/refresh paces them.
//
//	p := lcd.NewPainter(lcd.Colour320x240)
//	picture := p.Paint(screen, 0)
package lcd
