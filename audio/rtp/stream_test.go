package rtp

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"phoned/audio"
)

// A wire is a Conn in memory: what was sent, and what waits.
type wire struct {
	sent    [][]byte
	sentTo  []netip.AddrPort
	waiting [][]byte
	from    []netip.AddrPort
}

func (w *wire) Send(b []byte, to netip.AddrPort) error {
	w.sent = append(w.sent, append([]byte(nil), b...))
	w.sentTo = append(w.sentTo, to)
	return nil
}

func (w *wire) Receive(b []byte) (int, netip.AddrPort, error) {
	if len(w.waiting) == 0 {
		return 0, netip.AddrPort{}, ErrEmpty
	}
	n, from := copy(b, w.waiting[0]), w.from[0]
	w.waiting, w.from = w.waiting[1:], w.from[1:]
	return n, from, nil
}

func (w *wire) give(b []byte, from netip.AddrPort) {
	w.waiting, w.from = append(w.waiting, b), append(w.from, from)
}

var (
	far        = netip.MustParseAddrPort("192.0.2.1:4000")
	farControl = netip.MustParseAddrPort("192.0.2.1:4001")
	farPort    = netip.MustParseAddrPort("192.0.2.1:40000")
	stranger   = netip.MustParseAddrPort("198.51.100.9:4000")
	session    = audio.Session{
		Remote: far, RemoteRTCP: farControl, Codec: audio.PCMU, EventIn: 101,
		Receive: []audio.Payload{{Type: 0, Codec: audio.PCMU}, {Type: 8, Codec: audio.PCMA}},
	}
)

func packet(ssrc uint32, seq uint16, ts uint32, kind uint8) []byte {
	p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: kind, SequenceNumber: seq, Timestamp: ts, SSRC: ssrc}, Payload: make([]byte, 160)}
	b, _ := p.Marshal()
	return b
}

func start() (s *Stream, voice, control *wire) {
	voice, control = &wire{}, &wire{}
	s = New(0, voice, control)
	s.Set(0, session)
	return s, voice, control
}

// got counts the packets of use that wait.
func got(s *Stream, now time.Duration) (n int) {
	for {
		if _, _, ok := s.Receive(now, 100); !ok {
			return n
		}
		n++
	}
}

func TestWhatIsSent(t *testing.T) {
	s, voice, _ := start()
	for i := range 3 {
		s.Send(0, 8, uint32(i*160), i == 0, []byte{1, 2, 3})
	}
	var first, second rtp.Packet
	if first.Unmarshal(voice.sent[0]) != nil || second.Unmarshal(voice.sent[1]) != nil {
		t.Fatal("not RTP")
	}
	if !first.Marker || second.Marker || first.PayloadType != 8 || string(first.Payload) != "\x01\x02\x03" || voice.sentTo[0] != far {
		t.Errorf("first packet %v to %v", first, voice.sentTo[0])
	}
	if second.SequenceNumber != first.SequenceNumber+1 || second.Timestamp != first.Timestamp+160 || second.SSRC != first.SSRC {
		t.Errorf("second packet %v after %v", second, first)
	}
}

func TestNobodyIsNotSentTo(t *testing.T) {
	for _, to := range []string{"0.0.0.0:4000", "[::]:4000", "224.0.1.75:4000", "192.0.2.1:0"} {
		s, voice, control := start()
		nobody := session
		nobody.Remote = netip.MustParseAddrPort(to)
		nobody.RemoteRTCP = nobody.Remote
		s.Set(0, nobody)
		s.Send(0, 0, 0, true, []byte{1})
		s.Tick(time.Minute)
		if len(voice.sent)+len(control.sent) != 0 {
			t.Errorf("sent to %s", to)
		}
	}
}

// RFC 3550 §5.1: nothing of the beginning can be guessed.
func TestTheBeginningIsRandom(t *testing.T) {
	seen := map[uint32]bool{}
	for range 20 {
		s, voice, _ := start()
		s.Send(0, 0, 0, true, []byte{1})
		var p rtp.Packet
		_ = p.Unmarshal(voice.sent[0])
		for _, v := range []uint32{p.SSRC, p.Timestamp} {
			if seen[v] {
				t.Fatalf("%#x twice", v)
			}
			seen[v] = true
		}
	}
}

func TestOnlyTheNegotiatedPeerIsHeard(t *testing.T) {
	s, voice, _ := start()
	for i := range uint16(20) {
		voice.give(packet(7, i, uint32(i)*160, 0), stranger)
	}
	if n := got(s, 0); n != 0 {
		t.Errorf("%d packets of a stranger were taken", n)
	}
	voice.give(packet(5, 1, 160, 0), far)
	if n := got(s, 0); n != 1 {
		t.Error("the peer is not heard")
	}
	for i := range uint16(20) {
		voice.give(packet(7, i, uint32(i)*160, 0), farPort)
	}
	if n := got(s, 0); n != 0 {
		t.Error("another port of the peer's host was taken after the peer was heard")
	}
	if st := s.Stats(); st.Stranger != 40 || st.Received != 1 {
		t.Errorf("%+v", st)
	}
}

func TestAnotherPortIsLearnedOnce(t *testing.T) {
	s, voice, _ := start()
	for i := range uint16(5) {
		voice.give(packet(5, i, uint32(i)*160, 0), farPort)
	}
	if n := got(s, time.Second); n != 5-learnAfter+1 {
		t.Errorf("%d packets taken of another port", n)
	}
	s.Send(time.Second, 0, 0, false, []byte{1})
	if voice.sentTo[0] != farPort {
		t.Errorf("sent to %v after learning", voice.sentTo[0])
	}
	third := netip.AddrPortFrom(far.Addr(), 50000)
	for i := range uint16(9) {
		voice.give(packet(5, 10+i, uint32(i)*160, 0), third)
	}
	if got(s, time.Second) != 0 {
		t.Error("a third port was learned")
	}
	voice.give(packet(5, 20, 3200, 0), far)
	if got(s, time.Second) != 1 || s.Peer() != far {
		t.Error("the negotiated address is not believed above all")
	}
}

func TestLearningEnds(t *testing.T) {
	s, voice, _ := start()
	for i := range uint16(9) {
		voice.give(packet(5, i, uint32(i)*160, 0), farPort)
	}
	if got(s, learnWithin+time.Second) != 0 {
		t.Error("learned after the beginning of the call")
	}
	s.Set(20*time.Second, session)
	for i := range uint16(9) {
		voice.give(packet(5, i, uint32(i)*160, 0), farPort)
	}
	if got(s, 21*time.Second) == 0 {
		t.Error("not learned after the session was renewed")
	}
}

// A private address in the description is behind a NAT whose public one may be
// learned; a neighbour in the own net may not speak in its place.
func TestTheNATOfAPrivatePeer(t *testing.T) {
	s, voice, _ := start()
	private := session
	private.Remote = netip.MustParseAddrPort("10.1.1.1:4000")
	s.Set(0, private)
	for i := range uint16(9) {
		voice.give(packet(5, i, uint32(i)*160, 0), netip.MustParseAddrPort("10.1.1.2:4000"))
	}
	if got(s, 0) != 0 {
		t.Error("a neighbour was learned")
	}
	for i := range uint16(9) {
		voice.give(packet(5, i, uint32(i)*160, 0), stranger)
	}
	if got(s, 0) == 0 {
		t.Error("the NAT's address was not learned")
	}
}

func TestLossReorderDuplicateWrap(t *testing.T) {
	s, voice, _ := start()
	n := 0
	for i := range 200 {
		seq := uint16(65500 + i)
		if i%10 == 5 {
			continue // lost
		}
		voice.give(packet(5, seq, uint32(i)*160, 0), far)
		if i%10 == 7 {
			voice.give(packet(5, seq, uint32(i)*160, 0), far)
		}
		n++
	}
	voice.waiting[50], voice.waiting[51] = voice.waiting[51], voice.waiting[50]
	if g := got(s, 0); g != n {
		t.Errorf("%d packets of use, want %d", g, n)
	}
	if st := s.Stats(); st.Lost != 20 || st.Received != uint64(n) {
		t.Errorf("%+v", st)
	}
}

