package gpio

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"phoned/hw"
	"phoned/hw/keypad"
)

// A Panel is the keys, switches and lamps of a board. Its methods may be called
// from any goroutine.
type Panel struct {
	inputs chan hw.Input
	wake   chan struct{} // light or closed has changed
	ended  chan struct{} // run is over

	mu     sync.Mutex
	light  [hw.LampCount]hw.Light
	closed bool

	// What follows belongs to run.
	cfg      Config
	host     host
	parts    []*part
	lamps    *lamps
	troubles troubles
	queue    []hw.Input // not taken by the phone yet
	alarmed  bool       // lines were just lost
}

// ErrClosed is the error of a panel that is closed.
var ErrClosed = errors.New("the panel is closed")

// The parts as the words of a fault call them.
const (
	keypadName  = "keypad"
	hookName    = "hook switch"
	headsetName = "headset plug"
	lampsName   = "lamps"
)

// mostQueued is how many inputs wait for a phone that does not take them; then
// nobody looks at the keys until it does.
const mostQueued = 64

// Open takes the lines of a board. An error names every line that is missing,
// or who holds it. What fails later is told as a Fault input and tried again.
func Open(cfg Config) (*Panel, error) { return open(cfg, kernel{}) }

func open(cfg Config, h host) (*Panel, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("open the panel: %w", err)
	}
	p := &Panel{
		inputs: make(chan hw.Input), wake: make(chan struct{}, 1), ended: make(chan struct{}),
		cfg: cfg, host: h, lamps: newLamps(&cfg),
	}
	if err := p.assemble(); err != nil {
		return nil, fmt.Errorf("open the panel: %w", err)
	}
	if err := p.take(); err != nil {
		p.giveBack()
		return nil, fmt.Errorf("open the panel: %w", err)
	}
	go p.run()
	return p, nil
}

// assemble makes the parts that the board has.
func (p *Panel) assemble() error {
	if k := &p.cfg.Keypad; len(k.Rows) > 0 {
		m, err := keypad.NewMatrix(keypad.Config{
			Keys: k.Keys, Diodes: k.Diodes, Scan: k.Scan, Debounce: k.Debounce, Long: k.Long,
			RepeatAfter: k.RepeatAfter, RepeatEvery: k.RepeatEvery, Stuck: k.Stuck,
		})
		if err != nil {
			return err
		}
		p.parts = append(p.parts, &part{name: keypadName, core: m, open: func() (lines, error) {
			return openMatrix(p.host, &p.cfg)
		}})
	}
	for _, s := range []struct {
		name    string
		cfg     *Switch
		on, off hw.InputKind
	}{
		{hookName, &p.cfg.Hook, hw.HookUp, hw.HookDown},
		{headsetName, &p.cfg.Headset, hw.HeadsetIn, hw.HeadsetOut},
	} {
		if s.cfg.Line == "" {
			continue
		}
		core := keypad.NewSwitch(keypad.SwitchConfig{
			Name: s.name, On: s.on, Off: s.off, Debounce: s.cfg.Debounce,
			Flash: s.cfg.Flash, FlashMin: s.cfg.FlashMin, FlashMax: s.cfg.FlashMax,
		})
		p.parts = append(p.parts, &part{name: s.name, core: core, open: func() (lines, error) {
			return openSwitch(p.host, &p.cfg, s.cfg)
		}})
	}
	return nil
}

// take takes all lines, or none and tells which are missing.
func (p *Panel) take() error {
	if err := p.host.find(p.cfg.Chip, p.cfg.lines()); err != nil {
		return err
	}
	now := time.Now()
	for _, o := range p.parts {
		l, err := o.open()
		if err != nil {
			return err
		}
		o.lines = l
		o.retry.found(now)
	}
	if err := p.lamps.open(p.host, p.cfg.Chip); err != nil {
		return err
	}
	p.lamps.retry.found(now)
	return nil
}

func (p *Panel) giveBack() {
	for _, o := range p.parts {
		if o.lines != nil {
			o.lines.close()
		}
	}
	if l := p.lamps; l.bank != nil {
		_ = l.bank.set(l.lit, 0) // dark if it can be; the lines are given back anyway
		l.bank.close()
	}
}

// Inputs delivers what happens on the panel, in order. The text of a Fault
// tells everything of the panel that is out of order now, and its Key which key
// if that is all; an empty text, that nothing is any more. The channel closes
// when the panel is closed.
func (p *Panel) Inputs() <-chan hw.Input { return p.inputs }

// SetLamp makes a lamp shine; one that the board has not got stays dark. What
// goes wrong with its line comes as a Fault input.
func (p *Panel) SetLamp(l hw.Lamp, light hw.Light) error {
	if l >= hw.LampCount || light > hw.Fast {
		return fmt.Errorf("set lamp %d to light %d: there is no such", l, light)
	}
	p.mu.Lock()
	closed := p.closed
	p.light[l] = light
	p.mu.Unlock()
	if closed {
		return ErrClosed
	}
	p.rouse()
	return nil
}

// Close gives the lines back, with the lamps off, and ends the inputs.
func (p *Panel) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.rouse()
	<-p.ended
	return nil
}

func (p *Panel) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run is the one goroutine that touches lines.
func (p *Panel) run() {
	defer close(p.ended)
	defer close(p.inputs)
	defer p.giveBack()
	for _, o := range p.parts {
		p.feed(o, keypad.Event{Kind: keypad.Ready})
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		p.mu.Lock()
		closed, light := p.closed, p.light
		p.mu.Unlock()
		if closed {
			return
		}
		p.lamps.set(time.Now(), light)
		p.tendLamps()
		busy := len(p.queue) >= mostQueued
		if !busy {
			for _, o := range p.parts {
				p.tend(o)
			}
		}
		p.lookAround()
		p.wait(timer, busy)
	}
}

// wait sleeps until something is due; a phone that is busy wakes nobody but the
// lamps.
func (p *Panel) wait(timer *time.Timer, busy bool) {
	due := p.lamps.deadline()
	var edges [3]<-chan struct{}
	if !busy {
		for i, o := range p.parts {
			due = earlier(due, o.deadline())
			edges[i] = o.edges()
		}
	}
	var expired <-chan time.Time
	if !due.IsZero() {
		timer.Reset(time.Until(due))
		expired = timer.C
	}
	var inputs chan<- hw.Input
	var next hw.Input
	if len(p.queue) > 0 {
		inputs, next = p.inputs, p.queue[0]
	}
	select {
	case <-p.wake:
	case <-expired:
	case inputs <- next:
		p.queue = append(p.queue[:0], p.queue[1:]...)
	case <-edges[0]:
		p.feed(p.parts[0], keypad.Event{Kind: keypad.Edge})
	case <-edges[1]:
		p.feed(p.parts[1], keypad.Event{Kind: keypad.Edge})
	case <-edges[2]:
		p.feed(p.parts[2], keypad.Event{Kind: keypad.Edge})
	}
}
