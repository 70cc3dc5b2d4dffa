package main

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"phoned/sip"
)

func story(name string) *scenario {
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	return &scenarios[i]
}

func fleet(phones int, seed uint64) settings {
	return settings{seed: seed, phones: phones, network: defaultNetwork}
}

// A seed gives the same bytes, another one gives others.
func TestSeed(t *testing.T) {
	draw := func(seed uint64) []byte {
		set, sc := fleet(200, seed), story("rolling")
		runs := [2]result{newWorld(set, sc, false).run(), newWorld(set, sc, true).run()}
		return append(plot(sc, set.phones, runs), table(set, [][2]result{runs})...)
	}
	a, b, c := draw(1), draw(1), draw(2)
	if !bytes.Equal(a, b) {
		t.Error("one seed, two results")
	}
	if bytes.Equal(a, c) {
		t.Error("two seeds, one result")
	}
}

// A fleet that nothing happens to costs its servers the refreshes and nobody
// anything.
func TestPeace(t *testing.T) {
	for _, transport := range []sip.Transport{sip.UDP, sip.TCP} {
		sc := &scenario{transport: transport, servers: [2]serverConfig{whole, whole}, length: 2 * time.Hour}
		r := newWorld(fleet(500, 1), sc, false).run()
		if r.outside.max != 0 || r.switches.max != 0 || r.stranded != 0 {
			t.Errorf("%v: without service for up to %s s, %d switches, %d stranded", transport, seconds(r.outside.max), r.switches.max, r.stranded)
		}
		var sum int
		for _, n := range r.registers[primary] {
			sum += int(n)
		}
		// A refresh each 3555 s, with a challenge first; lost ones again.
		if sum < 1900 || sum > 2200 {
			t.Errorf("%v: %d REGISTERs in two hours, want about 2000", transport, sum)
		}
		if r.peak[backup] != 0 {
			t.Errorf("%v: %d REGISTERs at the backup, which nobody needs", transport, r.peak[backup])
		}
	}
}

// The primary dies: everybody is at the backup within a keep-alive and two
// attempts, and back at the primary afterwards.
func TestDeath(t *testing.T) {
	r := newWorld(fleet(500, 1), story("death"), false).run()
	if limit := uint32(ticks(75*time.Second + 15*time.Second + 2*time.Second)); r.outside.max > limit || r.outside.p50 < uint32(ticks(30*time.Second)) {
		t.Errorf("without service for %s s, at most %s s", seconds(r.outside.p50), seconds(r.outside.max))
	}
	if r.switches != (spread{2, 2, 2}) || r.stranded != 0 {
		t.Errorf("switches %+v, %d stranded: want over and back", r.switches, r.stranded)
	}
}

// A reset tells all phones at once, and plain ones all move at once.
func TestDeathTCP(t *testing.T) {
	r := newWorld(fleet(500, 1), story("death-tcp"), false).run()
	if limit := uint32(ticks(3 * time.Second)); r.outside.max > limit {
		t.Errorf("without service for up to %s s", seconds(r.outside.max))
	}
	if r.peak[backup] < 400 {
		t.Errorf("only %d REGISTERs in one second", r.peak[backup])
	}
}

// With both servers dead for an hour nobody has service, and everybody has it
// again within the longest wait of RFC 5626.
func TestBothDead(t *testing.T) {
	for _, smart := range []bool{false, true} {
		r := newWorld(fleet(300, 1), story("both-dead"), smart).run()
		if r.outside.p50 < uint32(ticks(time.Hour)) || r.outside.max > uint32(ticks(time.Hour+32*time.Minute)) || r.stranded != 0 {
			t.Errorf("smart %v: without service for %s s, at most %s s; %d stranded", smart, seconds(r.outside.p50), seconds(r.outside.max), r.stranded)
		}
	}
}

// The queue of a server that can do too little fills, and yet the fleet comes in.
func TestWeakBackup(t *testing.T) {
	sc := *story("weak-backup")
	sc.servers[backup] = serverConfig{capacity: 4, queue: 4}
	r := newWorld(fleet(500, 1), &sc, false).run()
	if r.dropped[backup] == 0 {
		t.Error("nothing was dropped")
	}
	if r.stranded != 0 {
		t.Errorf("%d phones have no service at the end", r.stranded)
	}
}
