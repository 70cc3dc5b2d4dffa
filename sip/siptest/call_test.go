package siptest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"
)

const offer = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n" +
	"m=audio 4000 RTP/AVP 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\n"

// invite calls a number and acknowledges a 2xx.
func (p *tester) invite(transport string, server netip.AddrPort, number, callID, sdp string) (*gosip.Request, *gosip.Response) {
	p.t.Helper()
	req := p.request(gosip.INVITE, transport, server, number, callID, gosip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(sdp))
	res := p.ask(transport, server, req)
	if res != nil && res.IsSuccess() {
		p.tell(transport, server, p.inside(gosip.ACK, req, res, req.CSeq().SeqNo))
	}
	return req, res
}

// inside is a request of the dialog that req and res have made.
func (p *tester) inside(method gosip.RequestMethod, req *gosip.Request, res *gosip.Response, cseq uint32) *gosip.Request {
	in := gosip.NewRequest(method, res.Contact().Address)
	var routes []gosip.Header
	for _, h := range res.GetHeaders("Record-Route") {
		if rr, ok := h.(*gosip.RecordRouteHeader); ok {
			routes = append([]gosip.Header{&gosip.RouteHeader{Address: rr.Address}}, routes...)
		}
	}
	for _, h := range routes {
		in.AppendHeader(h)
	}
	gosip.CopyHeaders("From", req, in)
	gosip.CopyHeaders("To", res, in)
	gosip.CopyHeaders("Call-ID", req, in)
	in.AppendHeader(&gosip.CSeqHeader{SeqNo: cseq, MethodName: method})
	in.AppendHeader(gosip.NewHeader("Max-Forwards", "70"))
	in.SetBody(nil)
	return in
}

func (p *tester) tell(transport string, to netip.AddrPort, req *gosip.Request) {
	p.station.mu.Lock()
	defer p.station.mu.Unlock()
	f, err := p.flowTo(transport, to)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.send(f, req, p.branch(), nil)
}

func TestTheByeReachesTheFarPartyThroughTheBackup(t *testing.T) {
	for _, transport := range []string{"UDP", "TCP"} {
		t.Run(transport, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				p := newTester(t, b.net, transport, alice)
				p.register(transport, primaryAddr, "secret", 3600)
				req, res := p.invite(transport, primaryAddr, "600", "call-1", offer)
				if res == nil || res.StatusCode != 200 {
					t.Fatalf("answer %v\n%s", res, b.primary.Record.Entries())
				}
				call, err := b.party.WaitCall(t.Context(), 1)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Second) // the 200 is not repeated once the ACK is there
				if n := len(p.rec.Responses("INVITE").Status(200)); n != 1 {
					t.Errorf("%d copies of the 200, the ACK was lost\n%s", n, b.party.Record.Entries())
				}
				b.primary.Stop()

				bye := p.inside(gosip.BYE, req, res, req.CSeq().SeqNo+1)
				for bye.RemoveHeader("Route") {
				}
				bye.AppendHeader(&gosip.RouteHeader{Address: b.backup.route(transport)})
				if res := p.ask(transport, backupAddr, bye); res == nil || res.StatusCode != 200 {
					t.Errorf("answer %v\n%s", res, b.backup.Record.Entries())
				}
				if call.State() != Ended {
					t.Errorf("the far party is %s", call.State())
				}
			})
		})
	}
}

func TestEachNumberBehavesAsItShould(t *testing.T) {
	for number, want := range map[string][]int{
		"600": {100, 180, 200}, "601": {100, 486}, "602": {100, 183, 200}, "604": {100, 480}, "999": {404}, "alice": {480},
	} {
		t.Run(number, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				p := newTester(t, b.net, "UDP", alice)
				p.invite("UDP", primaryAddr, number, "call-1", offer)
				var got []int
				for _, e := range p.rec.Responses("INVITE") {
					got = append(got, e.Message.Status)
				}
				if !slices.Equal(got, want) {
					t.Errorf("answers %v, want %v", got, want)
				}
			})
		})
	}
}

func TestANumberThatCallsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "UDP", alice)
		p.register("UDP", backupAddr, "secret", 3600)
		p.invite("UDP", primaryAddr, "604", "call-1", offer)
		b.primary.Stop() // it tries the next one
		back, err := b.party.WaitCall(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := back.Wait(t.Context(), Up); err != nil {
			t.Error(err)
		}
	})
}

func TestACancelStopsTheRinging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "UDP", alice)
		req := p.request(gosip.INVITE, "UDP", primaryAddr, "603", "call-1")
		p.station.mu.Lock()
		f, _ := p.flowTo("UDP", primaryAddr)
		tx := p.send(f, req, p.branch(), func(res *gosip.Response) {
			if res.StatusCode >= 200 {
				p.answers <- res
			}
		})
		p.station.mu.Unlock()
		time.Sleep(time.Minute)
		p.station.mu.Lock()
		p.sendCancel(tx)
		p.station.mu.Unlock()
		if res := <-p.answers; res.StatusCode != 487 {
			t.Errorf("answer %d", res.StatusCode)
		}
		time.Sleep(time.Second)
		if got := b.party.Record.Requests("CANCEL"); len(got) != 1 {
			t.Errorf("the far party got\n%s", b.party.Record.Entries())
		}
	})
}

func TestEchoOverRealSockets(t *testing.T) {
	lo := netip.MustParseAddr("127.0.0.1")
	party, err := StartParty(PartyConfig{Addr: netip.AddrPortFrom(lo, 0), Media: true, Numbers: map[string]Behaviour{"600": {}}})
	if err != nil {
		t.Fatal(err)
	}
	defer party.Close()
	ca, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Server(time.Hour, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	server, err := Start(Config{
		Binds:   []Bind{{Addr: netip.AddrPortFrom(lo, 0)}, {Transport: "TLS", Addr: netip.AddrPortFrom(lo, 0), TLS: cert}},
		Numbers: party.Routes(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	sound, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer sound.Close()
	here := addrPort(sound.LocalAddr())
	p := newTester(t, OS, "UDP", netip.AddrPortFrom(lo, 0))
	sdp := (&media{addr: here}).describe(1, "", false)
	_, res := p.invite("UDP", server.Addr("UDP"), "600", "call-1", sdp)
	if res == nil || res.StatusCode != 200 {
		t.Fatalf("answer %v\n%s", res, server.Record.Entries())
	}
	far := readSDP(string(res.Body())).rtp
	out := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 99, SequenceNumber: 5, Timestamp: 160}, Payload: []byte("sound")}
	raw, _ := out.Marshal()
	if _, err := sound.WriteToUDPAddrPort(raw, far); err != nil {
		t.Fatal(err)
	}
	event := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 99, PayloadType: 101, Timestamp: 320}, Payload: []byte{7, 0x80, 0, 160}}
	raw, _ = event.Marshal()
	for range 3 {
		if _, err := sound.WriteToUDPAddrPort(raw, far); err != nil {
			t.Fatal(err)
		}
	}
	var back rtp.Packet
	b := make([]byte, 1500)
	for range 4 {
		if err := sound.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := sound.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := back.Unmarshal(b[:n]); err != nil {
			t.Fatal(err)
		}
		if back.PayloadType == 0 && string(back.Payload) != "sound" || back.SSRC == 99 {
			t.Errorf("echo: %v", back)
		}
	}
	if got := party.Calls()[0].Digits(); got != "7" {
		t.Errorf("digits %q", got)
	}

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.PEM)
	// TLS, by hand: the station of the tester does not dial it.
	c, err := tls.Dial("tcp", server.Addr("TLS").String(), &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ping := p.request(gosip.OPTIONS, "TLS", server.Addr("TLS"), "", "ping")
	ping.PrependHeader(p.via(flow{transport: "TLS"}, "z9hG4bK1"))
	if _, err := c.Write([]byte(ping.String())); err != nil {
		t.Fatal(err)
	}
	n, err := c.Read(b)
	if m := Parse(b[:n]); err != nil || m.Status != 200 {
		t.Errorf("answer over TLS: %s, %v", m, err)
	}
}
