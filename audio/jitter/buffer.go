package jitter

// Limits of what waits.
const (
	MaxPayload = 1024 // bytes of one packet
	slots      = 64
)

type slot struct {
	used bool
	at   int64 // extended timestamp of the first sample
	size int
	data [MaxPayload]byte
}

// end is the timestamp after the last sample; a byte is a tick.
func (s *slot) end() int64 { return s.at + int64(s.size) }

// A buffer holds packets until they are due, at most one for a timestamp.
type buffer struct {
	slot [slots]slot
	n    int
}

func (b *buffer) clear() {
	for i := range b.slot {
		b.slot[i].used = false
	}
	b.n = 0
}

// put keeps a packet; false if its timestamp is there already. If all slots are
// taken the oldest packet gives way.
func (b *buffer) put(at int64, data []byte) bool {
	free, old := -1, -1
	for i := range b.slot {
		s := &b.slot[i]
		switch {
		case !s.used:
			free = i
		case s.at == at:
			return false
		case old < 0 || s.at < b.slot[old].at:
			old = i
		}
	}
	if free < 0 {
		free = old
		b.n--
	}
	s := &b.slot[free]
	s.used, s.at, s.size = true, at, copy(s.data[:], data)
	b.n++
	return true
}

// first is the earliest packet, nil if there is none.
func (b *buffer) first() *slot {
	if b.n == 0 {
		return nil
	}
	var f *slot
	for i := range b.slot {
		if s := &b.slot[i]; s.used && (f == nil || s.at < f.at) {
			f = s
		}
	}
	return f
}

func (b *buffer) drop(s *slot) {
	s.used = false
	b.n--
}
