package codec

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"periph.io/x/conn/v3/physic"
)

// fakeChip is a WM8960 at an I2C bus, from the outside: it takes bytes, keeps
// registers as the data sheet has them, and complains of whatever would be heard
// as a click or would not work. It knows nothing of the code under test.
type fakeChip struct {
	mu        sync.Mutex
	mclk      float64
	reg       map[byte]uint16
	effective map[byte]uint16 // volumes, taken over by an update bit

	vmidAt, pllAt, dacMuteAt time.Time

	writes     int
	resets     int
	complaints []string
	deaf       int           // so many transfers are not acknowledged; -1 = all
	slow       time.Duration // of one transfer
}

// The values after a reset, from the data sheet's register map.
var afterReset = map[byte]uint16{
	0x00: 0x097, 0x01: 0x097, 0x02: 0, 0x03: 0, 0x04: 0, 0x05: 0x008, 0x06: 0, 0x07: 0x00a, 0x08: 0x1c0, 0x09: 0,
	0x0a: 0x0ff, 0x0b: 0x0ff, 0x10: 0, 0x11: 0x07b, 0x12: 0x100, 0x13: 0x032, 0x14: 0, 0x15: 0x0c3, 0x16: 0x0c3,
	0x17: 0x1c0, 0x18: 0, 0x19: 0, 0x1a: 0, 0x1b: 0, 0x1c: 0, 0x1d: 0, 0x20: 0x100, 0x21: 0x100, 0x22: 0x050,
	0x25: 0x050, 0x26: 0, 0x27: 0, 0x28: 0, 0x29: 0, 0x2a: 0x040, 0x2b: 0, 0x2c: 0, 0x2d: 0x050, 0x2e: 0x050,
	0x2f: 0, 0x30: 0x002, 0x31: 0x037, 0x33: 0x080, 0x34: 0x008, 0x35: 0x031, 0x36: 0x026, 0x37: 0x0e9,
}

// volumes are the registers with an update bit, each with the one of the other side.
var volumes = map[byte]byte{
	0x00: 0x01, 0x01: 0x00, 0x02: 0x03, 0x03: 0x02, 0x0a: 0x0b, 0x0b: 0x0a, 0x15: 0x16, 0x16: 0x15, 0x28: 0x29, 0x29: 0x28,
}

func newFake(mclk float64) *fakeChip {
	f := &fakeChip{mclk: mclk}
	f.forget()
	return f
}

// powerCut makes the chip forget everything, and not answer for some transfers.
func (f *fakeChip) powerCut(deaf int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget()
	f.deaf = deaf
}

func (f *fakeChip) forget() {
	f.reg, f.effective = map[byte]uint16{}, map[byte]uint16{}
	for a, v := range afterReset {
		f.reg[a] = v
		if _, ok := volumes[a]; ok {
			f.effective[a] = v
		}
	}
	f.vmidAt, f.pllAt, f.dacMuteAt = time.Time{}, time.Time{}, time.Time{}
}

// count is how many registers were written.
func (f *fakeChip) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

func (f *fakeChip) String() string                  { return "fake" }
func (f *fakeChip) SetSpeed(physic.Frequency) error { return nil }

func (f *fakeChip) Tx(addr uint16, w, r []byte) error {
	if f.slow > 0 {
		time.Sleep(f.slow)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.deaf != 0:
		f.deaf = max(f.deaf-1, -1)
		return errors.New("no acknowledgement")
	case addr != 0x1a:
		return errors.New("no such device")
	case len(r) != 0:
		return errors.New("the WM8960 can't be read")
	case len(w) != 2:
		return fmt.Errorf("a transfer of %d bytes", len(w))
	}
	f.writes++
	f.write(w[0]>>1, uint16(w[0]&1)<<8|uint16(w[1]))
	return nil
}

func (f *fakeChip) complain(format string, args ...any) {
	f.complaints = append(f.complaints, fmt.Sprintf(format, args...))
}

func (f *fakeChip) write(reg byte, v uint16) {
	if reg == 0x0f {
		if f.audible() && !f.dacSilent() {
			f.complain("reset in the middle of the sound")
		}
		f.resets++
		f.forget()
		return
	}
	was, ok := f.reg[reg]
	if !ok {
		f.complain("register R%d is reserved", reg)
		return
	}
	f.before(reg, was, v)
	f.reg[reg] = v
	f.after(reg, was, v)
}

// bits tells whether any of these bits is set.
func (f *fakeChip) bits(reg byte, mask uint16) bool { return f.reg[reg]&mask != 0 }

// audible tells whether any output has power.
func (f *fakeChip) audible() bool { return f.bits(0x1a, 0x78) || f.bits(0x31, 0xc0) }

