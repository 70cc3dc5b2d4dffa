package main

import (
	"testing"
	"time"
)

// The network loses and delays as much as it is told.
func TestNetworkDraw(t *testing.T) {
	n := network{jitter: 10 * time.Millisecond, loss: 0.02}
	r := random(1)
	const packets = 200_000
	var sum, most tick
	losses := 0
	for range packets {
		jitter, lost := n.draw(&r)
		sum += jitter
		most = max(most, jitter)
		if lost {
			losses++
		}
	}
	if losses < packets*19/1000 || losses > packets*21/1000 {
		t.Errorf("%d of %d are lost, want 2 %%", losses, packets)
	}
	if mean := (sum / packets).duration(); mean < 4900*time.Microsecond || mean > 5100*time.Microsecond {
		t.Errorf("the mean jitter is %v, want 5 ms", mean)
	}
	if most >= ticks(n.jitter) || most < ticks(n.jitter)-2 {
		t.Errorf("the most is %v, want nearly 10 ms", most.duration())
	}
}

func TestUpTo(t *testing.T) {
	r := random(1)
	if got := r.upTo(0); got != 0 {
		t.Errorf("up to 0: %d", got)
	}
	seen := map[tick]int{}
	for range 1000 {
		seen[r.upTo(4)]++
	}
	for v := range tick(4) {
		if seen[v] < 200 {
			t.Errorf("%d is drawn %d times of 1000", v, seen[v])
		}
	}
	if len(seen) != 4 {
		t.Errorf("drawn: %v", seen)
	}
}
