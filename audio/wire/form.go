package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"phoned/audio"
)

var (
	errShort = errors.New("message is too short")
	errLong  = errors.New("message has bytes left over")
)

// Append adds the form of m to b. It allocates nothing if b is large enough.
func (m *Message) Append(b []byte) []byte {
	b = append(b, byte(m.Kind), m.Which)
	b = binary.BigEndian.AppendUint32(b, m.Call)
	b = binary.BigEndian.AppendUint32(b, uint32(m.Value))
	switch m.Kind {
	case Digit:
		b = binary.BigEndian.AppendUint64(b, uint64(m.Long))
	case Tone, Hello, Fault:
		b = append(b, m.Text[:min(len(m.Text), MaxText)]...)
	case Set:
		b = appendSession(b, &m.Session)
	case Report:
		b = appendStats(b, &m.Stats)
	}
	return b
}

// Parse reads a message. What it can not read is an error; what it does not
// know is a message of an unknown Kind.
func (m *Message) Parse(b []byte) error {
	*m = Message{}
	r := reader{b: b}
	m.Kind, m.Which = Kind(r.u8()), r.u8()
	m.Call, m.Value = r.u32(), int32(r.u32())
	switch m.Kind {
	case Digit:
		m.Long = time.Duration(r.u64())
	case Tone, Hello, Fault:
		m.Text = string(r.b[:min(len(r.b), MaxText)])
		r.b = nil
	case Set:
		r.session(&m.Session)
	case Report:
		r.stats(&m.Stats)
	}
	if r.err != nil {
		return fmt.Errorf("read a message of kind %d: %w", m.Kind, r.err)
	}
	if len(r.b) > 0 {
		return fmt.Errorf("read a message of kind %d: %w", m.Kind, errLong)
	}
	return nil
}

func appendSession(b []byte, s *audio.Session) []byte {
	flags := byte(0)
	if s.Send {
		flags |= 1
	}
	if s.Play {
		flags |= 2
	}
	b = append(b, flags, byte(s.Codec), s.Payload, s.Event, s.EventIn)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Ptime))
	b = appendAddr(b, s.Remote)
	b = appendAddr(b, s.RemoteRTCP)
	n := min(len(s.Receive), MaxReceive)
	b = append(b, byte(n))
	for _, p := range s.Receive[:n] {
		b = append(b, p.Type, byte(p.Codec))
	}
	return b
}

func (r *reader) session(s *audio.Session) {
	flags := r.u8()
	s.Send, s.Play = flags&1 != 0, flags&2 != 0
	s.Codec, s.Payload, s.Event, s.EventIn = audio.CodecID(r.u8()), r.u8(), r.u8(), r.u8()
	s.Ptime = time.Duration(r.u64())
	s.Remote, s.RemoteRTCP = r.addr(), r.addr()
	n := int(r.u8())
	if n > MaxReceive {
		r.err = fmt.Errorf("%d payload types, at most %d", n, MaxReceive)
		return
	}
	for range n {
		s.Receive = append(s.Receive, audio.Payload{Type: r.u8(), Codec: audio.CodecID(r.u8())})
	}
}

// An address is a length (0: none), that many bytes, and the port.
func appendAddr(b []byte, a netip.AddrPort) []byte {
	if !a.IsValid() {
		return append(b, 0)
	}
	if ip := a.Addr().Unmap(); ip.Is4() {
		v := ip.As4()
		b = append(append(b, 4), v[:]...)
	} else {
		v := ip.As16()
		b = append(append(b, 16), v[:]...)
	}
	return binary.BigEndian.AppendUint16(b, a.Port())
}

func (r *reader) addr() netip.AddrPort {
	switch n := r.u8(); n {
	case 0:
		return netip.AddrPort{}
	case 4, 16:
		ip, _ := netip.AddrFromSlice(r.take(int(n)))
		return netip.AddrPortFrom(ip.Unmap(), r.u16())
	default:
		r.err = fmt.Errorf("address of %d bytes", n)
		return netip.AddrPort{}
	}
}

func appendStats(b []byte, s *Stats) []byte {
	for _, v := range [...]uint64{
		s.Sent, s.Received, s.Stranger, s.Lost, s.Late, s.Overruns,
		uint64(s.Concealed), uint64(s.Jitter), uint64(s.Delay), uint64(s.RTT), uint64(s.FarJitter),
	} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = binary.BigEndian.AppendUint32(b, math.Float32bits(s.FarLoss))
	if s.Closed {
		return append(b, 1)
	}
	return append(b, 0)
}

func (r *reader) stats(s *Stats) {
	for _, v := range [...]*uint64{&s.Sent, &s.Received, &s.Stranger, &s.Lost, &s.Late, &s.Overruns} {
		*v = r.u64()
	}
	for _, v := range [...]*time.Duration{&s.Concealed, &s.Jitter, &s.Delay, &s.RTT, &s.FarJitter} {
		*v = time.Duration(r.u64())
	}
	s.FarLoss = math.Float32frombits(r.u32())
	s.Closed = r.u8() != 0
}

// A reader takes fields off a message; after an error it gives zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if len(r.b) < n {
		r.b = nil
		if r.err == nil {
			r.err = errShort
		}
		return make([]byte, n)
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u8() uint8   { return r.take(1)[0] }
func (r *reader) u16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }
