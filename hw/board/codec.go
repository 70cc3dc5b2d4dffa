package board

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"phoned/hw"
	"phoned/hw/codec"
)

// openCodec starts what routes the voice; nil if the board has nothing to route.
// A bus or a card that is not there yet is tried again with every try of the
// codec, so that its words tell the user what is wrong.
func openCodec(c Config, o Options, fault func(string)) (router, error) {
	switch c.Codec.Kind {
	case "wm8960":
		bus := &lateBus{name: c.Codec.Bus}
		chip, err := codec.OpenChip(bus, c.Codec.chip(), fault)
		if err != nil {
			return nil, err
		}
		return ownedCodec{chip, bus}, nil
	case "mixer":
		if o.Mixer == nil {
			return nil, errors.New("this program has no mixer")
		}
		card := &lateMixer{card: c.Codec.Card, open: o.Mixer}
		mixer, err := codec.OpenMixer(card, c.Codec.mixer(), fault)
		if err != nil {
			return nil, err
		}
		return ownedCodec{mixer, card}, nil
	}
	return nil, nil
}

// An ownedCodec is a codec with the way to it.
type ownedCodec struct {
	*codec.Codec
	way io.Closer
}

// Close makes the codec silent and gives the way back.
func (c ownedCodec) Close() error { return errors.Join(c.Codec.Close(), c.way.Close()) }

// chip is the part of a board file that hw/codec needs for a chip.
func (c Codec) chip() codec.Chip {
	return codec.Chip{
		Address: uint16(c.Address), MCLK: c.MCLKHz, Rate: c.RateHz, Primary: c.Primary, MicBias: c.MicBias,
		Routes: [3]codec.Path{
			hw.RouteHandset: c.Handset.codec(),
			hw.RouteSpeaker: c.Speaker.codec(),
			hw.RouteHeadset: c.Headset.codec(),
		},
	}
}

func (p Path) codec() codec.Path {
	return codec.Path{
		Mouth: codec.Mouth(p.Mouth), Ear: codec.Ear(p.Ear), MouthDB: p.MouthDB, BoostDB: p.BoostDB, EarDB: p.EarDB,
	}
}

// mixer is the part that it needs for the kernel's mixer.
func (c Codec) mixer() codec.Mixer {
	return codec.Mixer{
		Start: settings(c.Mixer.Start),
		Routes: [3][]codec.Setting{
			hw.RouteHandset: settings(c.Mixer.Handset),
			hw.RouteSpeaker: settings(c.Mixer.Speaker),
			hw.RouteHeadset: settings(c.Mixer.Headset),
		},
		Mute: settings(c.Mixer.Mute), Unmute: settings(c.Mixer.Unmute),
	}
}

func settings(list []Setting) (all []codec.Setting) {
	for _, s := range list {
		all = append(all, codec.Setting{Control: s.Control, Values: s.Values})
	}
	return all
}

// A lateBus is an I2C bus that is opened when it is needed, and again after it
// has failed to open. Only the codec's goroutine uses it.
type lateBus struct {
	name string
	mu   sync.Mutex
	bus  i2c.BusCloser
}

// String implements i2c.Bus.
func (b *lateBus) String() string { return b.name }

// SetSpeed implements i2c.Bus; the device tree sets the bus's speed.
func (b *lateBus) SetSpeed(physic.Frequency) error {
	return fmt.Errorf("the speed of %s is the device tree's business", b.name)
}

// Tx implements i2c.Bus.
func (b *lateBus) Tx(addr uint16, w, r []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bus == nil {
		bus, err := codec.OpenBus(b.name)
		if err != nil {
			return err
		}
		b.bus = bus
	}
	return b.bus.Tx(addr, w, r)
}

// Close gives the bus back.
func (b *lateBus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bus == nil {
		return nil
	}
	bus := b.bus
	b.bus = nil
	return bus.Close()
}

// A lateMixer is a sound card's mixer that is opened when it is needed. After
// an error it is opened anew: a card that was unplugged and is back has another
// mixer.
type lateMixer struct {
	card string
	open func(card string) (Mixing, error)
	mu   sync.Mutex
	ctl  Mixing
}

// Set implements codec.Controls.
func (m *lateMixer) Set(name string, values ...int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctl == nil {
		ctl, err := m.open(m.card)
		if err != nil {
			return err
		}
		m.ctl = ctl
	}
	err := m.ctl.Set(name, values...)
	if err != nil {
		_ = m.ctl.Close()
		m.ctl = nil
	}
	return err
}

// Close gives the mixer back.
func (m *lateMixer) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctl == nil {
		return nil
	}
	ctl := m.ctl
	m.ctl = nil
	return ctl.Close()
}
