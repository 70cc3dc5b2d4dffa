package sdp_test

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"phoned/sip/sdp"
)

// The whole text, once: what leaves the phone.
func TestOfferText(t *testing.T) {
	want := "v=0\r\n" +
		"o=- 42 7 IN IP4 192.0.2.10\r\n" +
		"s=-\r\n" +
		"c=IN IP4 192.0.2.10\r\n" +
		"t=0 0\r\n" +
		"m=audio 16384 RTP/AVP 8 0 9 101\r\n" +
		"a=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:0 PCMU/8000\r\n" +
		"a=rtpmap:9 G722/8000\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\n" +
		"a=fmtp:101 0-15\r\n" +
		"a=ptime:20\r\n" +
		"a=sendrecv\r\n"
	if got := string(sdp.Offer(phone(), nil)); got != want {
		t.Errorf("offer\n%s\nwant\n%s", got, want)
	}
}

// Two phones agree: what one sends, the other receives.
func TestRoundTrip(t *testing.T) {
	other := sdp.Local{
		Addr: netip.MustParseAddr("192.0.2.20"), Port: 20000,
		Codecs: []sdp.Codec{g722, pcmu}, Event: 96, Session: 1, Version: 1,
	}
	for _, hold := range []struct{ us, them bool }{{}, {us: true}, {them: true}, {us: true, them: true}} {
		us, them := phone(), other
		us.Hold, them.Hold = hold.us, hold.them
		offer := sdp.Offer(us, nil)
		answer, theirs, err := sdp.Answer(them, offer)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := sdp.Accept(us, offer, answer)
		if err != nil {
			t.Fatal(err)
		}
		if ours.Codec != theirs.Codec || ours.Codec != pcmu {
			t.Errorf("we send %+v, they send %+v", ours.Codec, theirs.Codec)
		}
		if ours.Event != theirs.EventIn || ours.EventIn != theirs.Event || ours.Event != 101 {
			t.Errorf("events %d/%d and %d/%d", ours.Event, ours.EventIn, theirs.Event, theirs.EventIn)
		}
		if ours.Direction.Sends() != theirs.Direction.Receives() || ours.Direction.Receives() != theirs.Direction.Sends() {
			t.Errorf("hold %+v: %v here, %v there", hold, ours.Direction, theirs.Direction)
		}
		if ours.Direction.Receives() && hold.us || theirs.Direction.Receives() && hold.them {
			t.Errorf("hold %+v: %v here, %v there", hold, ours.Direction, theirs.Direction)
		}
		if ours.Remote.Port() != 20000 || theirs.Remote.Port() != 16384 {
			t.Errorf("we send to %v, they to %v", ours.Remote, theirs.Remote)
		}
	}
}

// IPv6 from end to end.
func TestRoundTripIPv6(t *testing.T) {
	us := phone()
	us.Addr = netip.MustParseAddr("2001:db8::10")
	offer := sdp.Offer(us, nil)
	if !has(offer, "c=IN IP6 2001:db8::10") {
		t.Errorf("offer\n%s", offer)
	}
	them := phone()
	them.Addr = netip.MustParseAddr("2001:db8::20")
	answer, _, err := sdp.Answer(them, offer)
	if err != nil {
		t.Fatal(err)
	}
	media, err := sdp.Accept(us, offer, answer)
	if err != nil || media.Remote.String() != "[2001:db8::20]:16384" {
		t.Errorf("media %+v, error %v", media, err)
	}
}

