//go:build linux

package lab

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestAFloodFromAStrangerNeitherStopsTheVoiceNorGrowsMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := w.Node("stranger")
	p := w.phone("")
	w.call(p)
	<-time.After(time.Second)
	before := p.Memory()

	out, err := stranger.ListenPacket(netip.AddrPortFrom(stranger.Addr, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	sip := net.UDPAddrFromAddrPort(w.endpoint(w.desk))
	rtp := net.UDPAddrFromAddrPort(netip.AddrPortFrom(w.desk.Addr, 10000))
	noise := make([]byte, 1200)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	sent := 0
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); <-tick.C {
		for range 10 { // 1,000 a second to each port
			n := rng.IntN(len(noise))
			for i := range n {
				noise[i] = byte(rng.Uint32())
			}
			_, _ = out.WriteTo(noise[:n], rtp)
			request := noise[:n]
			if rng.IntN(2) == 0 {
				request = fmt.Appendf(nil, "%s sip:100@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nFrom: <sip:x@x>;tag=%d\r\n"+
					"To: <sip:100@%s>\r\nCall-ID: %d\r\nCSeq: 1 INVITE\r\nContact: <sip:x@%s>\r\nContent-Length: 0\r\n\r\n",
					[]string{"INVITE", "OPTIONS", "REGISTER", "BYE"}[rng.IntN(4)], w.desk.Addr, stranger.Addr, sent, sent, w.desk.Addr, sent, stranger.Addr)
			}
			_, _ = out.WriteTo(request, sip)
			sent++
		}
	}
	after := p.Memory()
	t.Logf("%d datagrams to each port; memory %d KiB before, %d KiB after", sent, before/1024, after/1024)
	if after > before+8<<20 {
		t.Errorf("memory grew from %d to %d KiB", before/1024, after/1024)
	}
	if s := p.State(); s.Call != "up" {
		t.Errorf("the call is %s", s.Call)
	}
	p.Down()
	w.baresip.Await("CALL_CLOSED", 1, 5*time.Second)
	if told := stranger.Capture.Entries().Received(); len(told) > 0 {
		t.Errorf("the stranger was answered:\n%s", told)
	}
	heard, err := w.baresip.Ear()
	w.sure("baresip", heard, err, nearTone, 8*time.Second)
	heard, err = p.Ear()
	w.sure("the phone", heard, err, farTone, 8*time.Second)
}
