package main

import (
	"sync"

	"phoned/audio"
	"phoned/cmd/phoned/internal/desk"
	"phoned/hw"
)

// routedMedia is the voice of a board whose codec chooses mouth and ear: what
// the voice process is told of them, the codec is told, too.
type routedMedia struct {
	desk.Media
	router hw.Router

	mu      sync.Mutex
	route   audio.Route
	ringing bool
}

// withRoutes is media, or media and the codec where the board has one to tell.
func withRoutes(media desk.Media, router hw.Router) desk.Media {
	if router == nil {
		return media
	}
	r := &routedMedia{Media: media, router: router}
	r.connect()
	return r
}

// Route implements desk.Media.
func (m *routedMedia) Route(to audio.Route) {
	m.Media.Route(to)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.route = to
	m.connect()
}

// Play implements desk.Media. The bell is on the speaker, wherever the voice is
// (audio.Ring).
func (m *routedMedia) Play(s audio.Sound) {
	m.Media.Play(s)
	m.mu.Lock()
	defer m.mu.Unlock()
	if ringing := s == audio.Ring; ringing != m.ringing {
		m.ringing = ringing
		m.connect()
	}
}

// Mute implements desk.Media.
func (m *routedMedia) Mute(on bool) {
	m.Media.Mute(on)
	m.router.SetMute(on)
}

// connect tells the codec which mouth and ear are used; m.mu is held.
func (m *routedMedia) connect() {
	route := hw.Route(m.route) // the same values: see there
	if m.ringing {
		route = hw.RouteSpeaker
	}
	m.router.SetRoute(route)
}
