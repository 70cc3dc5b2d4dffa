package sim

import "phoned/hw"

// legend tells the keyboard's keys, below the picture.
var legend = []string{
	"0-9 * #  dial      h  handset up/down   Enter  send",
	"a s d f  line 1-4  p hold  u mute  k speaker  t transfer",
	"r redial  x reject  + - volume  m menu  ↑ ↓ o(k) b(ack)",
	"F1-F4  keys below the display      q  quit",
}

// letters are the keys of the keyboard that stand for keys of the phone.
var letters = map[rune]hw.Key{
	'0': hw.Key0, '1': hw.Key1, '2': hw.Key2, '3': hw.Key3, '4': hw.Key4,
	'5': hw.Key5, '6': hw.Key6, '7': hw.Key7, '8': hw.Key8, '9': hw.Key9,
	'*': hw.KeyStar, '#': hw.KeyPound, '\r': hw.KeySend, '\n': hw.KeySend,
	'a': hw.KeyLine1, 's': hw.KeyLine2, 'd': hw.KeyLine3, 'f': hw.KeyLine4,
	'p': hw.KeyHold, 'u': hw.KeyMute, 'k': hw.KeySpeaker, 't': hw.KeyTransfer,
	'r': hw.KeyRedial, 'x': hw.KeyReject, '+': hw.KeyVolumeUp, '=': hw.KeyVolumeUp, '-': hw.KeyVolumeDown,
	'm': hw.KeyMenu, 'o': hw.KeyOK, ' ': hw.KeyOK, 'b': hw.KeyBack, 0x7f: hw.KeyBack, '\b': hw.KeyBack,
}

// sequences are the keys that terminals send as escape sequences.
var sequences = map[string]hw.Key{
	"\x1b[A": hw.KeyUp, "\x1b[B": hw.KeyDown, "\x1bOA": hw.KeyUp, "\x1bOB": hw.KeyDown,
	"\x1b[C": hw.KeyOK, "\x1b[D": hw.KeyBack, "\x1bOC": hw.KeyOK, "\x1bOD": hw.KeyBack,
	"\x1bOP": hw.KeySoft1, "\x1bOQ": hw.KeySoft2, "\x1bOR": hw.KeySoft3, "\x1bOS": hw.KeySoft4,
	"\x1b[11~": hw.KeySoft1, "\x1b[12~": hw.KeySoft2, "\x1b[13~": hw.KeySoft3, "\x1b[14~": hw.KeySoft4,
	"\x1b[[A": hw.KeySoft1, "\x1b[[B": hw.KeySoft2, "\x1b[[C": hw.KeySoft3, "\x1b[[D": hw.KeySoft4, // Linux console
}

// A stroke is what one read from the keyboard holds: a key of the phone, the
// hook, the end, or a letter that means something to someone else.
type stroke struct {
	key    hw.Key
	hook   bool
	quit   bool
	letter rune
}

// strokes splits what was read from a terminal in raw mode. An escape sequence
// comes in one read; one that is not known is skipped whole.
func strokes(read []byte) (out []stroke) {
	for len(read) > 0 {
		if read[0] == 0x1b {
			n := sequenceLength(read)
			if n == 1 {
				out = append(out, stroke{key: hw.KeyBack})
			} else if k, ok := sequences[string(read[:n])]; ok {
				out = append(out, stroke{key: k})
			}
			read = read[n:]
			continue
		}
		r, n := decodeRune(read)
		read = read[n:]
		switch k, ok := letters[r]; {
		case ok:
			out = append(out, stroke{key: k})
		case r == 'h':
			out = append(out, stroke{hook: true})
		case r == 'q' || r == 3 || r == 4: // ^C, ^D
			out = append(out, stroke{quit: true})
		default:
			out = append(out, stroke{letter: r})
		}
	}
	return out
}

// sequenceLength measures the escape sequence at the start of b (ECMA-48 §5.4:
// parameter and intermediate bytes, then one final byte).
func sequenceLength(b []byte) int {
	if len(b) < 2 {
		return 1
	}
	switch b[1] {
	case 'O':
		return min(3, len(b))
	case '[':
		if len(b) >= 4 && b[2] == '[' {
			return 4
		}
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	}
	return 1
}
