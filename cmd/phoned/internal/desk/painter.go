package desk

import (
	"context"
	"fmt"
	"sync"
	"time"

	"phoned/hw"
)

// redraw is the least time between two pictures: a display that is drawn more
// often flickers.
const redraw = 100 * time.Millisecond

// A painter carries lamps and screens to the board, which may be slow, so that
// the desk never waits for it. It draws the newest screen, at most one per
// redraw; those between are never seen.
type painter struct {
	board hw.Board
	wake  chan struct{}

	mu     sync.Mutex
	screen *hw.Screen // not drawn yet; nil = none
	lamps  map[hw.Lamp]hw.Light
}

func newPainter(board hw.Board) *painter {
	return &painter{board: board, wake: make(chan struct{}, 1), lamps: map[hw.Lamp]hw.Light{}}
}

func (p *painter) lamp(l hw.Lamp, light hw.Light) {
	p.mu.Lock()
	p.lamps[l] = light
	p.mu.Unlock()
	p.stir()
}

func (p *painter) show(s hw.Screen) {
	p.mu.Lock()
	p.screen = &s
	p.mu.Unlock()
	p.stir()
}

func (p *painter) stir() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run paints until ctx ends. It tells in words when the board begins to fail,
// and with "" when it works again.
func (p *painter) run(ctx context.Context, tell func(fault string)) {
	broken := false
	pause := time.NewTimer(0)
	defer pause.Stop()
	ready := false // the last picture is old enough
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-pause.C:
			ready = true
		}
		err := p.light()
		if ready {
			drawn, e := p.draw()
			if e != nil {
				err = e
			}
			if drawn {
				ready = false
				pause.Reset(redraw)
			}
			if drawn && err == nil && broken {
				broken = false
				tell("")
			}
		}
		if err != nil && !broken {
			broken = true
			tell(err.Error())
		}
	}
}

// light brings the lamps up to date.
func (p *painter) light() (err error) {
	p.mu.Lock()
	lamps := p.lamps
	p.lamps = map[hw.Lamp]hw.Light{}
	p.mu.Unlock()
	for l, light := range lamps {
		if e := p.board.SetLamp(l, light); e != nil {
			err = fmt.Errorf("switch lamp %s: %w", l, e)
		}
	}
	return err
}

// draw shows the newest screen; drawn is false if it stands there already.
func (p *painter) draw() (drawn bool, err error) {
	p.mu.Lock()
	screen := p.screen
	p.screen = nil
	p.mu.Unlock()
	if screen == nil {
		return false, nil
	}
	if err := p.board.Show(*screen); err != nil {
		return true, fmt.Errorf("draw the display: %w", err)
	}
	return true, nil
}
