//go:build linux

package lab

import (
	"math"
	"path/filepath"
	"testing"
	"time"
)

func TestTwoBaresipsTalkThroughKamailio(t *testing.T) {
	l := New(t, "kamailio", "baresip")
	server, a, b := l.Node("s1"), l.Node("a"), l.Node("b")
	server.Kamailio(KamailioConfig{})
	far := b.Baresip(BaresipConfig{User: "200", Accounts: []*Node{server}, Tone: 700})
	near := a.Baresip(BaresipConfig{User: "100", Accounts: []*Node{server}, Tone: 440})
	if n := len(server.Capture.Requests("REGISTER").Branches()); n != 4 {
		t.Errorf("%d REGISTER transactions, want a challenged and a good one of each", n)
	}
	near.Dial("200", server)
	near.Await("CALL_ESTABLISHED", 1, 5*time.Second)
	far.Await("CALL_ESTABLISHED", 1, 5*time.Second)
	<-time.After(2 * time.Second)
	near.Do("hangup", "")
	far.Await("CALL_CLOSED", 1, 5*time.Second)
	heard, err := far.Ear()
	if err != nil {
		t.Fatal(err)
	}
	if share, gap := heard.Share(440); share < 0.8 || gap > 100*time.Millisecond {
		t.Errorf("heard %v of the tone, gap %v, length %v", share, gap, heard.Length())
	}
	if share, _ := heard.Share(700); share > 0.05 {
		t.Errorf("heard itself: %v", share)
	}
}

func TestToneIsFoundWhereItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tone.wav")
	if err := WriteTone(path, 440, 0.3, time.Second); err != nil {
		t.Fatal(err)
	}
	s, err := ReadWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4000; i < 4800; i++ {
		s.Samples[i] = 0
	}
	share, gap := s.Share(440)
	if math.Abs(share-0.9) > 0.001 || gap != 100*time.Millisecond {
		t.Errorf("share %v, gap %v; want 0.9 and 100 ms", share, gap)
	}
	if share, _ := s.Share(700); share > 0.05 {
		t.Errorf("another tone found: %v", share)
	}
}
