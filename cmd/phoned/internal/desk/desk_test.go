package desk

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/audio"
	"phoned/audio/remote"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip/failover"
	"phoned/sip/sdp"
	"phoned/sip/ua"
)

var registered = ua.LineState{
	Line: 1, Phase: failover.Registered, Registered: true, Server: 1, Address: "10.0.0.1:5060",
}

func agreed() sdp.Media {
	return sdp.Media{
		Remote:     netip.MustParseAddrPort("10.0.0.9:4000"),
		RemoteRTCP: netip.MustParseAddrPort("10.0.0.9:4001"),
		Codec:      sdp.Codec{Name: "pcma", Payload: 8, Clock: 8000},
		Receive:    []sdp.Codec{{Name: "PCMA", Payload: 8, Clock: 8000}, {Name: "iLBC", Payload: 97, Clock: 8000}},
		Event:      96, EventIn: 101, Ptime: 20 * time.Millisecond,
	}
}

// A number dialled on the keys becomes one INVITE with the line's codecs, the
// agreed stream reaches the voice process before it is put into the ear, and
// putting the handset down ends all of it.
func TestCall(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		b.tell(registered)
		b.hook(true)
		if b.media.sound != audio.DialTone || b.media.route != audio.Handset || b.media.volumes[audio.Handset] != 5 {
			t.Errorf("lifted: sound %v, route %v, volume %v", b.media.sound, b.media.route, b.media.volumes)
		}
		b.press(hw.Key2, hw.Key0, hw.Key0, hw.KeyPound)
		dial := asked[ua.Dial](t, b, 1)[0]
		want := ua.Dial{Call: 1, Line: 1, Number: "200", Media: sdp.Local{
			Port: 10002, Event: 101, Ptime: 20 * time.Millisecond,
			Codecs: []sdp.Codec{{Name: "G722", Payload: 9, Clock: 8000}, {Name: "PCMA", Payload: 8, Clock: 8000}},
		}}
		if !reflect.DeepEqual(dial, want) {
			t.Errorf("dialled %+v, want %+v", dial, want)
		}
		b.tell(ua.Asking{Call: 1, Server: 1}, ua.Progress{Call: 1, Status: 180})
		if b.media.sound != audio.Ringback || b.Get().Call != phone.CallRinging {
			t.Errorf("ringing: sound %v, %s", b.media.sound, b.Get().Call)
		}
		b.media.order = nil
		b.tell(ua.Established{Call: 1, Server: 1, Media: agreed()})
		if b.media.focus != 1 || b.media.sound != audio.Silence || b.Get().Call != phone.CallUp {
			t.Errorf("up: focus %d, sound %v, %s", b.media.focus, b.media.sound, b.Get().Call)
		}
		if order := strings.Join(b.media.order, " "); order != "set focus" {
			t.Errorf("the voice process was told %q", order)
		}
		b.press(hw.Key7)
		if string(b.media.digits) != "7" {
			t.Errorf("digits %q", b.media.digits)
		}
		b.hook(false)
		asked[ua.Hangup](t, b, 1)
		if len(b.media.open) != 0 || b.media.focus != 0 || b.Get().Call != phone.CallIdle {
			t.Errorf("after the hang-up: open %v, focus %d, %s", b.media.open, b.media.focus, b.Get().Call)
		}
		b.tell(ua.Ended{Call: 1})
	})
}

