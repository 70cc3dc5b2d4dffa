package failover

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// snapshotVersion changes whenever what a snapshot holds does.
const snapshotVersion = 1

// errSnapshot says that bytes are no snapshot of a line with this
// configuration, or of another version of the program.
var errSnapshot = errors.New("not a snapshot of this configuration and version")

// AppendState appends all that the Line knows to b, but for its configuration,
// and returns the result. Restore makes a Line of it that does the same from
// here on.
func (l *Line) AppendState(b []byte) []byte {
	begin := len(b)
	s := snapshot{bytes: append(b, snapshotVersion)}
	s.line(l)
	return binary.BigEndian.AppendUint32(s.bytes, sum(s.bytes[begin:]))
}

// Restore makes a Line of a configuration and what AppendState said.
func Restore(cfg Config, state []byte) (*Line, error) {
	end := len(state) - 4
	if end < 1 || state[0] != snapshotVersion || binary.BigEndian.Uint32(state[end:]) != sum(state[:end]) {
		return nil, errSnapshot
	}
	l := New(cfg, 0)
	s := snapshot{bytes: state[1:end], reading: true}
	s.line(l)
	if s.broken || len(s.bytes) != 0 {
		return nil, errSnapshot
	}
	return l, nil
}

// sum tells a snapshot that was damaged (FNV-1a).
func sum(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// snapshot writes or reads values one after the other.
type snapshot struct {
	bytes   []byte
	reading bool
	broken  bool
}

// number is what every value of a Line is, or is made of.
type number interface {
	~int8 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint
}

// put writes v, or reads it; the sign goes into the lowest bit, so that small
// numbers stay short.
func put[T number](s *snapshot, v *T) {
	if !s.reading {
		s.bytes = binary.AppendUvarint(s.bytes, bits.RotateLeft64(uint64(*v), 1))
		return
	}
	u, n := binary.Uvarint(s.bytes)
	u = bits.RotateLeft64(u, -1)
	if n <= 0 || uint64(T(u)) != u {
		s.broken = true
		return
	}
	*v = T(u)
	s.bytes = s.bytes[n:]
}

func (s *snapshot) flags(flags ...*bool) {
	var v uint64
	for i, f := range flags {
		if *f {
			v |= 1 << i
		}
	}
	put(s, &v)
	for i, f := range flags {
		*f = v>>i&1 != 0
	}
}

// items writes or reads how long a slice is, and every element; a slice that is
// read never grows beyond what New has made room for.
func items[T any](s *snapshot, v *[]T, each func(*T)) {
	n := uint64(len(*v))
	put(s, &n)
	if n > uint64(cap(*v)) {
		s.broken = true
		return
	}
	*v = (*v)[:n]
	for i := range *v {
		each(&(*v)[i])
	}
}
