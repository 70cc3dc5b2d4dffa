package dns

// readNAPTR reads the data of a NAPTR record (RFC 3403 §4.1), which lies
// somewhere in msg.
func readNAPTR(msg, data []byte) (pointer, bool) {
	if len(data) < 4 {
		return pointer{}, false
	}
	n := pointer{
		order:      uint16(data[0])<<8 | uint16(data[1]),
		preference: uint16(data[2])<<8 | uint16(data[3]),
	}
	rest := data[4:]
	for _, field := range []*string{&n.flags, &n.service, &n.regexp} {
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
			return pointer{}, false
		}
		end := 1 + int(rest[0])
		*field, rest = string(rest[1:end]), rest[end:]
	}
	wire, whole := readName(msg, rest)
	if !whole {
		return pointer{}, false
	}
	n.replacement, _ = hostName(wire) // "" = none: the regular expression counts
	return n, true
}

// readName reads the domain name that data begins with. RFC 3403 forbids to
// compress it, RFC 3597 §4 asks to understand it nevertheless: a compression
// pointer leads into msg.
func readName(msg, data []byte) (string, bool) {
	var name []byte
	for jumps := 0; len(data) > 0; {
		length := int(data[0])
		switch {
		case length == 0:
			return string(name), true
		case length < 0x40:
			if len(data) <= length || len(name)+length+1 > 254 {
				return "", false
			}
			for _, c := range data[1 : 1+length] {
				if c == '.' {
					return "", false // would be read as two labels
				}
			}
			name = append(append(name, data[1:1+length]...), '.')
			data = data[1+length:]
		case length >= 0xC0 && len(data) > 1:
			at := (length&0x3F)<<8 | int(data[1])
			if jumps++; jumps > 10 || at >= len(msg) {
				return "", false
			}
			data = msg[at:]
		default:
			return "", false
		}
	}
	return "", false
}
