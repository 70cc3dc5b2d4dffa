// Package fb shows the display on a framebuffer of the kernel, /dev/fb0: from
// 320 x 240 pixels on, in 16, 24 or 32 bits, turned if it is mounted so, with
// every pixel as a square of several where the glass is larger.
//
// It writes only lines that changed. It decides nothing about what is shown and
// never touches the text console; a kernel that draws one on the same
// framebuffer needs it taken off (vtcon or no CONFIG_FRAMEBUFFER_CONSOLE).
package fb
