package codec

import "phoned/hw"

// A Mouth is a microphone input of the WM8960.
type Mouth string

// The microphone inputs. Those with two pins are differential: the first pin is
// the inverting one (WM8960 p. 20).
const (
	NoMouth   Mouth = ""
	LeftIn1   Mouth = "linput1"         // alone at pin LINPUT1
	LeftIn12  Mouth = "linput1-linput2" // between LINPUT1 and LINPUT2
	LeftIn13  Mouth = "linput1-linput3"
	LeftIn2   Mouth = "linput2" // alone at LINPUT2, by the boost mixer; gain -12 to +6 dB
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

// A Path is one route through the chip.
type Path struct {
	Mouth Mouth
	Ear   Ear
	// MouthDB is the gain of the microphone's amplifier: -17.25 to +30 dB in
	// steps of 0.75 dB; for LeftIn2 and its like -12 to +6 dB in steps of 3 dB.
	MouthDB float64
	// BoostDB follows it: 0, 13, 20 or 29 dB. It has none for LeftIn2 and its like.
	BoostDB float64
	// EarDB is the gain of the output: -73 to +6 dB in steps of 1 dB.
	EarDB float64
}

// A Chip says how a board wires and clocks its WM8960.
type Chip struct {
	Address uint16 // on the I2C bus; 0 = 0x1a, the only one the chip has
	MCLK    int    // Hz at pin MCLK: 12288000, 24000000, ...; it must never stop
	Rate    int    // Hz, samples a second: 8000, 16000 or 48000
	Primary bool   // the chip makes BCLK and LRCLK; else the processor does
	MicBias bool   // pin MICBIAS feeds a microphone
	// Sign puts a steady high level on pin ADCLRC/GPIO1, which a reset of the
	// chip takes away: a line there tells the board to call Codec.Lost.
	Sign   bool
	Routes [3]Path // by hw.Route
}

var _ = [1]struct{}{}[hw.RouteHeadset-2] // Routes has one for each
