package rtp

import (
	"net/netip"
	"time"

	"github.com/pion/rtcp"
)

// interval is the time to the next report: 5 s, half of it before the first,
// times 0.5 to 1.5, over e-3/2 (RFC 3550 §6.2, §6.3.1). With two members the
// share of the bandwidth would allow more often, so the minimum rules.
func (s *Stream) interval(first bool) time.Duration {
	d := 5 * time.Second
	if first {
		d /= 2
	}
	return time.Duration(float64(d) * (0.5 + s.rnd.Float64()) / 1.21828)
}

// Deadline is when Tick has something to do.
func (s *Stream) Deadline() time.Duration { return s.next }

// Tick sends the report that is due.
func (s *Stream) Tick(now time.Duration) {
	if now < s.next {
		return
	}
	s.next = now + s.interval(false)
	s.report(now, false)
}

// Bye tells the far side that the stream has ended, if any of it was sent.
func (s *Stream) Bye(now time.Duration) {
	if s.packets > 0 {
		s.report(now, true)
	}
}

// ntp is a time of ours in the form of RFC 3550 §4: from a random origin, since
// the phone's wall clock is nobody's business.
func (s *Stream) ntp(now time.Duration) uint64 {
	sec, frac := uint64(now/time.Second), uint64(now%time.Second)
	return s.wall + sec<<32 + frac<<32/uint64(time.Second)
}

// report sends a compound packet: SR or RR, SDES with the CNAME, perhaps BYE
// (RFC 3550 §6.1). It is built anew each time, which allocates a little; that
// is once in seconds.
func (s *Stream) report(now time.Duration, bye bool) {
	to := s.control.to()
	if !sendable(to) {
		return
	}
	var reports []rtcp.ReceptionReport
	if s.in.known && s.in.received > 0 {
		reports = []rtcp.ReceptionReport{s.block(now)}
	}
	var first rtcp.Packet = &rtcp.ReceiverReport{SSRC: s.ssrc, Reports: reports}
	// RFC 3550 §6.4: a sender report if anything was sent since the last one.
	if s.packets != s.reported {
		s.reported = s.packets
		since := uint32((now - s.lastSent) / (time.Second / clock))
		first = &rtcp.SenderReport{
			SSRC: s.ssrc, NTPTime: s.ntp(now), RTPTime: s.lastTS + since,
			PacketCount: s.packets, OctetCount: s.octets, Reports: reports,
		}
	}
	all := []rtcp.Packet{first, rtcp.NewCNAMESourceDescription(s.ssrc, s.cname)}
	if bye {
		all = append(all, &rtcp.Goodbye{Sources: []uint32{s.ssrc}})
	}
	b, err := rtcp.Marshal(all)
	if err != nil {
		return
	}
	_ = s.rtcp.Send(b, to)
}

func (s *Stream) block(now time.Duration) rtcp.ReceptionReport {
	b := rtcp.ReceptionReport{
		SSRC:               s.in.ssrc,
		FractionLost:       s.in.fraction(),
		TotalLost:          uint32(max(0, min(s.in.lost(), 1<<23-1))),
		LastSequenceNumber: s.in.high,
		Jitter:             s.in.jitter >> 4,
	}
	if s.in.lastSR != 0 {
		b.LastSenderReport = s.in.lastSR
		b.Delay = uint32((now - s.in.lastSRCame) * (1 << 16) / time.Second)
	}
	return b
}

// ReceiveControl takes what waits on the RTCP socket, at most limit datagrams.
func (s *Stream) ReceiveControl(now time.Duration, limit int) {
	for range limit {
		n, from, err := s.rtcp.Receive(s.buf[:])
		if err != nil {
			return
		}
		s.takeControl(now, s.buf[:n], from)
	}
}

// takeControl reads a compound packet from the far side: from the negotiated
// address, or from the host that the voice comes from.
func (s *Stream) takeControl(now time.Duration, b []byte, from netip.AddrPort) {
	var h rtcp.Header
	if h.Unmarshal(b) != nil || h.Type != rtcp.TypeSenderReport && h.Type != rtcp.TypeReceiverReport {
		s.stranger++ // RFC 3550 §A.2: the first packet is a report
		return
	}
	if from.Addr() != s.peer.to().Addr() && from != s.control.negotiated && from != s.control.learned {
		s.stranger++
		return
	}
	s.control.accept(now, from)
	for len(b) >= 4 && h.Unmarshal(b) == nil {
		size := 4 * (int(h.Length) + 1)
		if size > len(b) {
			return
		}
		switch h.Type {
		case rtcp.TypeSenderReport:
			s.sr.Reports, s.sr.ProfileExtensions = s.sr.Reports[:0], nil
			if s.sr.Unmarshal(b[:size]) != nil {
				return
			}
			if s.in.known && s.sr.SSRC == s.in.ssrc {
				s.in.lastSR = uint32(s.sr.NTPTime >> 16)
				s.in.lastSRCame = now
			}
			s.heardOf(now, s.sr.Reports)
		case rtcp.TypeReceiverReport:
			s.rr.Reports, s.rr.ProfileExtensions = s.rr.Reports[:0], nil
			if s.rr.Unmarshal(b[:size]) != nil {
				return
			}
			s.heardOf(now, s.rr.Reports)
		}
		b = b[size:]
	}
}

// heardOf reads what the far side says of our stream.
func (s *Stream) heardOf(now time.Duration, reports []rtcp.ReceptionReport) {
	for i := range reports {
		r := &reports[i]
		if r.SSRC != s.ssrc {
			continue
		}
		s.farLoss = float32(r.FractionLost) / 256
		s.farJit = time.Duration(r.Jitter) * (time.Second / clock)
		if r.LastSenderReport == 0 {
			continue
		}
		// RFC 3550 §6.4.1: round trip = A - LSR - DLSR.
		trip := uint32(s.ntp(now)>>16) - r.LastSenderReport - r.Delay
		if trip < 60<<16 {
			s.rtt = time.Duration(trip) * time.Second >> 16
		}
	}
}
