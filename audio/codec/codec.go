// Package codec is every voice codec behind one pair of types, switched in
// place: an Encoder or Decoder holds the state of whatever codec it was last
// Reset to. It is pure and allocates nothing. All codecs here have an RTP clock
// of 8000 Hz and 64 kbit/s: one byte of payload is one tick.
package codec

import (
	"phoned/audio"
	"phoned/audio/g711"
	"phoned/audio/g722"
)

// Clock is the RTP clock rate of every codec, in Hz.
const Clock = 8000

// Rate is the number of samples a second a codec works with on a device of the
// given rate: its own or, where that is more, the device's. 0 = no such codec.
func Rate(id audio.CodecID, device int) int {
	switch id {
	case audio.PCMU, audio.PCMA:
		return 8000
	case audio.G722:
		return min(device, 16000)
	}
	return 0
}

// An Encoder turns samples into payload. The zero value encodes nothing.
type Encoder struct {
	id   audio.CodecID
	g722 g722.Encoder
}

// Reset makes it a fresh encoder of a codec at a rate that Rate gave.
func (e *Encoder) Reset(id audio.CodecID, rate int) {
	e.id = id
	if id == audio.G722 {
		e.g722.Reset(rate)
	}
}

// Codec is what it was reset to.
func (e *Encoder) Codec() audio.CodecID { return e.id }

// Encode returns the number of bytes written to dst.
func (e *Encoder) Encode(dst []byte, src []int16) int {
	switch e.id {
	case audio.PCMU:
		return g711.EncodeU(dst, src)
	case audio.PCMA:
		return g711.EncodeA(dst, src)
	case audio.G722:
		return e.g722.Encode(dst, src)
	}
	return 0
}

// A Decoder turns payload into samples. The zero value decodes nothing.
type Decoder struct {
	id   audio.CodecID
	g722 g722.Decoder
}

// Reset makes it a fresh decoder of a codec at a rate that Rate gave.
func (d *Decoder) Reset(id audio.CodecID, rate int) {
	d.id = id
	if id == audio.G722 {
		d.g722.Reset(rate)
	}
}

// Codec is what it was reset to.
func (d *Decoder) Codec() audio.CodecID { return d.id }

// Decode returns the number of samples written to dst.
func (d *Decoder) Decode(dst []int16, src []byte) int {
	switch d.id {
	case audio.PCMU:
		return g711.DecodeU(dst, src)
	case audio.PCMA:
		return g711.DecodeA(dst, src)
	case audio.G722:
		return d.g722.Decode(dst, src)
	}
	return 0
}