// RFC 3264 §6.1: each side's payload types are its own.
func TestAcceptPayloadTypes(t *testing.T) {
	us := phone()
	us.Codecs = []sdp.Codec{{Name: "G722", Payload: 9, Clock: 8000}, {Name: "PCMA", Payload: 110, Clock: 8000}}
	offer := sdp.Offer(us, nil)
	media, err := sdp.Accept(us, offer, lines(
		"m=audio 4000 RTP/AVP 13 96 97",
		"a=rtpmap:96 PCMA/8000",
		"a=rtpmap:97 telephone-event/8000",
		"a=ptime:40",
	))
	if err != nil {
		t.Fatal(err)
	}
	want := sdp.Media{
		Remote:     netip.MustParseAddrPort("192.0.2.20:4000"),
		RemoteRTCP: netip.MustParseAddrPort("192.0.2.20:4001"),
		Codec:      sdp.Codec{Name: "PCMA", Payload: 96, Clock: 8000},
		Receive:    us.Codecs,
		Event:      97, EventIn: 101, Ptime: 40 * time.Millisecond,
	}
	if !reflect.DeepEqual(media, want) {
		t.Errorf("media %+v\nwant  %+v", media, want)
	}
}

// The far side's word in the answer bounds ours.
func TestAcceptDirection(t *testing.T) {
	tests := []struct {
		hold bool
		line string
		want sdp.Direction
	}{
		{false, "a=sendrecv", sdp.SendRecv},
		{false, "a=sendonly", sdp.RecvOnly},
		{false, "a=recvonly", sdp.SendOnly},
		{false, "a=inactive", sdp.Inactive},
		{false, "c=IN IP4 0.0.0.0", sdp.RecvOnly},
		{true, "a=recvonly", sdp.SendOnly},
		{true, "a=inactive", sdp.Inactive},
		// A far side that does not know of hold: nothing flows that we did not offer.
		{true, "a=sendrecv", sdp.SendOnly},
	}
	for _, test := range tests {
		us := phone()
		us.Hold = test.hold
		media, err := sdp.Accept(us, sdp.Offer(us, nil), lines("m=audio 4000 RTP/AVP 0", test.line))
		if err != nil || media.Direction != test.want {
			t.Errorf("hold %v, %s: %v, error %v, want %v", test.hold, test.line, media.Direction, err, test.want)
		}
	}
}

func TestAcceptErrors(t *testing.T) {
	tests := []struct {
		name   string
		answer []byte
		want   error
	}{
		{"nothing", nil, sdp.ErrSyntax},
		{"no stream", lines(), sdp.ErrNotAcceptable},
		{"refused", lines("m=audio 0 RTP/AVP 0"), sdp.ErrNotAcceptable},
		{"another kind", lines("m=video 4000 RTP/AVP 31"), sdp.ErrNotAcceptable},
		{"another protocol", lines("m=audio 4000 RTP/SAVP 0"), sdp.ErrNotAcceptable},
		{"a codec that was not offered", lines("m=audio 4000 RTP/AVP 18"), sdp.ErrNotAcceptable},
		{"nothing but events", lines("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), sdp.ErrNotAcceptable},
	}
	for _, test := range tests {
		us := phone()
		if _, err := sdp.Accept(us, sdp.Offer(us, nil), test.answer); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
	}
}

// RFC 3264 §8.3.2: a payload type keeps its meaning through a call.
func TestOfferKeepsPayloadTypes(t *testing.T) {
	answer, _, err := sdp.Answer(phone(), real(t, "linphone"))
	if err != nil {
		t.Fatal(err)
	}
	us := phone()
	us.Version++
	us.Hold = true
	next := sdp.Offer(us, answer)
	for _, line := range []string{
		"o=- 42 8 IN IP4 192.0.2.10", "m=audio 16384 RTP/AVPF 8 0 9 99", "m=video 0 RTP/AVPF 96",
		"a=rtpmap:99 telephone-event/8000", "a=sendonly",
	} {
		if !has(next, line) {
			t.Errorf("the next offer lacks %q:\n%s", line, next)
		}
	}
}

// Nothing filled in is no reason to fall over.
func TestZeroLocal(t *testing.T) {
	offer := sdp.Offer(sdp.Local{}, nil)
	if _, err := sdp.Parse(offer); err != nil {
		t.Errorf("%v:\n%s", err, offer)
	}
	if _, _, err := sdp.Answer(sdp.Local{}, offer); err == nil {
		t.Error("a stream without port and codec was taken")
	}
}
