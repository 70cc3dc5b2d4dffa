package gpio

import (
	"errors"

	"phoned/hw"
)

// A Panel is the keys, switches and lamps of a board. Its methods may be called
// from any goroutine.
type Panel struct {
	inputs chan hw.Input
}

// ErrClosed is the error of a panel that is closed.
var ErrClosed = errors.New("the panel is closed")

// Open takes the lines of a board. An error names every line that is missing,
// or who holds it. What fails later is told as a Fault input and tried again.
func Open(Config) (*Panel, error) {
	return nil, errors.New("open the panel: no lines")
}

// Inputs delivers what happens on the panel, in order. The text of a Fault
// tells everything of the panel that is out of order now; an empty one, that
// nothing is. The channel closes when the panel is closed.
func (p *Panel) Inputs() <-chan hw.Input { return p.inputs }

// SetLamp makes a lamp shine; one that the board has not got stays dark. What
// goes wrong with the line comes as a Fault input.
func (p *Panel) SetLamp(hw.Lamp, hw.Light) error { return ErrClosed }

// Close gives the lines back, with the lamps off, and ends the inputs.
func (p *Panel) Close() error { return nil }
