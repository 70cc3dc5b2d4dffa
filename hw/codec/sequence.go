package codec

import "time"

// The pauses of the WM8960.
const (
	dischargeTime = 400 * time.Millisecond // the capacitors at the outputs, with DISOP
	vmidTime      = 100 * time.Millisecond // VMID rises at 2 x 50 kOhm
	pllTime       = 250 * time.Millisecond // the PLL locks
)

// rampStep is one step of the mouth's volume, in units of 0.5 dB.
const rampStep = 12

// reachOrder are the registers of the sound's path, from the supply to the
// outputs: the order in which they may be written at any time.
var (
	clockOrder = []register{pll1, pll2, pll3, pll4, clocking2, clocking1}
	quietOrder = []register{
		interface1, interface2, additional2, additional3, additional4,
		threeD, alc1, noiseGate, converters2, leftDACVolume, rightDACVolume,
		leftOutputMixer, rightOutputMixer, monoMixer1, monoMixer2, leftBypass, rightBypass, classD3,
	}
	mouthOrder  = []register{leftInputPath, rightInputPath, leftBoostMixer, rightBoostMixer, additional1, leftInputVolume, rightInputVolume}
	earOrder    = []register{leftHeadphone, rightHeadphone, leftSpeaker, rightSpeaker}
	outputOrder = []register{power3, power1, power2, classD1}
)

// A sequence is written from its first to its last.
type sequence []write

func (s *sequence) put(reg register, value uint16, wait time.Duration) {
	*s = append(*s, write{reg, value, wait})
}

func (s *sequence) all(r registers, order []register) {
	for _, reg := range order {
		s.put(reg, r[reg], 0)
	}
}

// powerUp brings a chip of which nothing is known to a wish.
//
// The order is that of the data sheet ("Pop minimisation", "Enabling the
// outputs") and of Linux' sound/soc/codecs/wm8960.c: outputs discharged, VMID
// risen softly on the start-up bias, then VREF, clocks, the paths in silence,
// and the outputs last. The class D clock runs before the speakers ("should not
// be enabled until there is a valid switching clock", WM8960 p. 41).
func (c Chip) powerUp(w wish) sequence {
	var s sequence
	quiet := c.silence()
	s.put(reset, 0, 0)
	s.put(antiPop1, startupBias, 0)
	s.put(antiPop2, discharge, dischargeTime)
	s.put(antiPop2, 0, 0)
	s.put(power1, vmid50k, vmidTime)
	s.put(power1, vmid50k|vref, 0)
	s.put(antiPop1, buffered, 0)
	if quiet[power2]&pllOn != 0 {
		s.all(quiet, clockOrder[:4])
		s.put(power2, pllOn, pllTime)
		s.all(quiet, clockOrder[4:])
	} else {
		s.all(quiet, clockOrder[4:])
	}
	s.all(quiet, quietOrder)
	s.put(converters1, quiet[converters1], 0)
	s.put(leftADCVolume, quiet[leftADCVolume], 0)
	s.put(rightADCVolume, quiet[rightADCVolume], 0)
	s.all(quiet, mouthOrder)
	s.all(quiet, earOrder)
	s.all(quiet, outputOrder)
	return append(s, c.change(quiet, c.registers(w))...)
}

// change leads from one route, muted or not, to another. The whole route is
// written, also what should be there already: so it heals what a chip lost
// unnoticed since.
func (c Chip) change(from, to registers) sequence {
	var s sequence
	ears, mouth := differ(from, to, earOrder), differ(from, to, mouthOrder)
	if ears {
		// DACMU leads to silence on a ramp, in 512 samples at the fast rate of
		// half the sample rate ("DAC soft mute").
		s.put(converters1, from[converters1]|dacMute, time.Second*512/time.Duration(c.Rate))
	}
	left, right := from[leftADCVolume], from[rightADCVolume]
	if mouth {
		s.ramp(leftADCVolume, left, volumeUpdate)
		s.ramp(rightADCVolume, right, volumeUpdate)
		left, right = volumeUpdate, volumeUpdate
	}
	s.all(to, mouthOrder)
	s.all(to, earOrder)
	s.put(converters1, to[converters1], 0) // with DACSMM the sound comes back on a ramp
	s.ramp(leftADCVolume, left, to[leftADCVolume])
	s.ramp(rightADCVolume, right, to[rightADCVolume])
	return s
}

// ramp moves the mouth's digital volume, which alone has no ramp of its own, in
// steps of 6 dB: no step that a listener hears as a click. The bus is their
// clock: 27 bits a step, 0.3 ms at 100 kHz, so all of it takes 5 ms. It ends with
// the volume itself, also where there is no way to go.
func (s *sequence) ramp(reg register, from, to uint16) {
	now, goal := int(from&0xff), int(to&0xff)
	for now+rampStep < goal {
		now += rampStep
		s.put(reg, volumeUpdate|uint16(now), 0)
	}
	for now-rampStep > goal {
		now -= rampStep
		s.put(reg, volumeUpdate|uint16(now), 0)
	}
	s.put(reg, to, 0)
}

// renew writes every register again with what it has: nothing changes in a chip
// that has kept it, and one that was reset works again, with a click.
func (c Chip) renew(w wish) sequence {
	var s sequence
	now := c.registers(w)
	s.put(power1, now[power1], 0)
	s.put(antiPop2, 0, 0)
	s.put(antiPop1, buffered, 0)
	if now[power2]&pllOn != 0 {
		s.all(now, clockOrder[:4])
	}
	s.all(now, clockOrder[4:])
	s.all(now, quietOrder)
	s.all(now, mouthOrder)
	s.all(now, outputOrder)
	s.all(now, earOrder)
	s.put(leftADCVolume, now[leftADCVolume], 0)
	s.put(rightADCVolume, now[rightADCVolume], 0)
	s.put(converters1, now[converters1], 0)
	return s
}

// powerDown leads from a wish to a chip without power: muted, the outputs held
// at their level by the start-up bias, then VMID falls.
func (c Chip) powerDown(w wish) sequence {
	var s sequence
	quiet := c.silence()
	s = append(s, c.change(c.registers(w), quiet)...)
	s.put(classD1, 0b110111, 0)
	s.put(antiPop1, startupBias, 0)
	s.put(power1, 0, 0)
	s.put(power2, 0, 0)
	s.put(power3, 0, 0)
	return s
}

func differ(a, b registers, in []register) bool {
	for _, r := range in {
		if a[r] != b[r] {
			return true
		}
	}
	return false
}
