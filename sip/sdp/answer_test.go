package sdp_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"phoned/sip/sdp"
)

// What other phones and exchanges offer, and what this phone makes of it.
func TestAnswerToRealOffers(t *testing.T) {
	tests := []struct {
		name  string
		media sdp.Media
		mline string
	}{
		{"baresip", sdp.Media{
			Remote:     netip.MustParseAddrPort("192.0.2.20:11270"),
			RemoteRTCP: netip.MustParseAddrPort("192.0.2.20:11271"),
			Codec:      g722, Receive: []sdp.Codec{g722, pcma, pcmu},
			Event: 101, EventIn: 101, Ptime: 20 * time.Millisecond,
		}, "m=audio 16384 RTP/AVP 9 8 0 101"},
		{"linphone", sdp.Media{
			Remote:     netip.MustParseAddrPort("192.0.2.30:7078"),
			RemoteRTCP: netip.MustParseAddrPort("192.0.2.30:7079"),
			Codec:      pcmu, Receive: []sdp.Codec{pcmu, pcma},
			Event: 99, EventIn: 99, Ptime: 20 * time.Millisecond,
		}, "m=audio 16384 RTP/AVPF 0 8 99"},
		{"asterisk", sdp.Media{
			Remote:     netip.MustParseAddrPort("198.51.100.5:14732"),
			RemoteRTCP: netip.MustParseAddrPort("198.51.100.5:14733"),
			Codec:      pcmu, Receive: []sdp.Codec{pcmu, pcma},
			Event: 101, EventIn: 101, Ptime: 20 * time.Millisecond,
		}, "m=audio 16384 RTP/AVP 0 8 101"},
		{"cisco", sdp.Media{
			Remote:     netip.MustParseAddrPort("203.0.113.77:24594"),
			RemoteRTCP: netip.MustParseAddrPort("203.0.113.77:24595"),
			Codec:      g722, Receive: []sdp.Codec{g722, pcmu, pcma},
			Event: 101, EventIn: 101, Ptime: 20 * time.Millisecond,
		}, "m=audio 16384 RTP/AVP 9 0 8 101"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			offer := real(t, test.name)
			answer, media, err := sdp.Answer(phone(), offer)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(media, test.media) {
				t.Errorf("media %+v\nwant  %+v", media, test.media)
			}
			if !has(answer, test.mline) {
				t.Errorf("answer lacks %q:\n%s", test.mline, answer)
			}
			if strings.Contains(string(answer), "rtcp-mux") {
				t.Error("the answer agrees to rtcp-mux")
			}
			// RFC 3264 §6: as many media lines, in the same order.
			if a, o := kinds(t, answer), kinds(t, offer); !reflect.DeepEqual(a, o) {
				t.Errorf("media lines %v answer %v", a, o)
			}
		})
	}
}

func kinds(t *testing.T, text []byte) (list []string) {
	t.Helper()
	d, err := sdp.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Streams {
		list = append(list, s.Kind)
	}
	return list
}

// RFC 3264 §6.1 and §8.4: direction and hold, from the phone's side.
func TestAnswerDirection(t *testing.T) {
	tests := []struct {
		name, session, media, conn string
		hold                       bool
		want                       sdp.Direction
		nowhere                    bool
	}{
		{name: "nothing said", want: sdp.SendRecv},
		{name: "sendrecv", media: "a=sendrecv", want: sdp.SendRecv},
		{name: "the far side holds", media: "a=sendonly", want: sdp.RecvOnly},
		{name: "the far side listens", media: "a=recvonly", want: sdp.SendOnly},
		{name: "inactive", media: "a=inactive", want: sdp.Inactive},
		{name: "for the whole session", session: "a=sendonly", want: sdp.RecvOnly},
		{name: "the stream overrides the session", session: "a=inactive", media: "a=sendrecv", want: sdp.SendRecv},
		{name: "hold of RFC 2543", conn: "c=IN IP4 0.0.0.0", want: sdp.RecvOnly, nowhere: true},
		{name: "hold of RFC 2543, inactive", conn: "c=IN IP4 0.0.0.0", media: "a=inactive", want: sdp.Inactive, nowhere: true},
		{name: "we hold", hold: true, want: sdp.SendOnly},
		{name: "both hold", hold: true, media: "a=sendonly", want: sdp.Inactive},
		{name: "we hold one that listens", hold: true, media: "a=recvonly", want: sdp.SendOnly},
		{name: "both hold, the old way", hold: true, conn: "c=IN IP4 0.0.0.0", want: sdp.Inactive, nowhere: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rest := []string{}
			if test.session != "" {
				rest = append(rest, test.session)
			}
			rest = append(rest, "m=audio 4000 RTP/AVP 0")
			for _, l := range []string{test.conn, test.media} {
				if l != "" {
					rest = append(rest, l)
				}
			}
			local := phone()
			local.Hold = test.hold
			answer, media, err := sdp.Answer(local, lines(rest...))
			if err != nil {
				t.Fatal(err)
			}
			if media.Direction != test.want {
				t.Errorf("direction %v, want %v", media.Direction, test.want)
			}
			if !has(answer, "a="+test.want.String()) {
				t.Errorf("the answer does not say %v:\n%s", test.want, answer)
			}
			if media.Remote.IsValid() == test.nowhere {
				t.Errorf("remote %v", media.Remote)
			}
		})
	}
}

