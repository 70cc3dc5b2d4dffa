package codec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"phoned/hw"
)

// A Mouth is a microphone input of the WM8960.
type Mouth string

// The microphone inputs. Those with two pins are differential: the first pin is
// the inverting one.
const (
	NoMouth   Mouth = ""
	LeftIn1   Mouth = "linput1"         // alone at pin LINPUT1
	LeftIn12  Mouth = "linput1-linput2" // between LINPUT1 and LINPUT2
	LeftIn13  Mouth = "linput1-linput3"
	LeftIn2   Mouth = "linput2" // alone at LINPUT2, without the microphone's amplifier
	LeftIn3   Mouth = "linput3"
	RightIn1  Mouth = "rinput1"
	RightIn12 Mouth = "rinput1-rinput2"
	RightIn13 Mouth = "rinput1-rinput3"
	RightIn2  Mouth = "rinput2"
	RightIn3  Mouth = "rinput3"
)

// An Ear is an output of the WM8960.
type Ear string

// The outputs.
const (
	NoEar          Ear = ""
	HeadphoneLeft  Ear = "headphone-left"  // pin HP_L
	HeadphoneRight Ear = "headphone-right" // pin HP_R
	HeadphoneBoth  Ear = "headphone"
	SpeakerLeft    Ear = "speaker-left" // pins SPK_LP, SPK_LN
	SpeakerRight   Ear = "speaker-right"
	SpeakerBoth    Ear = "speaker"
)

// A Path is one route through the chip. The voice towards the ear is expected in
// both channels of the sound card; the mouth's is given in both.
type Path struct {
	Mouth Mouth
	Ear   Ear
	// MouthDB is the gain of the microphone's amplifier: -17.25 to +30 dB in
	// steps of 0.75 dB; at LeftIn2 and its like -12 to +6 dB in steps of 3 dB.
	MouthDB float64
	// BoostDB follows it: 0, 13, 20 or 29 dB; 0 at LeftIn2 and its like.
	BoostDB float64
	// EarDB is the gain of the output: -73 to +6 dB in steps of 1 dB.
	EarDB float64
}

// A pin is how a Mouth is connected.
type pin struct {
	right bool
	path  uint16 // R32: LMN1, LMP3, LMP2
	line  uint   // 2 or 3: by the boost mixer; 0: by the amplifier
}

var mouths = map[Mouth]pin{
	LeftIn1:   {path: 1 << 8},
	LeftIn12:  {path: 1<<8 | 1<<6},
	LeftIn13:  {path: 1<<8 | 1<<7},
	LeftIn2:   {line: 2},
	LeftIn3:   {line: 3},
	RightIn1:  {right: true, path: 1 << 8},
	RightIn12: {right: true, path: 1<<8 | 1<<6},
	RightIn13: {right: true, path: 1<<8 | 1<<7},
	RightIn2:  {right: true, line: 2},
	RightIn3:  {right: true, line: 3},
}

// outputs are the volume registers of an Ear.
var outputs = map[Ear][]register{
	HeadphoneLeft:  {leftHeadphone},
	HeadphoneRight: {rightHeadphone},
	HeadphoneBoth:  {leftHeadphone, rightHeadphone},
	SpeakerLeft:    {leftSpeaker},
	SpeakerRight:   {rightSpeaker},
	SpeakerBoth:    {leftSpeaker, rightSpeaker},
}

// put sets the registers of a route. They are those of silence before.
func (p Path) put(r *registers) error {
	if err := p.putMouth(r); err != nil {
		return err
	}
	return p.putEar(r)
}

func (p Path) putMouth(r *registers) error {
	if p.Mouth == NoMouth {
		return nil
	}
	m, ok := mouths[p.Mouth]
	if !ok {
		return fmt.Errorf("mouth %q: it is one of %s", p.Mouth, names(mouths))
	}
	volume, path, mixer, adc := leftInputVolume, leftInputPath, leftBoostMixer, leftADCVolume
	select1 := uint16(0b01) // DATSEL: the left ADC in both channels
	if m.right {
		volume, path, mixer, adc = rightInputVolume, rightInputPath, rightBoostMixer, rightADCVolume
		select1 = 0b10
	}
	r[additional1] |= select1 << 2
	r[adc] = volumeUpdate | adcFull
	if m.line != 0 {
		gain, err := lineGain.at(p.MouthDB)
		if err != nil {
			return err
		}
		if p.BoostDB != 0 {
			return fmt.Errorf("boost of %g dB: mouth %q has none", p.BoostDB, p.Mouth)
		}
		r[mixer] = gain << map[uint]int{2: 1, 3: 4}[m.line]
		return nil
	}
	gain, err := inputGain.at(p.MouthDB)
	if err != nil {
		return err
	}
	boost, err := boostGain.at(p.BoostDB)
	if err != nil {
		return err
	}
	r[volume] = volumeUpdate | inputZC | gain
	r[path] = m.path | boost<<4 | 1<<3
	return nil
}

func (p Path) putEar(r *registers) error {
	if p.Ear == NoEar {
		return nil
	}
	out, ok := outputs[p.Ear]
	if !ok {
		return fmt.Errorf("ear %q: it is one of %s", p.Ear, names(outputs))
	}
	gain, err := outputGain.at(p.EarDB)
	if err != nil {
		return err
	}
	for _, o := range out {
		r[o] = volumeUpdate | outputZC | gain
	}
	return nil
}

func names[K ~string, V any](of map[K]V) string {
	var all []string
	for _, n := range slices.Sorted(maps.Keys(of)) {
		all = append(all, string(n))
	}
	return strings.Join(all, ", ")
}

// routes are all of hw's.
var routes = [...]hw.Route{hw.RouteHandset, hw.RouteSpeaker, hw.RouteHeadset}
