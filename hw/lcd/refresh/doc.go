// Package refresh keeps a display up to date: one goroutine takes the newest
// screen, paints it with hw/lcd and hands the picture to a panel, at most every
// 100 ms. It turns the pages of what does not fit on one, and the light off
// when nobody uses the phone.
//
// It knows no device and decides nothing about what is shown.
package refresh
