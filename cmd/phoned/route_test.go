package main

import (
	"slices"
	"testing"

	"phoned/audio"
	"phoned/cmd/phoned/internal/desk"
	"phoned/hw"
)

// wires are a codec and a voice process that note what they are told.
type wires struct {
	desk.Media
	codec, voice []string
}

func (w *wires) SetRoute(r hw.Route) { w.codec = append(w.codec, r.String()) }

func (w *wires) SetMute(on bool) {
	if on {
		w.codec = append(w.codec, "muted")
	} else {
		w.codec = append(w.codec, "open")
	}
}

func (w *wires) Route(r audio.Route) { w.voice = append(w.voice, hw.Route(r).String()) }
func (w *wires) Mute(bool)           { w.voice = append(w.voice, "mute") }
func (w *wires) Play(audio.Sound)    { w.voice = append(w.voice, "play") }

// The codec follows the voice; for the bell it is on the speaker, and then where
// it was, or where it was told to be meanwhile.
func TestTheCodecFollowsTheVoice(t *testing.T) {
	w := &wires{}
	m := withRoutes(w, w)
	want := func(codec ...string) {
		t.Helper()
		if !slices.Equal(w.codec, codec) {
			t.Errorf("the codec was told %v, want %v", w.codec, codec)
		}
		w.codec = nil
	}
	want("handset") // at the start
	m.Route(audio.Headset)
	want("headset")
	m.Play(audio.DialTone)
	want()
	m.Play(audio.Ring)
	want("speaker")
	m.Play(audio.Silence)
	want("headset")
	m.Play(audio.Ring)
	m.Route(audio.Handset) // it is answered with the handset; the bell ends after that
	m.Play(audio.Silence)
	want("speaker", "speaker", "handset")
	m.Mute(true)
	m.Mute(false)
	want("muted", "open")
	if got := []string{"headset", "play", "play", "play", "play", "handset", "play", "mute", "mute"}; !slices.Equal(w.voice, got) {
		t.Errorf("the voice was told %v", w.voice)
	}
	if m := withRoutes(w, nil); m != desk.Media(w) {
		t.Error("a board without routes has something between desk and voice")
	}
}

// The two words for a route mean the same.
func TestRoutesAgree(t *testing.T) {
	for a, h := range map[audio.Route]hw.Route{
		audio.Handset: hw.RouteHandset, audio.Speaker: hw.RouteSpeaker, audio.Headset: hw.RouteHeadset,
	} {
		if hw.Route(a) != h {
			t.Errorf("audio's %d is %d in hw", a, h)
		}
	}
}