func TestAnotherSSRC(t *testing.T) {
	s, voice, _ := start()
	voice.give(packet(5, 1, 160, 0), far)
	voice.give(packet(6, 100, 99, 0), far) // one stray
	voice.give(packet(5, 2, 320, 0), far)
	if n := got(s, 0); n != 2 {
		t.Errorf("%d packets beside a stray one", n)
	}
	voice.give(packet(6, 101, 99, 0), far)
	voice.give(packet(6, 102, 259, 0), far)
	p, _, ok := s.Receive(0, 10)
	if !ok || !p.NewSource || p.Timestamp != 259 {
		t.Errorf("the new source gave %+v", p)
	}
}

func TestAJumpOfTheSequence(t *testing.T) {
	s, voice, _ := start()
	for _, seq := range []uint16{1, 2, 30000, 3, 40000, 40001, 40002} {
		voice.give(packet(5, seq, uint32(seq)*160, 0), far)
	}
	if n := got(s, 0); n != 5 {
		t.Errorf("%d packets", n)
	}
	if l := s.Stats().Lost; l > 0 {
		t.Errorf("%d lost by a jump", l)
	}
}

func TestJitter(t *testing.T) {
	s, voice, _ := start()
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range 1000 {
		voice.give(packet(5, uint16(i), uint32(i)*160, 0), far)
		got(s, time.Duration(i)*20*time.Millisecond+time.Duration(rnd.IntN(20))*time.Millisecond)
	}
	// The mean difference of two values spread over 20 ms is a third of that.
	if j := s.Stats().Jitter; j < 4*time.Millisecond || j > 10*time.Millisecond {
		t.Errorf("jitter %v", j)
	}
}

func TestBadPacketsAreDropped(t *testing.T) {
	s, voice, _ := start()
	good := packet(5, 1, 160, 0)
	bad := [][]byte{nil, {0x80}, good[:11], append([]byte{0x40}, good[1:]...), append([]byte{0x9f}, good[1:20]...), append([]byte{0x90}, good[1:14]...)}
	pad := append([]byte(nil), good...)
	pad[0] |= 0x20
	bad = append(bad, pad, append(append([]byte(nil), pad[:171]...), 200), packet(5, 2, 3, 77))
	for _, b := range bad {
		voice.give(b, far)
	}
	if n := got(s, 0); n != 0 {
		t.Errorf("%d taken", n)
	}
}

// Reports go out about every five seconds, at times nobody can foresee, and say
// nothing of the phone.
func TestReports(t *testing.T) {
	s, voice, control := start()
	var times []time.Duration
	for i := range 3000 {
		now := time.Duration(i) * 20 * time.Millisecond
		s.Send(now, 0, uint32(i*160), false, make([]byte, 160))
		if i%10 != 0 {
			voice.give(packet(5, uint16(i), uint32(i*160), 0), far)
		}
		got(s, now)
		before := len(control.sent)
		s.Tick(now)
		if len(control.sent) > before {
			times = append(times, now)
		}
	}
	if len(times) < 8 || len(times) > 26 || times[0] > 4*time.Second {
		t.Fatalf("reports at %v", times)
	}
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1]; d < 2*time.Second || d > 6300*time.Millisecond {
			t.Errorf("%v between reports", d)
		}
	}
	all, err := rtcp.Unmarshal(control.sent[len(control.sent)-1])
	if err != nil {
		t.Fatal(err)
	}
	sr := all[0].(*rtcp.SenderReport)
	if sr.PacketCount < 2000 || sr.OctetCount != sr.PacketCount*160 || len(sr.Reports) != 1 {
		t.Errorf("%+v", sr)
	}
	if r := sr.Reports[0]; r.FractionLost < 20 || r.FractionLost > 32 || r.SSRC != 5 {
		t.Errorf("a tenth was lost; reported %d/256 in %+v", r.FractionLost, r)
	}
	sdes := all[1].(*rtcp.SourceDescription)
	if c := sdes.Chunks[0]; len(c.Items) != 1 || len(c.Items[0].Text) != 16 || strings.ContainsAny(c.Items[0].Text, "@.") {
		t.Errorf("described as %+v", c)
	}
	s.Bye(61 * time.Second)
	all, _ = rtcp.Unmarshal(control.sent[len(control.sent)-1])
	if _, ok := all[len(all)-1].(*rtcp.Goodbye); !ok {
		t.Error("no BYE at the end")
	}
}

