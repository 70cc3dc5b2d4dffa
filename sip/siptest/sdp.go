package siptest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// describe writes this side's description: an answer if there is an offer.
func (m *media) describe(version int, offer string, holding bool) string {
	payloads, event, direction := []uint8{0, 8, 9}, uint8(eventPayload), "sendrecv"
	if holding {
		direction = "sendonly"
	}
	if offer != "" {
		d := readSDP(offer)
		payloads, event = nil, d.event
		for _, p := range d.payloads {
			if p == 0 || p == 8 || p == 9 {
				payloads = append(payloads, p)
			}
		}
		// RFC 3264 §6.1.
		switch {
		case d.direction == "inactive", d.direction == "sendonly" && holding:
			direction = "inactive"
		case d.direction == "sendonly":
			direction = "recvonly"
		case d.direction == "recvonly":
			direction = "sendonly"
		}
	}
	m.mu.Lock()
	m.eventIn = event
	m.mu.Unlock()
	var b strings.Builder
	here := "IN IP4 " + m.addr.Addr().String()
	if m.addr.Addr().Is6() {
		here = "IN IP6 " + m.addr.Addr().String()
	}
	fmt.Fprintf(&b, "v=0\r\no=party 1 %d %s\r\ns=-\r\nc=%s\r\nt=0 0\r\nm=audio %d RTP/AVP", version, here, here, m.addr.Port())
	for _, p := range payloads {
		fmt.Fprintf(&b, " %d", p)
	}
	if event != 0 {
		fmt.Fprintf(&b, " %d", event)
	}
	b.WriteString("\r\n")
	names := map[uint8]string{0: "PCMU", 8: "PCMA", 9: "G722"}
	for _, p := range payloads {
		fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", p, names[p])
	}
	if event != 0 {
		fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", event, event)
	}
	fmt.Fprintf(&b, "a=%s\r\n", direction)
	return b.String()
}

// description is what a party needs of an SDP.
type description struct {
	rtp       netip.AddrPort
	payloads  []uint8
	event     uint8
	direction string
}

func readSDP(sdp string) description {
	d := description{direction: "sendrecv"}
	var ip string
	port := 0
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		f := strings.Fields(value)
		switch {
		case key == "c" && len(f) == 3:
			ip = f[2]
		case key == "m" && len(f) > 3 && f[0] == "audio" && port == 0:
			port, _ = strconv.Atoi(f[1])
			for _, s := range f[3:] {
				if p, err := strconv.ParseUint(s, 10, 7); err == nil {
					d.payloads = append(d.payloads, uint8(p))
				}
			}
		case key == "a" && strings.Contains(value, "telephone-event/8000"):
			number, _, _ := strings.Cut(strings.TrimPrefix(value, "rtpmap:"), " ")
			if p, err := strconv.ParseUint(number, 10, 7); err == nil {
				d.event = uint8(p)
			}
		case key == "a" && (value == "sendonly" || value == "recvonly" || value == "inactive" || value == "sendrecv"):
			d.direction = value
		}
	}
	if a, err := netip.ParseAddr(ip); err == nil && port > 0 && !a.IsUnspecified() {
		d.rtp = netip.AddrPortFrom(a, uint16(port))
	}
	return d
}
