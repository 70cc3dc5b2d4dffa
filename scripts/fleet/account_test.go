package main

import "testing"

// The time without service of one phone, by a story of 1000 ticks.
func TestAccount(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(*account)
		want  tick
	}{
		{"never registered", func(*account) {}, 1000},
		{"registered all the time", func(a *account) { a.bind(0, 0, primary, 2000) }, 0},
		{"the registration runs out", func(a *account) { a.bind(0, 100, primary, 400) }, 100 + 600},
		{"refreshed too late", func(a *account) {
			a.bind(0, 0, primary, 400)
			a.bind(0, 500, primary, 2000)
		}, 100},
		{"the server is gone for a while", func(a *account) {
			a.bind(0, 0, primary, 2000)
			a.turn(300, primary, false)
			a.turn(700, primary, true)
		}, 400},
		{"... and the phone moves over", func(a *account) {
			a.bind(0, 0, primary, 2000)
			a.turn(300, primary, false)
			a.bind(0, 350, backup, 2000)
			a.turn(700, primary, true)
		}, 50},
		{"both are gone", func(a *account) {
			a.bind(0, 0, primary, 2000)
			a.bind(0, 0, backup, 2000)
			a.turn(300, primary, false)
			a.turn(400, backup, false)
			a.turn(500, primary, true)
		}, 100},
		{"the registration runs out while its server is gone", func(a *account) {
			a.bind(0, 0, primary, 400)
			a.turn(300, primary, false)
			a.turn(500, primary, true)
			a.bind(0, 600, primary, 2000)
		}, 300},
		{"its connection breaks", func(a *account) {
			a.bind(0, 0, primary, 2000)
			a.bind(0, 300, primary, 0)
		}, 700},
	} {
		a := newAccount(1)
		c.story(&a)
		a.settle(&a.phones[0], 1000)
		if got := a.phones[0].outside; got != c.want {
			t.Errorf("%s: without service for %d, want %d", c.name, got, c.want)
		}
	}
}

func TestSpread(t *testing.T) {
	values := make([]uint32, 0, 200)
	for i := range uint32(200) {
		values = append(values, 200-i)
	}
	if got := spreadOf(values); got != (spread{p50: 100, p99: 198, max: 200}) {
		t.Errorf("of 1 to 200: %+v", got)
	}
	if got := spreadOf([]uint32{7}); got != (spread{7, 7, 7}) {
		t.Errorf("of 7: %+v", got)
	}
	if got := spreadOf(nil); got != (spread{}) {
		t.Errorf("of nothing: %+v", got)
	}
}
