// Package g711 encodes and decodes voice by both laws of ITU-T G.711, one byte
// a sample. Its decisions are those of the reference software ITU-T G.191 for
// every input. It is pure and allocates nothing.
package g711

import "math/bits"

// EncodeU encodes src by the mu-law (RTP name PCMU) and returns the number of
// bytes written to dst: the shorter length of both.
func EncodeU(dst []byte, src []int16) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, s := range src {
		dst[i] = encodeU(s)
	}
	return n
}

// EncodeA encodes src by the A-law (RTP name PCMA), else like EncodeU.
func EncodeA(dst []byte, src []int16) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, s := range src {
		dst[i] = encodeA(s)
	}
	return n
}

// DecodeU decodes mu-law bytes and returns the number of samples written to
// dst: the shorter length of both.
func DecodeU(dst []int16, src []byte) int { return decode(dst, src, &expandU) }

// DecodeA decodes A-law bytes, else like DecodeU.
func DecodeA(dst []int16, src []byte) int { return decode(dst, src, &expandA) }

func decode(dst []int16, src []byte, table *[256]int16) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, b := range src {
		dst[i] = table[b]
	}
	return n
}

// encodeU follows ITU-T G.711 table 2: a 14 bit magnitude, shifted by 33 so that
// the segment is the place of its leading one; all bits but the sign inverted.
func encodeU(s int16) byte {
	const bias, limit = 33, 0x1fff
	sign := byte(0x80)
	if s < 0 {
		s, sign = ^s, 0
	}
	m := min(uint16(s)>>2+bias, limit)
	segment := uint(bits.Len16(m >> 5)) // 1 to 8
	return sign | byte(8-segment)<<4 | ^byte(m>>segment)&0x0f
}

// encodeA follows ITU-T G.711 table 1: a 13 bit magnitude; even bits inverted.
func encodeA(s int16) byte {
	sign := byte(0x80)
	if s < 0 {
		s, sign = ^s, 0
	}
	m := uint16(s) >> 4
	if m > 15 {
		exponent := uint(bits.Len16(m >> 4)) // 1 to 7
		m = m>>(exponent-1) - 16 + uint16(exponent)<<4
	}
	return (sign | byte(m)) ^ 0x55
}

// expandU and expandA are the decoder outputs: the middle of each interval.
var expandU, expandA = tables()

func tables() (u, a [256]int16) {
	for b := range 256 {
		exponent, mantissa := ^b>>4&7, ^b&15
		v := (2*mantissa+33)<<(exponent+2) - 4*33
		if b < 0x80 {
			v = -v
		}
		u[b] = int16(v)

		exponent, mantissa = (b^0x55)>>4&7, (b^0x55)&15
		v = mantissa<<4 + 8
		if exponent > 0 {
			v = (v + 256) << (exponent - 1)
		}
		if b < 0x80 {
			v = -v
		}
		a[b] = int16(v)
	}
	return u, a
}
