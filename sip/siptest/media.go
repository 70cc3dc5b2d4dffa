package siptest

import (
	"math"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// media is the sound of a party's call: it echoes what arrives, or plays a
// tone. Without a socket it only describes itself.
type media struct {
	addr netip.AddrPort

	mu       sync.Mutex
	pc       net.PacketConn
	far      netip.AddrPort
	payload  uint8 // what is sent
	event    uint8 // telephone-event of the other side; 0 = none
	eventIn  uint8 // telephone-event as this side described it last
	sending  bool  // the other side wants to hear us
	echoing  bool
	count    int
	pressed  []byte
	lastTime uint32 // timestamp of the last event, to count each one once
	done     chan struct{}
	closed   bool
	ssrc     uint32
}

const eventPayload = 101

// newMedia opens the call's RTP socket if there is to be sound.
func newMedia(host Host, ip netip.Addr, sound bool) *media {
	m := &media{addr: netip.AddrPortFrom(ip, 9), ssrc: 0x0ec40, done: make(chan struct{})}
	if !sound {
		return m
	}
	pc, err := host.ListenPacket(netip.AddrPortFrom(ip, 0))
	if err != nil {
		return m // the call goes on without sound
	}
	m.pc, m.addr = pc, addrPort(pc.LocalAddr())
	go m.read()
	return m
}

// read echoes until the socket is closed.
func (m *media) read() {
	b := make([]byte, 2048)
	for {
		n, from, err := m.pc.ReadFrom(b)
		if err != nil {
			if isClosed(err) {
				return
			}
			continue
		}
		var p rtp.Packet
		if err := p.Unmarshal(b[:n]); err != nil {
			continue
		}
		m.mu.Lock()
		m.count++
		isEvent := m.event != 0 && p.PayloadType == m.eventIn
		if isEvent && len(p.Payload) >= 4 && p.Timestamp != m.lastTime {
			m.lastTime = p.Timestamp
			if code := int(p.Payload[0]); code < 16 {
				m.pressed = append(m.pressed, "0123456789*#ABCD"[code])
			}
		}
		p.SSRC = m.ssrc // an echo with the sender's own SSRC would be a loop (RFC 3550 §8.2)
		p.CSRC = nil
		send := m.echoing && m.sending
		if isEvent {
			p.PayloadType = m.event
		}
		m.mu.Unlock()
		if send {
			m.put(&p, from)
		}
	}
}

func (m *media) put(p *rtp.Packet, to net.Addr) {
	if raw, err := p.Marshal(); err == nil {
		_, _ = m.pc.WriteTo(raw, to)
	}
}

// echo sends back what arrives from now on.
func (m *media) echo() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.echoing = true
}

// play sends a tone of 440 Hz until echo or close.
func (m *media) play() {
	if m.pc == nil {
		return
	}
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: m.ssrc, Marker: true}, Payload: make([]byte, 160)}
		for {
			select {
			case <-m.done:
				return
			case <-tick.C:
			}
			m.mu.Lock()
			over, far := m.echoing, m.far
			p.PayloadType = m.payload
			m.mu.Unlock()
			if over {
				return
			}
			for i := range p.Payload {
				s := 8000 * math.Sin(2*math.Pi*440*float64(int(p.Timestamp)+i)/8000)
				p.Payload[i] = companded(p.PayloadType, s)
			}
			if far.IsValid() {
				m.put(&p, net.UDPAddrFromAddrPort(far))
			}
			p.SequenceNumber++
			p.Timestamp += 160
			p.Marker = false
		}
	}()
}

func (m *media) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.closed = true
	close(m.done)
	if m.pc != nil {
		_ = m.pc.Close()
	}
}

func (m *media) packets() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count
}

func (m *media) digits() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return string(m.pressed)
}

// learn takes the other side's description; held tells that it holds the call
// (RFC 3264 §8.4).
func (m *media) learn(sdp string) (held bool) {
	d := readSDP(sdp)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.far, m.event = d.rtp, d.event
	for _, p := range d.payloads {
		if p == 0 || p == 8 {
			m.payload = p
			break
		}
	}
	m.sending = d.direction != "sendonly" && d.direction != "inactive"
	return !m.sending
}
