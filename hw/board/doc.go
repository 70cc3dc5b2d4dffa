// Package board makes one hw.Board of the parts of a real handset: keys, hook
// and lamps on GPIO lines (hw/gpio), a display (hw/lcd), a codec that is told
// which mouth and ear to connect (hw/codec). What a handset is made of stands
// in a board file; docs/HARDWARE.md tells what each of its keys means.
//
//	config, err := board.Load("emulated") // or the path of a .toml file
//	b, err := board.Open(config, board.Options{})
//
// The keys and the hook must be there: without them it is no telephone, and Open
// says what is missing. A display or a codec that fails does not keep the phone
// from ringing: it is told as a Fault and tried again until it works.
//
// The package never plays or hears a sound, reads no settings of the phone and
// decides nothing about calls.
package board