func TestSession(t *testing.T) {
	far := netip.MustParseAddrPort("10.0.0.9:4000")
	full := audio.Session{
		Remote: far, RemoteRTCP: netip.MustParseAddrPort("10.0.0.9:4001"), Codec: audio.PCMA, Payload: 8,
		Receive: []audio.Payload{{Type: 8, Codec: audio.PCMA}}, Event: 96, EventIn: 101,
		Ptime: 20 * time.Millisecond, Send: true, Play: true,
	}
	for _, c := range []struct {
		name   string
		change func(*sdp.Media)
		want   func(*audio.Session)
	}{
		{"both ways", func(*sdp.Media) {}, func(*audio.Session) {}},
		{"we hold", func(m *sdp.Media) { m.Direction = sdp.SendOnly }, func(s *audio.Session) { s.Play = false }},
		{"they hold", func(m *sdp.Media) { m.Direction = sdp.RecvOnly }, func(s *audio.Session) { s.Send = false }},
		{"both hold", func(m *sdp.Media) { m.Direction = sdp.Inactive }, func(s *audio.Session) { s.Send, s.Play = false, false }},
		{"nowhere to send", func(m *sdp.Media) { m.Remote = netip.AddrPort{} }, func(s *audio.Session) {
			s.Remote, s.RemoteRTCP, s.Send = netip.AddrPort{}, netip.AddrPort{}, false
		}},
		{"port 0", func(m *sdp.Media) { m.Remote = netip.AddrPortFrom(far.Addr(), 0) }, func(s *audio.Session) {
			s.Remote, s.RemoteRTCP, s.Send = netip.AddrPort{}, netip.AddrPort{}, false
		}},
		{"no RTCP", func(m *sdp.Media) { m.RemoteRTCP = netip.AddrPort{} }, func(s *audio.Session) { s.RemoteRTCP = netip.AddrPort{} }},
	} {
		m, want := agreed(), full
		c.change(&m)
		c.want(&want)
		if got := session(m); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

// A line that sends digits in the voice never offers telephone events, and one
// that sends INFO asks the user agent.
func TestDigitModes(t *testing.T) {
	mode := func(m phone.DTMF) func(*Config, *bench) {
		return func(c *Config, _ *bench) { c.Settings.Phone.Lines[0].DTMF = m }
	}
	up := func(b *bench) ua.Dial {
		b.tell(registered)
		b.press(hw.Key2, hw.KeySend)
		var dial ua.Dial
		for _, c := range b.agent.take() {
			if d, ok := c.(ua.Dial); ok {
				dial = d
			}
		}
		b.tell(ua.Established{Call: 1, Server: 1, Media: agreed()})
		b.press(hw.KeyStar)
		return dial
	}
	onBench(t, mode(phone.InBand), func(t *testing.T, b *bench) {
		if d := up(b); d.Media.Event != 0 || b.media.sessions[1].Event != 0 || string(b.media.digits) != "*" {
			t.Errorf("in-band: offered %d, session %d, digits %q", d.Media.Event, b.media.sessions[1].Event, b.media.digits)
		}
	})
	onBench(t, mode(phone.SIPInfo), func(t *testing.T, b *bench) {
		up(b)
		if info := asked[ua.Info](t, b, 1)[0]; info.Digit != '*' || len(b.media.digits) != 0 {
			t.Errorf("INFO %c, voice %q", info.Digit, b.media.digits)
		}
	})
}

// Without sockets for the voice no INVITE leaves, and the user is told.
func TestNoSockets(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		b.media.full = true
		b.tell(registered)
		b.press(hw.Key2, hw.KeySend)
		asked[ua.Dial](t, b, 0)
		if s := b.Get(); s.Call != phone.CallIdle || s.Sound != "reorder" {
			t.Errorf("%s, sound %s", s.Call, s.Sound)
		}
		b.tell(ua.Incoming{Call: 2, Line: 1, Number: "300"})
		b.press(hw.KeyOK)
		if r := asked[ua.Reject](t, b, 1)[0]; r.Status != 500 {
			t.Errorf("rejected with %d", r.Status)
		}
	})
}

func TestIncoming(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		b.tell(registered, ua.Incoming{Call: 2, Line: 1, Number: "300", Name: "Ada"})
		asked[ua.Ring](t, b, 1)
		if b.media.sound != audio.Ring || b.media.ring != 7 || b.board.lamps[hw.LampLine1] != hw.Fast {
			t.Errorf("sound %v at %d, lamp %v", b.media.sound, b.media.ring, b.board.lamps[hw.LampLine1])
		}
		if len(b.media.open) != 0 {
			t.Error("a call that only rings has sockets")
		}
		b.hook(true)
		if a := asked[ua.Answer](t, b, 1)[0]; a.Media.Port != 10004 || a.Media.Event != 101 {
			t.Errorf("answered with %+v", a.Media)
		}
		b.tell(ua.Established{Call: 2, Server: 1, Media: agreed()})
		if b.media.focus != 2 || b.media.sound != audio.Silence {
			t.Errorf("focus %d, sound %v", b.media.focus, b.media.sound)
		}
		b.tell(ua.Ended{Call: 2, ByRemote: true})
		if len(b.media.open) != 0 || b.Get().Call != phone.CallIdle || b.Get().Sound != "busy" {
			t.Errorf("open %v, %s, %s", b.media.open, b.Get().Call, b.Get().Sound)
		}
	})
}

