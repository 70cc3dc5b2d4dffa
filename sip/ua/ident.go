package ua

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
)

// magic begins every branch of RFC 3261 (§8.1.1.7).
const magic = "z9hG4bK"

// idents makes the names that must not collide or be guessed: branches, tags,
// Call-IDs. The generator is a stream cipher, so a name tells nothing about the
// next one (RFC 3261 §19.3: at least 32 bits of randomness).
type idents struct{ source *rand.ChaCha8 }

// newIdents replays the same names for the same seed; seed 0 draws one.
func newIdents(seed uint64) idents {
	var key [32]byte
	if seed == 0 {
		_, _ = crand.Read(key[:]) // never fails since Go 1.24
	} else {
		binary.LittleEndian.PutUint64(key[:], seed)
	}
	return idents{rand.NewChaCha8(key)}
}

func (i idents) uint64() uint64 { return i.source.Uint64() }

const identAlphabet = "0123456789abcdefghijklmnopqrstuv"

// token is a string of n characters of 5 random bits each.
func (i idents) token(n int) string {
	b := make([]byte, n)
	var bits uint64
	left := 0
	for k := range b {
		if left < 5 {
			bits, left = i.source.Uint64(), 64
		}
		b[k] = identAlphabet[bits&31]
		bits >>= 5
		left -= 5
	}
	return string(b)
}

func (i idents) branch() string { return magic + i.token(16) }
func (i idents) tag() string    { return i.token(10) }
func (i idents) callID() string { return i.token(22) }