// dacSilent tells whether the soft mute has done its work: at the most 512
// samples.
func (f *fakeChip) dacSilent() bool {
	return f.bits(0x05, 1<<3) && time.Since(f.dacMuteAt) >= time.Duration(512/f.rate()*float64(time.Second))-time.Microsecond
}

// sysclk is what the chip runs at; 0 without a clock.
func (f *fakeChip) sysclk() float64 {
	clk := f.mclk
	if f.bits(0x04, 1) {
		if !f.bits(0x1a, 1) || time.Since(f.pllAt) < 250*time.Millisecond {
			return 0
		}
		if f.bits(0x34, 1<<4) {
			clk /= 2
		}
		n := float64(f.reg[0x34] & 15)
		if n <= 5 || n >= 13 {
			return 0
		}
		if f.bits(0x34, 1<<5) {
			n += float64(uint32(f.reg[0x35])<<16|uint32(f.reg[0x36])<<8|uint32(f.reg[0x37])) / (1 << 24)
		}
		clk *= n
		if clk < 90e6 || clk > 100e6 {
			f.complain("PLL at %g MHz", clk/1e6)
		}
		clk /= 4
	}
	if f.reg[0x04]>>1&3 == 2 {
		clk /= 2
	}
	return clk
}

// rate is the sample rate of the DAC.
func (f *fakeChip) rate() float64 {
	div := []float64{1, 1.5, 2, 3, 4, 5.5, 6, math.Inf(1)}[f.reg[0x04]>>3&7]
	return max(f.sysclk()/(256*div), 1)
}

// before sees what a write would do to a chip that sounds.
func (f *fakeChip) before(reg byte, was, v uint16) {
	change := was ^ v
	switch reg {
	case 0x02, 0x03, 0x28, 0x29:
		// With the zero cross detector a level moves where the sound is nothing,
		// but not from something to nothing.
		if change&0x7f != 0 && f.audible() && !f.dacSilent() {
			f.complain("click: volume R%d moves %03x to %03x under the sound", reg, was, v)
		}
	case 0x15, 0x16:
		if d := int(f.effective[reg]&0xff) - int(v&0xff); (d > 12 || d < -12) && f.adcOn(reg == 0x16) {
			f.complain("click: the mouth's volume R%d jumps %d steps", reg, d)
		}
	case 0x00, 0x20, 0x2b:
		if change&^uint16(1<<8|1<<6) != 0 && f.adcOn(false) && f.effective[0x15]&0xff != 0 {
			f.complain("click: mouth R%d moves under the sound", reg)
		}
	case 0x01, 0x21, 0x2c:
		if change&^uint16(1<<8|1<<6) != 0 && f.adcOn(true) && f.effective[0x16]&0xff != 0 {
			f.complain("click: mouth R%d moves under the sound", reg)
		}
	case 0x17:
		if change&0x0c != 0 && f.effective[0x15]&0xff+f.effective[0x16]&0xff != 0 && (f.adcOn(false) || f.adcOn(true)) {
			f.complain("click: the other ADC under the sound")
		}
	case 0x04, 0x07, 0x08, 0x09:
		if change != 0 && f.audible() {
			f.complain("clocks or format R%d move while an output is on", reg)
		}
	case 0x34, 0x35, 0x36, 0x37:
		if change != 0 && f.bits(0x1a, 1) {
			f.complain("PLL R%d moves while it runs", reg)
		}
	case 0x31:
		if change&0x3f != 0 {
			f.complain("reserved bits of R49 move")
		}
	case 0x33:
		if v&(1<<7) == 0 {
			f.complain("the reserved bit of R51 is cleared")
		}
	}
}

func (f *fakeChip) adcOn(right bool) bool {
	if right {
		return f.bits(0x19, 1<<2)
	}
	return f.bits(0x19, 1<<3)
}

