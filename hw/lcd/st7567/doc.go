// Package st7567 shows the display on a Sitronix ST7567 and its kin (ST7565,
// UC1701): 128 x 64 pixels on SPI, write only, with the line A0 that tells data
// from commands and, mostly, a line for reset.
//
// Only what changed of a page of eight pixel lines is sent. The settings are
// sent again with every redraw: a spark that confuses the chip does not last.
// The package decides nothing about what is shown.
//
// Source: Sitronix, ST7567 data sheet, version 1.4, "Instruction Table" and
// "Instruction Description"; below "data sheet".
package st7567
