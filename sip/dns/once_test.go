package dns

import (
	"testing"
	"testing/synctest"
	"time"
)

// A name server that takes its time is asked once, however often somebody wants
// to know meanwhile.
func TestASlowServerIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := newNames()
		zone.set(60, "A", "pbx.example", "10.0.0.1")
		zone.delay = 500 * time.Millisecond
		k := run(t, zone)
		q := udp("pbx.example", ByAddress)
		for range 8 {
			k.Watch([]Query{q})
			wait(50 * time.Millisecond)
		}
		n := map[string]int{}
		for _, a := range zone.take() {
			n[a.kind]++
		}
		if n["A"] != 1 || n["AAAA"] > 1 {
			t.Errorf("the questions of 400 ms: %v", n)
		}
		wait(time.Second)
		if a := k.one(); where(a) != "10.0.0.1:5060/UDP" {
			t.Errorf("%v", a)
		}
	})
}