// after sees whether the chip may be as it is now.
func (f *fakeChip) after(reg byte, was, v uint16) {
	if other, ok := volumes[reg]; ok && v&(1<<8) != 0 {
		f.effective[reg], f.effective[other] = v, f.reg[other]
	}
	vmid, starting := f.reg[0x19]>>7&3, f.reg[0x1c]&0x94 == 0x94
	switch reg {
	case 0x05:
		if v&(1<<3) != 0 && was&(1<<3) == 0 {
			f.dacMuteAt = time.Now()
		}
	case 0x19:
		switch {
		case was>>7&3 == 0 && vmid != 0:
			f.vmidAt = time.Now()
			if !starting {
				f.complain("pop: VMID rises without the start-up bias")
			}
			if f.bits(0x1d, 1<<6) {
				f.complain("VMID rises while the outputs are discharged")
			}
			if f.audible() {
				f.complain("pop: VMID rises with an output on")
			}
		case was>>7&3 != 0 && vmid == 0 && !starting:
			f.complain("pop: VMID falls without the start-up bias")
		}
		if v&(1<<6) != 0 && was&(1<<6) == 0 && (vmid == 0 || time.Since(f.vmidAt) < 100*time.Millisecond) {
			f.complain("VREF before VMID has risen")
		}
		if v&0x3e != 0 && v&(1<<6) == 0 {
			f.complain("R25: inputs without VREF")
		}
	case 0x1c:
		if was&0x80 != 0 && v&0x80 == 0 && !f.bits(0x19, 1<<6) {
			f.complain("normal bias without VREF")
		}
	case 0x1a:
		if v&1 != 0 && was&1 == 0 {
			f.pllAt = time.Now()
		}
		if v&0x1f8 != 0 && !f.bits(0x19, 1<<6) {
			f.complain("outputs without VREF")
		}
		if v&0x60&^was != 0 && f.bits(0x1c, 0x80) {
			f.complain("pop: an output is switched on under the start-up bias")
		}
		if v&0x78&^was != 0 && !f.bits(0x05, 1<<3) {
			f.complain("pop: an output is switched on with the DAC at work")
		}
	case 0x31:
		if clk := f.sysclk() / []float64{1.5, 2, 3, 4, 6, 8, 12, 16}[f.reg[0x08]>>6]; v&0xc0 != 0 && (clk < 700e3 || clk > 800e3) {
			f.complain("class D without its clock: %g Hz", clk)
		}
	case 0x04:
		if f.sysclk() == 0 {
			f.complain("SYSCLK comes from a PLL that is not locked")
		}
	}
}

// heard is what goes through the chip.
type heard struct {
	mouth, ear     string
	mouthDB, earDB float64
	rate           float64
}

// hears follows the voice through the registers.
func (f *fakeChip) hears() heard {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := heard{rate: math.Round(f.rate())}
	if !f.bits(0x19, 1<<6) || f.reg[0x19]>>7&3 == 0 || f.bits(0x1c, 0x80) || f.bits(0x19, 1) {
		return heard{}
	}
	switch f.reg[0x17] >> 2 & 3 {
	case 1:
		h.mouth, h.mouthDB = f.hearsMouth("l", 0x00, 0x15, 0x20, 0x2b, 0)
	case 2:
		h.mouth, h.mouthDB = f.hearsMouth("r", 0x01, 0x16, 0x21, 0x2c, 1)
	}
	var ears []string
	ear := func(name string, volume byte, powered bool) {
		if v := f.effective[volume] & 0x7f; powered && v >= 0x30 && !f.bits(0x05, 1<<3) {
			ears = append(ears, name)
			h.earDB = float64(v) - 121
		}
	}
	left := f.bits(0x1a, 1<<8) && f.bits(0x2f, 1<<3) && f.reg[0x22]&0x180 == 0x100
	right := f.bits(0x1a, 1<<7) && f.bits(0x2f, 1<<2) && f.reg[0x25]&0x180 == 0x100
	ear("headphone-left", 0x02, left && f.bits(0x1a, 1<<6))
	ear("headphone-right", 0x03, right && f.bits(0x1a, 1<<5))
	ear("speaker-left", 0x28, left && f.bits(0x1a, 1<<4) && f.bits(0x31, 1<<6))
	ear("speaker-right", 0x29, right && f.bits(0x1a, 1<<3) && f.bits(0x31, 1<<7))
	slices.Sort(ears)
	h.ear = strings.Join(ears, "+")
	return h
}

func (f *fakeChip) hearsMouth(side string, volume, adc, path, mixer byte, shift int) (string, float64) {
	digital := f.effective[adc] & 0xff
	if digital == 0 || !f.bits(0x19, 1<<(5-shift)) || !f.bits(0x19, 1<<(3-shift)) {
		return "", 0
	}
	db := (float64(digital) - 0xc3) / 2
	var pins []string
	in := f.effective[volume]
	if f.bits(path, 1<<3) && f.bits(0x2f, 1<<(5-shift)) && in&(1<<7) == 0 {
		for pin, bit := range map[string]uint16{"input1": 1 << 8, "input2": 1 << 6, "input3": 1 << 7} {
			if f.bits(path, bit) {
				pins = append(pins, side+pin)
			}
		}
		db += float64(in&0x3f)*0.75 - 17.25 + []float64{0, 13, 20, 29}[f.reg[path]>>4&3]
	}
	for pin, shift := range map[string]int{"input2": 1, "input3": 4} {
		if g := f.reg[mixer] >> shift & 7; g != 0 {
			pins = append(pins, side+pin)
			db += float64(g)*3 - 15
		}
	}
	if pins == nil {
		return "", 0
	}
	slices.Sort(pins)
	return strings.Join(pins, "-"), db
}