func TestRoundTrip(t *testing.T) {
	s, _, control := start()
	s.Send(0, 0, 0, true, []byte{1})
	s.report(time.Second, false)
	all, _ := rtcp.Unmarshal(control.sent[0])
	sr := all[0].(*rtcp.SenderReport)
	// The far side answers after 2 s; the way takes 80 ms both ways together.
	answer, _ := rtcp.Marshal([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 5, Reports: []rtcp.ReceptionReport{{
			SSRC: sr.SSRC, FractionLost: 64, Jitter: 80, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: 2 << 16,
		}}},
		rtcp.NewCNAMESourceDescription(5, "x"),
	})
	control.give(answer, stranger)
	s.ReceiveControl(3080*time.Millisecond, 10)
	if s.Stats().RTT != 0 {
		t.Error("a stranger's report was believed")
	}
	control.give(answer, farControl)
	s.ReceiveControl(3080*time.Millisecond, 10)
	st := s.Stats()
	if d := st.RTT - 80*time.Millisecond; d < -time.Millisecond || d > time.Millisecond {
		t.Errorf("round trip %v", st.RTT)
	}
	if st.FarLoss != 0.25 || st.FarJitter != 10*time.Millisecond {
		t.Errorf("%+v", st)
	}
}

func TestPacketsAllocateNothing(t *testing.T) {
	s, voice, control := start()
	b, payload := packet(5, 0, 0, 0), make([]byte, 160)
	rr, _ := (&rtcp.ReceiverReport{SSRC: 5, Reports: make([]rtcp.ReceptionReport, 2)}).Marshal()
	quiet := &still{b: b, from: far}
	s.rtp = quiet
	s.rtcp = &still{b: rr, from: farControl}
	_, _ = voice, control
	i := uint16(0)
	n := testing.AllocsPerRun(500, func() {
		i++
		quiet.b[2], quiet.b[3] = byte(i>>8), byte(i)
		s.Send(0, 0, uint32(i)*160, false, payload)
		s.Receive(0, 1)
		s.ReceiveControl(0, 1)
	})
	if n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// still is a Conn that always has the same datagram.
type still struct {
	b    []byte
	from netip.AddrPort
}

func (w *still) Send([]byte, netip.AddrPort) error { return nil }
func (w *still) Receive(b []byte) (int, netip.AddrPort, error) {
	return copy(b, w.b), w.from, nil
}

func FuzzRTP(f *testing.F) {
	f.Add(packet(5, 1, 2, 0))
	f.Add([]byte{0xbf, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 0x10, 1, 2, 3})
	s, _, _ := start()
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := s.take(0, b, far)
		if ok && len(p.Payload) > len(b)-12 {
			t.Errorf("a payload of %d from %d bytes", len(p.Payload), len(b))
		}
	})
}

func FuzzRTCP(f *testing.F) {
	all, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 5, Reports: make([]rtcp.ReceptionReport, 3)}, rtcp.NewCNAMESourceDescription(5, "x")})
	f.Add(all)
	s, _, _ := start()
	f.Fuzz(func(_ *testing.T, b []byte) { s.takeControl(0, b, farControl) })
}

func BenchmarkPacket(b *testing.B) {
	s, _, _ := start()
	w := &still{b: packet(5, 0, 0, 0), from: far}
	s.rtp = w
	payload := make([]byte, 160)
	i := uint16(0)
	b.ReportAllocs()
	for b.Loop() {
		i++
		w.b[2], w.b[3] = byte(i>>8), byte(i)
		s.Send(0, 0, uint32(i)*160, false, payload)
		s.Receive(0, 1)
	}
}
