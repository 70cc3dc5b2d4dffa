// Package gpio is the keys, the hook switch, the headset plug and the lamps of
// a real board, on GPIO lines of Linux.
//
// Lines are found by the names that the board's device tree gives them
// (gpio-line-names); package keypad decides what their levels mean. A Panel
// delivers inputs and shows lamps; it is a hw.Board without a display. At rest
// it sleeps: every row of the keypad is driven and the kernel wakes it by an
// edge on a column. Lines that fail are told as a Fault and tried again.
//
// It touches nothing but the character devices of the GPIO chips (kernel 5.10
// or later, include/uapi/linux/gpio.h), reads no settings and writes no log.
package gpio
