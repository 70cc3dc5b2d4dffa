package g711

import "testing"

// The four functions below are the rule of ITU-T G.191 (module G.711), written
// as there: search loops and no tables.
func ruleEncodeU(s int16) byte {
	absno := int(s)
	if s < 0 {
		absno = int(^s)
	}
	absno = absno>>2 + 33
	if absno > 0x1fff {
		absno = 0x1fff
	}
	segno := 1
	for i := absno >> 6; i != 0; i >>= 1 {
		segno++
	}
	v := (8-segno)<<4 | (0x0f - absno>>segno&0x0f)
	if s >= 0 {
		v |= 0x80
	}
	return byte(v)
}

func ruleEncodeA(s int16) byte {
	ix := int(s) >> 4
	if s < 0 {
		ix = int(^s) >> 4
	}
	if ix > 15 {
		iexp := 1
		for ix > 16+15 {
			ix >>= 1
			iexp++
		}
		ix -= 16
		ix += iexp << 4
	}
	if s >= 0 {
		ix |= 0x80
	}
	return byte(ix ^ 0x55)
}

func ruleDecodeU(b byte) int16 {
	sign := 1
	if b < 0x80 {
		sign = -1
	}
	mantissa := int(^b)
	exponent := mantissa >> 4 & 7
	segment := exponent + 1
	mantissa &= 0x0f
	step := 4 << segment
	return int16(sign * (0x80<<exponent + step*mantissa + step/2 - 4*33))
}

func ruleDecodeA(b byte) int16 {
	ix := int(b^0x55) & 0x7f
	iexp := ix >> 4
	mant := ix & 0x0f
	if iexp > 0 {
		mant += 16
	}
	mant = mant<<4 + 8
	if iexp > 1 {
		mant <<= iexp - 1
	}
	if b > 127 {
		return int16(mant)
	}
	return int16(-mant)
}

func TestEverySampleIsEncodedByTheRule(t *testing.T) {
	for v := -32768; v <= 32767; v++ {
		s := []int16{int16(v)}
		var u, a [1]byte
		EncodeU(u[:], s)
		EncodeA(a[:], s)
		if want := ruleEncodeU(s[0]); u[0] != want {
			t.Fatalf("mu-law of %d = %#x, want %#x", v, u[0], want)
		}
		if want := ruleEncodeA(s[0]); a[0] != want {
			t.Fatalf("A-law of %d = %#x, want %#x", v, a[0], want)
		}
	}
}

func TestEveryByteIsDecodedByTheRule(t *testing.T) {
	for b := range 256 {
		var u, a [1]int16
		DecodeU(u[:], []byte{byte(b)})
		DecodeA(a[:], []byte{byte(b)})
		if want := ruleDecodeU(byte(b)); u[0] != want {
			t.Errorf("mu-law %#x = %d, want %d", b, u[0], want)
		}
		if want := ruleDecodeA(byte(b)); a[0] != want {
			t.Errorf("A-law %#x = %d, want %d", b, a[0], want)
		}
	}
}

// What was decoded encodes to the same byte; mu-law has two zeros.
func TestTranscodingLosesNothing(t *testing.T) {
	for b := range 256 {
		var s [1]int16
		var back [1]byte
		DecodeU(s[:], []byte{byte(b)})
		if EncodeU(back[:], s[:]); back[0] != byte(b) && b != 0x7f {
			t.Errorf("mu-law %#x came back as %#x", b, back[0])
		}
		DecodeA(s[:], []byte{byte(b)})
		if EncodeA(back[:], s[:]); back[0] != byte(b) {
			t.Errorf("A-law %#x came back as %#x", b, back[0])
		}
	}
}

func TestTheShorterSideLimits(t *testing.T) {
	if n := EncodeU(make([]byte, 3), make([]int16, 5)); n != 3 {
		t.Errorf("EncodeU wrote %d", n)
	}
	if n := DecodeA(make([]int16, 2), make([]byte, 5)); n != 2 {
		t.Errorf("DecodeA wrote %d", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	s, d := make([]int16, 160), make([]byte, 160)
	for i := range s {
		s[i] = int16(i*400 - 32000)
	}
	b.ReportAllocs()
	for b.Loop() {
		EncodeA(d, s)
		DecodeA(s, d)
	}
}
