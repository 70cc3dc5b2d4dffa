package main

import (
	"fmt"
	"io"
	"time"

	"phoned/audio/alsa"
	"phoned/cmd/phoned/internal/control"
	"phoned/hw"
	"phoned/hw/board"
	"phoned/hw/sim"
)

// simBoard is the name of the simulated board.
const simBoard = "sim"

// A handset is the board, with what it says of the rest of the phone.
type handset struct {
	hw.Board
	keys     control.Keys  // a program's hand on it
	sim      *sim.Board    // nil: it is a real one
	router   hw.Router     // nil: it has one mouth and one ear
	audio    string        // its sound device
	watchdog string        // its watchdog's device; "" = none
	patience time.Duration // of the watchdog
}

// openBoard opens the board of a name or of a board file.
func openBoard(name string) (handset, error) {
	if name == simBoard {
		b := sim.New()
		return handset{Board: b, keys: b, sim: b, audio: "null"}, nil
	}
	c, err := board.Load(name)
	if err != nil {
		return handset{}, err
	}
	b, err := board.Open(c, board.Options{Mixer: openMixer})
	if err != nil {
		return handset{}, err
	}
	h := handset{
		Board: b, keys: b, router: b.Router(), audio: c.Sound.Device,
		watchdog: c.Watchdog.Device, patience: time.Duration(c.Watchdog.TimeoutMS) * time.Millisecond,
	}
	if h.audio == "" {
		h.audio = "null"
	}
	return h, nil
}

// openMixer opens the mixer of a sound card: hw and audio never meet but here.
func openMixer(card string) (board.Mixing, error) {
	c, err := alsa.OpenControl(card)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// listBoards tells the boards that -board takes.
func listBoards(w io.Writer) error {
	fmt.Fprintf(w, "%-14s %s\n", simBoard, "the simulated board, in a terminal and on the control socket")
	for _, name := range board.Names() {
		c, err := board.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-14s %s\n", name, c.About)
	}
	fmt.Fprintf(w, "%-14s %s\n", "FILE.toml", "a board of your own (docs/HARDWARE.md)")
	return nil
}
