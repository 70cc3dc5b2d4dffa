package remote

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"phoned/audio"
	"phoned/audio/wire"
)

func TestPortsAreEvenAndNotUsedAgainSoon(t *testing.T) {
	p, err := newPorts(23001, 9, 46) // 23002 to 23009
	if err != nil {
		t.Fatal(err)
	}
	var got []uint16
	for call := range uint32(6) {
		pair, fresh, err := p.take(call + 1)
		if err != nil || !fresh {
			t.Fatal(err)
		}
		got = append(got, pair.port)
		p.release(call + 1)
		pair.close()
	}
	if want := []uint16{23002, 23004, 23006, 23008, 23002, 23004}; !reflect.DeepEqual(got, want) {
		t.Errorf("ports %v, want %v", got, want)
	}
}

func TestPortsRunOut(t *testing.T) {
	p, _ := newPorts(23020, 4, 0)
	for call := range uint32(2) {
		pair, _, err := p.take(call + 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pair.close)
	}
	_, _, err := p.take(3)
	if err == nil || !strings.Contains(err.Error(), "none of the UDP ports 23020 to 23023 is free") {
		t.Errorf("a third call: %v", err)
	}
	if again, fresh, err := p.take(1); err != nil || fresh || again.port%2 != 0 {
		t.Errorf("the first call again: %v, %v", again, err)
	}
}

// What a new media process is told is the last of everything, calls first opened.
func TestTheStateIsRestated(t *testing.T) {
	s := newState()
	session := audio.Session{Remote: netip.MustParseAddrPort("192.0.2.1:4000")}
	for _, m := range []wire.Message{
		{Kind: wire.Set, Call: 9}, // not open
		{Kind: wire.Play, Which: uint8(audio.DialTone)},
		{Kind: wire.Open, Call: 2},
		{Kind: wire.Open, Call: 1},
		{Kind: wire.Set, Call: 2},
		{Kind: wire.Set, Call: 2, Session: session},
		{Kind: wire.Focus, Call: 2},
		{Kind: wire.Volume, Which: 1, Value: 3},
		{Kind: wire.Volume, Which: 0, Value: 7},
		{Kind: wire.Volume, Which: 1, Value: 4},
		{Kind: wire.Digit, Call: 2, Which: '1'},
		{Kind: wire.Mute, Value: 1},
		{Kind: wire.Play, Which: uint8(audio.Ringback)},
		{Kind: wire.Focus, Call: 77}, // not open
	} {
		s.note(m, pair{})
	}
	want := []wire.Message{
		{Kind: wire.Volume, Which: 0, Value: 7},
		{Kind: wire.Volume, Which: 1, Value: 4},
		{Kind: wire.Mute, Value: 1},
		{Kind: wire.Open, Call: 1},
		{Kind: wire.Open, Call: 2},
		{Kind: wire.Set, Call: 2, Session: session},
		{Kind: wire.Focus, Call: 2},
		{Kind: wire.Play, Which: uint8(audio.Ringback)},
	}
	if got := s.all(); !reflect.DeepEqual(got, want) {
		t.Errorf("told\n%+v\nwant\n%+v", got, want)
	}
	s.note(wire.Message{Kind: wire.Close, Call: 2}, pair{})
	if got := s.all(); len(got) != 5 {
		t.Errorf("after the close: %+v", got)
	}
}
