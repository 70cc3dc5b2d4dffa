package main

import (
	"testing"
	"time"

	"phoned/sip"
)

// What a smart fleet of 1,000 phones may cost its servers.
const (
	thousand     = 1000
	lossLimit    = 60 // REGISTER/s at the backup when the primary is lost in one instant
	returnLimit  = 15 // registrations a second when they return; the wave stays below
	switchLimit  = 2  // of a phone whose primary comes and goes for an hour
	flapHalf     = 10 * time.Second
	flapDuration = time.Hour
)

// wave is the highest second from one time on to another.
func wave(perSecond []uint32, from, to time.Duration) (most uint32, at time.Duration) {
	for sec := int(from / time.Second); sec < min(len(perSecond), int(to/time.Second)); sec++ {
		if perSecond[sec] > most {
			most, at = perSecond[sec], time.Duration(sec)*time.Second
		}
	}
	return most, at
}

// All phones lose their primary in one instant. They fall upon the backup over
// 20 s, not in one, and return to the primary as slowly.
func TestLossInOneInstant(t *testing.T) {
	for seed := range uint64(5) {
		sc := *story("death-tcp")
		r := newWorld(fleet(thousand, seed+1), &sc, true).run()
		most, at := wave(r.registers[backup], minute, 2*minute)
		if most > lossLimit {
			t.Errorf("seed %d: %d REGISTER/s at the backup at %v, want at most %d", seed+1, most, at, lossLimit)
		}
		if most, at := wave(r.moves[primary], 9*minute, sc.length); most >= returnLimit {
			t.Errorf("seed %d: %d phones return in one second at %v, want fewer than %d", seed+1, most, at, returnLimit)
		}
		if r.switches != (spread{2, 2, 2}) || r.stranded != 0 {
			t.Errorf("seed %d: switches %+v, %d stranded: want all over and back", seed+1, r.switches, r.stranded)
		}
	}
}

// A primary that comes and goes every 10 s for an hour moves a phone over, and
// back when it stays.
func TestFlappingCostsTwoSwitches(t *testing.T) {
	for _, c := range []struct {
		name      string
		transport sip.Transport
		state     state
	}{
		{"UDP, ICMP", sip.UDP, reset},
		{"UDP, silence", sip.UDP, silent},
		{"TCP", sip.TCP, reset},
	} {
		sc := &scenario{
			transport: c.transport, servers: [2]serverConfig{whole, whole},
			faults: flap(c.state, minute, minute+flapDuration, flapHalf),
			length: 2*minute + flapDuration,
		}
		for _, smart := range []bool{false, true} {
			r := newWorld(fleet(thousand, 1), sc, smart).run()
			t.Logf("%s, Smart Failover %v: switches %+v", c.name, smart, r.switches)
			if smart && r.switches.max > switchLimit {
				t.Errorf("%s: up to %d switches of a phone, want at most %d", c.name, r.switches.max, switchLimit)
			}
			// Few switches are worth nothing to a phone that waits for the primary
			// each time: a reset is seen at once, so twice the splay will do.
			if limit := uint32(ticks(time.Minute)); smart && c.transport == sip.TCP && r.outside.max > limit {
				t.Errorf("%s: without service for up to %s s, want at most %s s", c.name, seconds(r.outside.max), seconds(limit))
			}
		}
	}
}
