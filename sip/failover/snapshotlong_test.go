package failover

import (
	"bytes"
	"testing"
	"time"
)

// A Line restored once goes on for hours like the one that was not: nothing it
// knows was left behind to be missed later.
func TestSnapshotGoesOnForHours(t *testing.T) {
	for seed := range uint64(60) {
		w := newWorld(seed+1, 6*time.Hour)
		w.cfg.Smart, w.cfg.Standby = seed%2 == 1, seed%3 != 1
		w.line = New(w.cfg, seed)
		var twin *Line
		steps := 0
		w.twin = func(now time.Duration, e Event, _ []Action) {
			if twin != nil {
				twin.Step(now, e, nil)
				if got, want := twin.AppendState(nil), w.line.AppendState(nil); !bytes.Equal(got, want) {
					t.Fatalf("seed %d at %v after %v:\nrestored %+v\nwas      %+v", seed, now, e, twin, w.line)
				}
			}
			if steps++; twin == nil && steps%97 == 0 {
				var err error
				if twin, err = Restore(w.cfg, w.line.AppendState(nil)); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.run()
	}
}
