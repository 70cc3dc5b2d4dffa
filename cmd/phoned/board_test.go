package main

import (
	"strings"
	"testing"

	"phoned/audio/device"
	"phoned/hw"
	"phoned/hw/board"
)

func TestBoardsAreListed(t *testing.T) {
	var out strings.Builder
	if err := listBoards(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sim ", "emulated ", "h3-maker ", "imx6ull-evk ", "FILE.toml", "docs/HARDWARE.md"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not listed:\n%s", want, out.String())
		}
	}
	if o, err := parseFlags([]string{"-board", "list"}, &out); err != nil || !o.list {
		t.Errorf("%+v, %v", o, err)
	}
}

// Every board that is built in names a sound device that the voice process takes,
// and a mixer by which the codec is told its routes is opened by name.
func TestBoardsHaveASound(t *testing.T) {
	for _, name := range board.Names() {
		c, err := board.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := device.Parse(c.Sound.Device); err != nil {
			t.Errorf("board %s: %v", name, err)
		}
	}
	if _, err := openMixer("no such card"); err == nil || !strings.Contains(err.Error(), "no such card") {
		t.Errorf("a card that is not there: %v", err)
	}
}

// The simulated board keeps all it had.
func TestTheSimulatedBoard(t *testing.T) {
	b, err := openBoard(simBoard)
	if err != nil {
		t.Fatal(err)
	}
	if b.sim == nil || b.router != nil || b.audio != "null" || b.watchdog != "" {
		t.Errorf("%+v", b)
	}
	b.keys.Tap(hw.Key5)
	if in := <-b.Inputs(); in.Kind != hw.Press || in.Key != hw.Key5 {
		t.Errorf("%+v", in)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := openBoard("nokia"); err == nil {
		t.Error("a board that there is not")
	}
}
