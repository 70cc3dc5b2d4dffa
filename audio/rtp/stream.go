package rtp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	mrand "math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"phoned/audio"
)

// MaxPayload is the longest payload that is sent, in bytes: 120 ms.
const MaxPayload = 960

// A Packet is what arrived from the far side. Its payload is valid until the
// next Receive.
type Packet struct {
	Type      uint8
	Marker    bool
	Timestamp uint32
	Payload   []byte
	NewSource bool // the first packet of another SSRC
}

// Stats tell how a stream fares.
type Stats struct {
	Sent, Received, Stranger uint64
	Lost                     int32
	Jitter                   time.Duration
	RTT                      time.Duration
	FarLoss                  float32 // share, 0 to 1
	FarJitter                time.Duration
}

// A Stream is one call's RTP session. It must not be copied.
type Stream struct {
	rtp, rtcp Conn
	session   audio.Session
	peer      source
	control   source // of RTCP
	rnd       *mrand.Rand
	cname     string

	ssrc     uint32
	seq      uint16
	offset   uint32 // of the timestamps sent
	wall     uint64 // of the NTP times sent
	packets  uint32
	octets   uint32
	lastSent time.Duration
	lastTS   uint32
	reported uint32 // packets sent at the last report

	in       reception
	lostOld  int32 // of sources before this one
	stranger uint64
	received uint64
	rtt      time.Duration
	farLoss  float32
	farJit   time.Duration

	next   time.Duration // of the next report
	header rtp.Header
	got    rtp.Header
	sr     rtcp.SenderReport
	rr     rtcp.ReceiverReport
	out    [12 + MaxPayload]byte
	buf    [1500]byte
}

// New makes a stream over its two sockets. SSRC, sequence numbers, timestamps
// and the name in reports are random (RFC 3550 §5.1, RFC 7022 §4.2).
func New(now time.Duration, voice, control Conn) *Stream {
	var seed [44]byte
	rand.Read(seed[:]) // never fails
	s := &Stream{
		rtp: voice, rtcp: control,
		rnd:    mrand.New(mrand.NewPCG(binary.NativeEndian.Uint64(seed[0:]), binary.NativeEndian.Uint64(seed[8:]))),
		cname:  base64.RawStdEncoding.EncodeToString(seed[16:28]),
		ssrc:   binary.NativeEndian.Uint32(seed[28:]),
		seq:    binary.NativeEndian.Uint16(seed[32:]),
		offset: binary.NativeEndian.Uint32(seed[36:]),
		wall:   uint64(binary.NativeEndian.Uint32(seed[40:])) << 32,
	}
	s.got.CSRC = make([]uint32, 0, 15)
	s.got.Extensions = make([]rtp.Extension, 0, 16)
	s.sr.Reports = make([]rtcp.ReceptionReport, 0, 31)
	s.rr.Reports = make([]rtcp.ReceptionReport, 0, 31)
	s.next = now + s.interval(true)
	return s
}

// Set changes the session. Another remote address begins a new search for the
// far side's real one.
func (s *Stream) Set(now time.Duration, session audio.Session) {
	s.session = session
	s.peer.set(now, session.Remote)
	s.control.set(now, session.RemoteRTCP)
}

// Send sends a payload. timestamp counts ticks from any beginning; the random
// offset is added here.
func (s *Stream) Send(now time.Duration, kind uint8, timestamp uint32, marker bool, payload []byte) {
	to := s.peer.to()
	if !sendable(to) || len(payload) > MaxPayload {
		return
	}
	s.header = rtp.Header{
		Version: 2, Marker: marker, PayloadType: kind & 0x7f, SequenceNumber: s.seq,
		Timestamp: timestamp + s.offset, SSRC: s.ssrc,
	}
	n, err := s.header.MarshalTo(s.out[:])
	if err != nil {
		return
	}
	n += copy(s.out[n:], payload)
	// What became of it is told by the far side's reports alone.
	_ = s.rtp.Send(s.out[:n], to)
	s.seq++
	s.packets++
	s.octets += uint32(len(payload))
	s.lastSent, s.lastTS = now, s.header.Timestamp
}

// sendable says whether an address of a description is one host's. 0.0.0.0 is a
// call on hold (RFC 3264 §8.4), and a group is nobody to talk to.
func sendable(a netip.AddrPort) bool {
	ip := a.Addr()
	return a.IsValid() && a.Port() != 0 && !ip.IsUnspecified() && !ip.IsMulticast()
}

// Receive takes what waits on the RTP socket until a packet is the far side's
// and of use: then it reports true. At most limit datagrams are looked at; left
// is how many of them were not.
func (s *Stream) Receive(now time.Duration, limit int) (p Packet, left int, ok bool) {
	for limit > 0 {
		n, from, err := s.rtp.Receive(s.buf[:])
		if err != nil {
			return p, 0, false
		}
		limit--
		if p, ok := s.take(now, s.buf[:n], from); ok {
			return p, limit, true
		}
	}
	return p, 0, false
}

func (s *Stream) take(now time.Duration, b []byte, from netip.AddrPort) (p Packet, ok bool) {
	// The cheap questions first: a flood must not cost more than it has to.
	if len(b) < 12 || b[0]>>6 != 2 || from != s.peer.to() && from != s.peer.negotiated && !s.peer.plausible(from.Addr()) {
		s.stranger++
		return p, false
	}
	n, err := s.got.Unmarshal(b)
	if err != nil {
		s.stranger++
		return p, false
	}
	p = Packet{Type: s.got.PayloadType, Marker: s.got.Marker, Timestamp: s.got.Timestamp, Payload: b[n:]}
	if s.got.Padding {
		pad := 0
		if len(p.Payload) > 0 {
			pad = int(p.Payload[len(p.Payload)-1])
		}
		if pad == 0 || pad > len(p.Payload) {
			s.stranger++
			return p, false
		}
		p.Payload = p.Payload[:len(p.Payload)-pad]
	}
	known := s.expects(p.Type)
	if from != s.peer.to() && !known || !s.peer.accept(now, from) {
		s.stranger++
		return p, false
	}
	if !s.in.known || s.got.SSRC != s.in.ssrc {
		if s.in.known && !s.in.takeover(now, s.got.SSRC) {
			return p, false
		}
		s.lostOld += max(0, s.in.lost())
		p.NewSource = s.in.known
		s.in.start(s.got.SSRC, s.got.SequenceNumber)
	}
	if !s.in.update(now, s.got.SequenceNumber, s.got.Timestamp, p.Type == s.session.EventIn && known) {
		return p, false
	}
	s.received++
	return p, known
}

// expects says whether a payload type was negotiated.
func (s *Stream) expects(kind uint8) bool {
	if kind == s.session.EventIn && kind != 0 {
		return true
	}
	for _, r := range s.session.Receive {
		if r.Type == kind {
			return true
		}
	}
	return false
}

// Stats tells how the stream fares.
func (s *Stream) Stats() Stats {
	return Stats{
		Sent: uint64(s.packets), Received: s.received, Stranger: s.stranger,
		Lost:   s.lostOld + max(0, s.in.lost()),
		Jitter: time.Duration(s.in.jitter>>4) * (time.Second / clock),
		RTT:    s.rtt, FarLoss: s.farLoss, FarJitter: s.farJit,
	}
}

// Peer is where RTP is sent now.
func (s *Stream) Peer() netip.AddrPort { return s.peer.to() }
