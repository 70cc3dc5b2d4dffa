package siptest

// companded is one G.711 sample: A-law for payload type 8, else mu-law.
func companded(payload uint8, s float64) byte {
	v := int(s)
	if payload == 8 {
		return alaw(v)
	}
	return ulaw(v)
}

// ulaw and alaw are ITU-T G.711 from the definition, segment by segment.
func ulaw(v int) byte {
	sign := byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, 32635) + 132
	exponent := 7
	for mask := 0x4000; v&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	return ^(sign | byte(exponent<<4) | byte(v>>(exponent+3)&15))
}

func alaw(v int) byte {
	sign := byte(0x80)
	if v < 0 {
		v, sign = -v-1, 0
	}
	v = min(v, 32767)
	exponent := 7
	for mask := 0x4000; v&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	mantissa := v >> 4 & 15
	if exponent > 0 {
		mantissa = v >> (exponent + 3) & 15
	}
	return (sign | byte(exponent<<4) | byte(mantissa)) ^ 0x55
}
