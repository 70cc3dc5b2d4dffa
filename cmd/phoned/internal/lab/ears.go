//go:build linux

package lab

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// ears are the voice packets that arrived at a node.
type ears struct {
	mu      sync.Mutex
	packets []voicePacket
}

type voicePacket struct {
	from netip.Addr
	at   time.Time
	rtp.Packet
}

// The payload types that both the phone and baresip use.
const (
	pcmu  = 0
	event = 101
)

// hear takes a datagram that may be PCMU or a telephone event.
func (e *ears) hear(from netip.Addr, at time.Time, raw []byte) {
	var p rtp.Packet
	if p.Unmarshal(raw) != nil || p.Version != 2 || p.PayloadType != pcmu && p.PayloadType != event || len(p.Payload) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.packets = append(e.packets, voicePacket{from, at, p})
}

// Arrived is the voice that one machine has sent to this one, as PCMU packets
// at the interface: packets in a row are put together without a gap, and while
// nothing comes there is silence.
func (n *Node) Arrived(from *Node) Sound {
	n.ears.mu.Lock()
	defer n.ears.mu.Unlock()
	s := Sound{Rate: 8000}
	var start time.Time
	var last *voicePacket
	for i := range n.ears.packets {
		p := &n.ears.packets[i]
		if p.from != from.Addr || p.PayloadType != pcmu {
			continue
		}
		if last == nil {
			start = p.at
		} else if p.SSRC != last.SSRC || p.SequenceNumber != last.SequenceNumber+1 || p.at.Sub(last.at) > 200*time.Millisecond {
			for due := int(p.at.Sub(start).Seconds() * 8000); len(s.Samples) < due; {
				s.Samples = append(s.Samples, 0)
			}
		}
		for _, b := range p.Payload {
			s.Samples = append(s.Samples, linear(b))
		}
		last = p
	}
	return s
}

// Digits are the telephone events (RFC 4733) that one machine has sent to this
// one, each once, as on the wire.
func (n *Node) Digits(from *Node) string {
	n.ears.mu.Lock()
	defer n.ears.mu.Unlock()
	var digits []byte
	seen := map[[2]uint32]bool{} // SSRC and timestamp make an event
	for i := range n.ears.packets {
		p := &n.ears.packets[i]
		key := [2]uint32{p.SSRC, p.Timestamp}
		if p.from != from.Addr || p.PayloadType != event || seen[key] || p.Payload[0] > 15 {
			continue
		}
		seen[key] = true
		digits = append(digits, "0123456789*#ABCD"[p.Payload[0]])
	}
	return string(digits)
}

// linear is a sample of ITU-T G.711 mu-law, segment by segment.
func linear(b byte) int16 {
	b = ^b
	v := (int(b&15)<<3 + 132) << (b >> 4 & 7)
	if b&0x80 != 0 {
		return int16(132 - v)
	}
	return int16(v - 132)
}
