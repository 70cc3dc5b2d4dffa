//go:build linux

package inside

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var (
	hours = flag.Int("hours", 1, "virtual hours of TestDay")
	seed  = flag.Uint64("seed", 1, "of what happens in TestDay")
)

// A day of a phone whose servers fail at random: silent, refusing, losing
// datagrams, gone, one or both, for seconds or an hour. Now and then somebody
// dials. Whenever the primary is well for long enough the phone is back, no process
// of it ever ends, and it does not grow.
func TestDay(t *testing.T) {
	w := enter(t)
	random := rand.New(rand.NewPCG(*seed, 0))
	before := phones(t)
	end := time.Now().Add(time.Duration(*hours) * time.Hour)
	calls, answered := 0, 0
	for round := 0; time.Now().Before(end); round++ {
		for _, s := range []struct {
			name   string
			server interface {
				Silence()
				Stop()
				Status(int, time.Duration)
				Lose(float64)
			}
			often float64
		}{{"primary", w.primary, 0.7}, {"backup", w.backup, 0.3}} {
			if random.Float64() > s.often {
				continue
			}
			switch random.IntN(4) {
			case 0:
				s.server.Silence()
			case 1:
				s.server.Stop()
			case 2:
				s.server.Status(503, 0)
			case 3:
				s.server.Lose(0.3)
			}
		}
		time.Sleep(time.Duration(random.Int64N(int64(time.Hour))))
		if random.IntN(3) == 0 {
			calls++
			w.dial(t, "600")
			time.Sleep(45 * time.Second)
			if *w.state().Call == "up" {
				answered++
			}
			must(t, w.desk.HangUp())
			time.Sleep(40 * time.Second)
		}
		must(t, w.primary.Heal())
		must(t, w.backup.Heal())
		w.until(t, 20*time.Minute, "registered at the primary, which is well", func(s state) bool {
			return s.Registered && s.Server == primaryAddr.String() && *s.Call == "idle"
		})
		if now := phones(t); !slices.Equal(now, before) {
			t.Fatalf("round %d: the phone's processes were %v and are %v", round, before, now)
		}
	}
	t.Logf("%d calls were dialled, %d of them in spite of what was wrong answered", calls, answered)
}
