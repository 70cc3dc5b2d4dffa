package journal

import (
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// BenchmarkStep is what recording adds to one step of the core.
func BenchmarkStep(b *testing.B) {
	w := newWorld(testConfig(2), 1)
	for range 100 {
		w.live()
	}
	e := failover.Event{Kind: failover.Response, Tx: 12, Method: sip.REGISTER, Status: 200, Expires: time.Hour}
	actions := []failover.Action{{Kind: failover.Forget, Tx: 12}, {Kind: failover.State, Phase: failover.Registered}}
	b.ReportAllocs()
	for b.Loop() {
		w.now += 20 * time.Millisecond
		w.recorder.Step(w.core, w.now, e, actions)
	}
}
