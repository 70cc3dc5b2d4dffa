package codec

import (
	"fmt"

	"phoned/hw"
)

// A Chip says how a board wires and clocks its WM8960. Whatever a route of the
// board needs is switched on once, and stays so: a change of the route moves
// volumes only, which is what makes it silent.
type Chip struct {
	Address uint16 // on the I2C bus; 0 = 0x1a, which the chip has always
	MCLK    int    // Hz at pin MCLK: 12288000, 24000000, ...; it must never stop
	Rate    int    // Hz, samples a second: 8000, 16000 or 48000
	// Primary: the chip makes BCLK and DACLRC; else the processor does. The frames
	// of both directions are by DACLRC, in I2S format with 16 bits.
	Primary bool
	MicBias bool // pin MICBIAS feeds a microphone, with 0.9 AVDD
	// Sign puts a steady high level on pin ADCLRC/GPIO1, which a reset of the
	// chip takes away: a line there tells the board to call Codec.Lost. The board
	// needs a resistor to ground at the pin.
	Sign   bool
	Routes [3]Path // by hw.Route; an empty one is silent
}

// defaultAddress is the chip's on the bus: 0011010.
const defaultAddress = 0x1a

// Check finds what the chip can't do, all of it in one error's text or nil.
func (c Chip) Check() error {
	if c.Address != 0 && (c.Address < 0x08 || c.Address > 0x77) {
		return fmt.Errorf("address 0x%02x: an I2C device has 0x08 to 0x77", c.Address)
	}
	if _, err := clocksFor(c.MCLK, c.Rate); err != nil {
		return err
	}
	for _, r := range routes {
		var regs registers
		if err := c.Routes[r].put(&regs); err != nil {
			return fmt.Errorf("route %s: %w", r, err)
		}
	}
	return nil
}

// silence are the registers of a chip that is switched on and connects nothing.
// Those that are 0 and not in written keep what the reset gave them.
func (c Chip) silence() registers {
	var r registers
	k, err := clocksFor(c.MCLK, c.Rate)
	if err != nil {
		return r // Check was there before
	}
	r[clocking1], r[clocking2] = k.clocking1, k.clocking2
	r[converters1] = dacMute
	r[converters2] = softUnmute // DACMR = 0: the fast ramp
	r[interface1] = 0b10        // FORMAT = I2S, WL = 16 bits
	if c.Primary {
		r[interface1] |= 1 << 6
	}
	r[interface2] = pinIsGPIO
	r[additional1] = 1<<8 | 0b11<<6 | 1<<1 | 1<<0 // thermal shutdown, 3.3 V, TOEN with the fast clock
	r[additional2] = 1 << 2                       // LRCM: one frame clock for both
	r[additional3] = k.alcRate
	r[additional4] = 1 << 1 // TSENSEN; GPIOSEL = 000 is an input
	if c.Sign {
		r[additional4] |= codecSign
	}
	r[antiPop1] = buffered
	r[leftDACVolume], r[rightDACVolume] = volumeUpdate|dacFull, volumeUpdate|dacFull
	r[leftInputVolume], r[rightInputVolume] = volumeUpdate|inputMute|inputZC, volumeUpdate|inputMute|inputZC
	r[leftADCVolume], r[rightADCVolume] = volumeUpdate, volumeUpdate // 00000000 = digital mute
	for _, o := range []register{leftHeadphone, rightHeadphone, leftSpeaker, rightSpeaker} {
		r[o] = volumeUpdate | outputZC | analogueMuted
	}
	r[leftOutputMixer], r[rightOutputMixer] = 1<<8|0b101<<4, 1<<8|0b101<<4 // the DACs, and nothing else
	r[leftBypass], r[rightBypass] = 0b101<<4, 0b101<<4
	r[classD1] = 0b110111
	r[classD3] = 1 << 7
	r[power1] = vmid50k | vref
	if c.MicBias {
		r[power1] |= micBias
	}
	if k.pll {
		r[power2] |= pllOn
	}
	r[pll1], r[pll2], r[pll3], r[pll4] = k.pllN, uint16(k.pllK>>16), uint16(k.pllK>>8&0xff), uint16(k.pllK&0xff)
	for _, p := range c.Routes {
		p.power(&r)
	}
	return r
}

// power switches on what a route needs.
func (p Path) power(r *registers) {
	if m, ok := mouths[p.Mouth]; ok {
		shift := 0
		if m.right {
			shift = 1
		}
		r[power1] |= 1 << (5 - shift) // AINL, AINR: the boost mixer
		r[power1] |= 1 << (3 - shift) // ADCL, ADCR
		if m.line == 0 {
			r[power3] |= 1 << (5 - shift) // LMIC, RMIC
		}
	}
	for _, o := range outputs[p.Ear] {
		switch o {
		case leftHeadphone:
			r[power2] |= 1<<8 | 1<<6 // DACL, LOUT1
			r[power3] |= 1 << 3      // LOMIX
		case rightHeadphone:
			r[power2] |= 1<<7 | 1<<5
			r[power3] |= 1 << 2
		case leftSpeaker:
			r[power2] |= 1<<8 | 1<<4
			r[power3] |= 1 << 3
			r[classD1] |= 1 << 6
		case rightSpeaker:
			r[power2] |= 1<<7 | 1<<3
			r[power3] |= 1 << 2
			r[classD1] |= 1 << 7
		}
	}
}

// registers are those of a wish.
func (c Chip) registers(w wish) registers {
	r := c.silence()
	if int(w.route) >= len(c.Routes) {
		w.route = hw.RouteHeadset // as hw.Route's name has it
	}
	if c.Routes[w.route].put(&r) != nil {
		return c.silence() // Check was there before
	}
	r[converters1] &^= dacMute
	if w.muted {
		for _, v := range []register{leftInputVolume, rightInputVolume} {
			r[v] |= inputMute
		}
		r[leftADCVolume], r[rightADCVolume] = volumeUpdate, volumeUpdate
	}
	return r
}