// Codecs, payload types, packet times, RTCP: one line of the offer each.
func TestAnswerMedia(t *testing.T) {
	tests := []struct {
		name  string
		offer []string
		check func(sdp.Media) bool
	}{
		{
			"static types need no rtpmap",
			[]string{"m=audio 4000 RTP/AVP 18 8 0"},
			func(m sdp.Media) bool { return m.Codec == pcma },
		},
		{
			"a known codec on a dynamic type",
			[]string{"m=audio 4000 RTP/AVP 100 0", "a=rtpmap:100 pcma/8000/1"},
			func(m sdp.Media) bool { return m.Codec.Payload == 100 && m.Codec.Name == "PCMA" },
		},
		{
			"rtpmap overrides the static meaning",
			[]string{"m=audio 4000 RTP/AVP 0 8", "a=rtpmap:0 L8/8000"},
			func(m sdp.Media) bool { return m.Codec == pcma },
		},
		{
			"stereo is not ours",
			[]string{"m=audio 4000 RTP/AVP 97 8", "a=rtpmap:97 PCMU/8000/2"},
			func(m sdp.Media) bool { return m.Codec == pcma },
		},
		{
			"no telephone-event offered",
			[]string{"m=audio 4000 RTP/AVP 0"},
			func(m sdp.Media) bool { return m.Event == 0 && m.EventIn == 0 },
		},
		{
			"telephone-event without fmtp takes 0-15",
			[]string{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/8000"},
			func(m sdp.Media) bool { return m.Event == 96 && m.EventIn == 96 },
		},
		{
			"telephone-event for fax tones only",
			[]string{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/8000", "a=fmtp:96 32-36"},
			func(m sdp.Media) bool { return m.Event == 0 },
		},
		{
			"telephone-event in single numbers",
			[]string{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 TELEPHONE-EVENT/8000", "a=fmtp:96 0-9,10,11,66-255"},
			func(m sdp.Media) bool { return m.Event == 96 },
		},
		{
			"telephone-event at another clock only",
			[]string{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/16000"},
			func(m sdp.Media) bool { return m.Event == 0 },
		},
		{
			"ptime asked for",
			[]string{"m=audio 4000 RTP/AVP 0", "a=ptime:30"},
			func(m sdp.Media) bool { return m.Ptime == 30*time.Millisecond },
		},
		{
			"maxptime bounds it",
			[]string{"m=audio 4000 RTP/AVP 0", "a=maxptime:15"},
			func(m sdp.Media) bool { return m.Ptime == 10*time.Millisecond },
		},
		{
			"absurd ptime",
			[]string{"m=audio 4000 RTP/AVP 0", "a=ptime:65000"},
			func(m sdp.Media) bool { return m.Ptime == 60*time.Millisecond },
		},
		{
			"ptime with a fraction",
			[]string{"m=audio 4000 RTP/AVP 0", "a=ptime:20.0"},
			func(m sdp.Media) bool { return m.Ptime == 20*time.Millisecond },
		},
		{
			"rtcp on a port of its own",
			[]string{"m=audio 4000 RTP/AVP 0", "a=rtcp:53020"},
			func(m sdp.Media) bool { return m.RemoteRTCP.String() == "192.0.2.20:53020" },
		},
		{
			"rtcp on a host of its own",
			[]string{"m=audio 4000 RTP/AVP 0", "a=rtcp:53020 IN IP4 192.0.2.21"},
			func(m sdp.Media) bool { return m.RemoteRTCP.String() == "192.0.2.21:53020" },
		},
		{
			"no room for rtcp",
			[]string{"m=audio 65535 RTP/AVP 0"},
			func(m sdp.Media) bool { return !m.RemoteRTCP.IsValid() },
		},
		{
			"the stream's own address",
			[]string{"m=audio 4000/2 RTP/AVP 0", "c=IN IP4 192.0.2.99"},
			func(m sdp.Media) bool { return m.Remote.String() == "192.0.2.99:4000" },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, media, err := sdp.Answer(phone(), lines(test.offer...))
			if err != nil {
				t.Fatal(err)
			}
			if !test.check(media) {
				t.Errorf("agreed on %+v", media)
			}
		})
	}
}

// RFC 3264 §6: everything but one audio stream is refused with port 0, in its
// place.
func TestAnswerRefusesOtherStreams(t *testing.T) {
	offer := lines(
		"m=video 5000 RTP/AVP 31 32",
		"m=audio 5002 RTP/SAVP 0",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
		"m=audio 5004 RTP/AVP 0",
		"m=audio 5006 RTP/AVP 8",
		"m=image 5008 udptl t38",
	)
	answer, media, err := sdp.Answer(phone(), offer)
	if err != nil {
		t.Fatal(err)
	}
	if media.Remote.Port() != 5004 {
		t.Errorf("the stream taken is %v", media.Remote)
	}
	var got []string
	for line := range strings.Lines(string(answer)) {
		if strings.HasPrefix(line, "m=") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := []string{
		"m=video 0 RTP/AVP 31 32", "m=audio 0 RTP/SAVP 0", "m=audio 16384 RTP/AVP 0",
		"m=audio 0 RTP/AVP 8", "m=image 0 udptl t38",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("media lines %q\nwant %q", got, want)
	}
	// RFC 3264 §8: the next offer of this phone keeps them.
	offered := sdp.Offer(phone(), answer)
	if a, b := kinds(t, offered), kinds(t, offer); !reflect.DeepEqual(a, b) {
		t.Errorf("the next offer has %v, want %v", a, b)
	}
	if !has(offered, "m=audio 16384 RTP/AVP 8 0 9 101") {
		t.Errorf("the next offer lacks our stream in its place:\n%s", offered)
	}
	if n := strings.Count(string(offered), "m=audio 16384"); n != 1 {
		t.Errorf("%d streams of ours", n)
	}
}

func TestAnswerErrors(t *testing.T) {
	tests := []struct {
		name  string
		offer []byte
		want  error
	}{
		{"empty", nil, sdp.ErrSyntax},
		{"not sdp", []byte("Signal=5\r\nDuration=160\r\n"), sdp.ErrSyntax},
		{"version 1", []byte("v=1\r\nm=audio 1 RTP/AVP 0\r\n"), sdp.ErrSyntax},
		{"bad port", lines("m=audio 70000 RTP/AVP 0"), sdp.ErrSyntax},
		{"short media line", lines("m=audio 4000"), sdp.ErrSyntax},
		{"bytes that would go back", lines("m=audio 4000 RTP/AVP 0\x01"), sdp.ErrSyntax},
		{"no address", []byte("v=0\r\nm=audio 4000 RTP/AVP 0\r\n"), sdp.ErrSyntax},
		{"garbled address", lines("m=audio 4000 RTP/AVP 0", "c=192.0.2.1"), sdp.ErrSyntax},
		{"too many streams", lines(strings.Split(strings.Repeat("m=audio 4000 RTP/AVP 0\n", 17), "\n")...), sdp.ErrSyntax},
		{"too long", lines(strings.Repeat("a=x\r\n", 5000)), sdp.ErrSyntax},
		{"no streams", lines(), sdp.ErrNotAcceptable},
		{"video only", lines("m=video 4000 RTP/AVP 31"), sdp.ErrNotAcceptable},
		{"SRTP demanded", lines("m=audio 4000 RTP/SAVP 0"), sdp.ErrNotAcceptable},
		{"DTLS demanded", lines("m=audio 4000 UDP/TLS/RTP/SAVPF 0"), sdp.ErrNotAcceptable},
		{"port 0", lines("m=audio 0 RTP/AVP 0"), sdp.ErrNotAcceptable},
		{"no codec of ours", lines("m=audio 4000 RTP/AVP 18 3"), sdp.ErrNotAcceptable},
		{"events without voice", lines("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), sdp.ErrNotAcceptable},
		{"a name as address", lines("m=audio 4000 RTP/AVP 0", "c=IN IP4 host.example"), sdp.ErrNotAcceptable},
		{"multicast", lines("m=audio 4000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"), sdp.ErrNotAcceptable},
		{"broadcast", lines("m=audio 4000 RTP/AVP 0", "c=IN IP4 255.255.255.255"), sdp.ErrNotAcceptable},
		{"the other family", lines("m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"), sdp.ErrNotAcceptable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, _, err := sdp.Answer(phone(), test.offer)
			if !errors.Is(err, test.want) || answer != nil {
				t.Errorf("answer %q, error %v, want %v", answer, err, test.want)
			}
		})
	}
}
