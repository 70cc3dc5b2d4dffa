package sdp_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"phoned/sip/sdp"
)

// Whatever arrives: no panic, and an answer that holds to RFC 3264 §6 and can
// be read again.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("testdata/*.sdp")
	if err != nil || len(files) == 0 {
		f.Fatal("no descriptions in testdata")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add(sdp.Offer(phone(), nil))
	f.Add(lines("m=video 5000 RTP/AVP 31", "m=audio 5004/2 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/8000", "a=fmtp:96 events=0-15", "a=rtcp:1 IN IP4 0.0.0.0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		us := phone()
		sent := sdp.Offer(us, nil)
		if m, err := sdp.Accept(us, sent, text); err == nil {
			check(t, us, m)
		}
		answer, m, err := sdp.Answer(us, text)
		if err != nil {
			if answer != nil {
				t.Errorf("answer %q with error %v", answer, err)
			}
			return
		}
		check(t, us, m)
		offered, err := sdp.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, ours := range [][]byte{answer, sdp.Offer(us, answer)} {
			back, err := sdp.Parse(ours)
			if err != nil {
				t.Fatalf("our own %q: %v", ours, err)
			}
			if len(back.Streams) != len(offered.Streams) {
				t.Fatalf("%d streams offered, %d in %q", len(offered.Streams), len(back.Streams), ours)
			}
			live := 0
			for i, s := range back.Streams {
				if s.Kind != offered.Streams[i].Kind && s.Port == 0 {
					t.Errorf("stream %d is %s, offered as %s", i, s.Kind, offered.Streams[i].Kind)
				}
				if s.Port != 0 {
					live++
				}
			}
			if live != 1 {
				t.Errorf("%d live streams in %q", live, ours)
			}
		}
	})
}

// check holds the promises of Media.
func check(t *testing.T, us sdp.Local, m sdp.Media) {
	t.Helper()
	if m.Codec.Name == "" || len(m.Receive) == 0 {
		t.Errorf("agreed on no codec: %+v", m)
	}
	if m.Ptime < 10e6 || m.Ptime > 60e6 {
		t.Errorf("packets of %v", m.Ptime)
	}
	if m.Remote.IsValid() && (m.Remote.Port() == 0 || m.Remote.Addr().Is4() != us.Addr.Is4() || m.Remote.Addr() == netip.IPv4Unspecified()) {
		t.Errorf("remote %v", m.Remote)
	}
	if !m.Remote.IsValid() && m.Direction.Sends() {
		t.Errorf("%v to nowhere", m.Direction)
	}
	if (m.Event == 0) != (m.EventIn == 0) {
		t.Errorf("events %d out, %d in", m.Event, m.EventIn)
	}
}