// The display is drawn at most ten times a second, with the newest picture,
// and a display that hangs stops nobody.
func TestDisplay(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		for range 20 {
			b.press(hw.Key1)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for i := 1; i < len(b.board.drawn); i++ {
			if gap := b.board.drawn[i].Sub(b.board.drawn[i-1]); gap < 100*time.Millisecond {
				t.Errorf("drawn again after %v", gap)
			}
		}
		if n := len(b.board.drawn); n > 5 {
			t.Errorf("%d pictures", n)
		}
		if !has(b.board.last(), strings.Repeat("1", 20)) {
			t.Errorf("the display shows %q", b.board.last())
		}
	})
	onBench(t, func(_ *Config, b *bench) { b.board.stuck = make(chan struct{}) }, func(t *testing.T, b *bench) {
		b.tell(registered)
		b.press(hw.Key2, hw.KeySend)
		asked[ua.Dial](t, b, 1)
		close(b.board.stuck)
	})
}

// A board that fails is told in words, once, and so is its recovery; a fault
// of the voice process stays beside it.
func TestFaults(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		updates, cancel := b.Subscribe()
		defer cancel()
		b.board.mu.Lock()
		b.board.fails = errors.New("bus error")
		b.board.mu.Unlock()
		b.tell(registered)
		time.Sleep(10 * time.Second)
		b.media.events <- remote.DeviceFault{Text: "no sound card"}
		b.board.mu.Lock()
		b.board.fails = nil
		b.board.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		b.media.events <- remote.DeviceFault{}
		synctest.Wait()
		var told []string
		for len(updates) > 0 {
			if u := <-updates; u.Notice != nil {
				told = append(told, string(u.Notice.Severity)+" "+u.Notice.Text)
			}
		}
		want := []string{
			"error The phone reports a fault: draw the display: bus error",
			"error The phone reports a fault: draw the display: bus error; no sound card",
			"error The phone reports a fault: no sound card",
			"info The fault of the phone is gone.",
		}
		if !reflect.DeepEqual(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// Commands from the control socket reach the user agent; those who watch see
// the phone as it is, then every change; who does not read is dropped.
func TestWatchers(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		reads, cancel := b.Subscribe()
		lazy, cancelLazy := b.Subscribe()
		if u := <-reads; u.Snapshot == nil || u.Snapshot.Registered {
			t.Fatalf("began with %+v", u)
		}
		b.Do(Register{Line: 1})
		synctest.Wait()
		asked[ua.Register](t, b, 1)
		b.tell(registered)
		saw := false
		for len(reads) > 0 {
			if u := <-reads; u.Snapshot != nil && u.Snapshot.Registered && u.Snapshot.Server == "10.0.0.1:5060" {
				saw = true
			}
		}
		if !saw {
			t.Error("the registration was not streamed")
		}
		for range watchRoom + 10 {
			b.press(hw.KeyVolumeUp, hw.KeyVolumeDown)
			for len(reads) > 0 {
				<-reads
			}
		}
		n := 0
		for range lazy {
			n++
		}
		if n != watchRoom {
			t.Errorf("the lazy one read %d updates before the end, want %d", n, watchRoom)
		}
		cancelLazy()
		cancel()
		cancel()
		if _, open := <-reads; open {
			t.Error("a cancelled stream goes on")
		}
	})
}

func TestLinkAndReload(t *testing.T) {
	var saved []string
	keep := func(c *Config, _ *bench) {
		c.Save = func(s phone.Setting, v string) error {
			saved = append(saved, s.String()+"="+v)
			return errors.New("flash is full") // is logged, and stops nothing
		}
	}
	onBench(t, keep, func(t *testing.T, b *bench) {
		b.Do(Link{Up: false})
		synctest.Wait()
		if l := asked[ua.Link](t, b, 1)[0]; l.Up || !strings.HasSuffix(b.Get().Screen[0], " OFFLINE") {
			t.Errorf("link %+v, display %q", l, b.Get().Screen)
		}
		s := testSettings()
		s.Phone.Language = phone.Chinese
		s.Lines = []ua.Line{{Number: 1, User: "1001"}}
		b.Do(Reload{s})
		synctest.Wait()
		if r := asked[ua.Reload](t, b, 1)[0]; len(r.Lines) != 1 {
			t.Errorf("reloaded %+v", r)
		}
		if !has(b.Get().Screen, "网络未连接") {
			t.Errorf("display %q", b.Get().Screen)
		}
		b.press(hw.KeyVolumeDown)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if !reflect.DeepEqual(saved, []string{"ring-volume=6"}) {
			t.Errorf("saved %q", saved)
		}
	})
}

// When the user agent has ended, so has the desk, and all streams with it.
func TestEnd(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		updates, _ := b.Subscribe()
		close(b.agent.events)
		for range updates {
		}
		late, cancel := b.Subscribe()
		defer cancel()
		if u := <-late; u.Snapshot == nil {
			t.Error("no last snapshot")
		}
		if _, open := <-late; open {
			t.Error("a stream of a desk that has ended stays open")
		}
	})
}
