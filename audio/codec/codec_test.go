package codec

import (
	"testing"

	"phoned/audio"
)

// On every device, a codec's 20 ms are 160 bytes and the samples of its rate.
func TestOneByteIsOneTick(t *testing.T) {
	for _, device := range []int{8000, 16000} {
		for _, id := range []audio.CodecID{audio.PCMU, audio.PCMA, audio.G722} {
			rate := Rate(id, device)
			var e Encoder
			var d Decoder
			e.Reset(id, rate)
			d.Reset(id, rate)
			b := make([]byte, 200)
			if n := e.Encode(b, make([]int16, rate/50)); n != Clock/50 {
				t.Errorf("codec %d at %d: %d bytes", id, rate, n)
			}
			if n := d.Decode(make([]int16, 1000), b[:Clock/50]); n != rate/50 {
				t.Errorf("codec %d at %d: %d samples", id, rate, n)
			}
			if e.Codec() != id || d.Codec() != id {
				t.Errorf("codec %d lost its name", id)
			}
		}
	}
}

func TestNoCodecIsStill(t *testing.T) {
	var e Encoder
	var d Decoder
	if Rate(audio.NoCodec, 16000) != 0 || e.Encode(make([]byte, 9), make([]int16, 9)) != 0 || d.Decode(make([]int16, 9), make([]byte, 9)) != 0 {
		t.Error("no codec made something")
	}
}
