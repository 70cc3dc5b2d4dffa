package keypad

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"phoned/hw"
)

var (
	seeds = flag.Uint64("seeds", 50, "how many seeds the fingers try")
	seed  = flag.Uint64("seed", 0, "the one seed to replay")
)

// A touch is a finger on a key, with the bounces of both ends.
type touch struct {
	place    place
	down, up time.Duration // the contact is steady between them, but for the bounces
	end      time.Duration // of the bounces after up
}

// bounced are the moves of a contact under a touch: for up to 8 ms at either
// end it is closed and open at random.
func (f *touch) bounced(r *rand.Rand) (moves []move) {
	at := func(from time.Duration, last bool) time.Duration {
		end := from + time.Duration(r.Int64N(int64(8*ms)))
		for state := last; from < end; from += time.Duration(r.Int64N(int64(2 * ms))) {
			moves = append(moves, move{from, f.place, state})
			state = !state
		}
		moves = append(moves, move{end, f.place, last})
		return end
	}
	at(f.down, true)
	f.end = at(f.up, false)
	return moves
}

// Whatever fingers do on copper without diodes, with bounces, and with a third
// and a fourth key now and then: no key is told that no finger touches, a clean
// press is told once, Press and Release take turns, and it ends asleep.
func TestFingers(t *testing.T) {
	first, last := uint64(1), *seeds
	if *seed != 0 {
		first, last = *seed, *seed
	}
	clean := 0
	for s := first; s <= last; s++ {
		if clean += fingers(t, s); t.Failed() {
			t.Fatalf("replay with -run Fingers -seed %d", s)
		}
	}
	if clean < 15*int(last-first+1) {
		t.Errorf("only %d clean presses", clean)
	}
}

func fingers(t *testing.T, seed uint64) (clean int) {
	r := rand.New(rand.NewPCG(seed, 4))
	var touches []touch
	var moves []move
	free := map[place]time.Duration{} // a key is let go for a moment between two touches
	now := 50 * ms
	most := 2 + r.IntN(5)/2 // fingers on the keys at once
	for len(touches) < 60 {
		down := 0
		for _, o := range touches {
			if o.end >= now {
				down++
			}
		}
		p := place{r.IntN(len(layout)), r.IntN(len(layout[0]))}
		if r.IntN(3) == 0 && len(touches) > 0 { // in the row or the column of the last one
			last := touches[len(touches)-1].place
			if p.row = last.row; r.IntN(2) == 0 {
				p = place{r.IntN(len(layout)), last.column}
			}
		}
		if down < most && free[p] <= now && layout[p.row][p.column] != hw.NoKey {
			f := touch{place: p, down: now, up: now + 20*ms + time.Duration(r.Int64N(int64(200*ms)))}
			moves = append(moves, f.bounced(r)...)
			free[p] = f.end + 60*ms
			touches = append(touches, f)
		}
		now += time.Duration(r.Int64N(int64(200 * ms)))
	}
	b := newBench(t, Config{}, moves...)
	b.run(now + time.Second)

	isDown := map[hw.Key]bool{}
	for _, h := range b.heard {
		switch h.Kind {
		case hw.Press, hw.Release:
			if isDown[h.Key] == (h.Kind == hw.Press) {
				t.Errorf("at %v: %v twice", h.at, h.Input)
			}
			isDown[h.Key] = h.Kind == hw.Press
			if h.Kind == hw.Release {
				continue
			}
		case hw.Long, hw.Repeat:
			if !isDown[h.Key] {
				t.Errorf("at %v: %v of a key that is up", h.at, h.Input)
			}
		default:
			t.Errorf("at %v: %v", h.at, h.Input)
		}
		touched := false
		for _, f := range touches {
			touched = touched || layout[f.place.row][f.place.column] == h.Key && f.down <= h.at && h.at <= f.end+30*ms
		}
		if !touched {
			t.Errorf("at %v: %v, which nobody touches", h.at, h.Input)
		}
	}
	for _, f := range touches {
		others, told := 0, 0
		for _, o := range touches {
			if o != f && o.down < f.end && f.down < o.end+30*ms {
				others++
			}
		}
		k := layout[f.place.row][f.place.column]
		for _, h := range b.heard {
			if h.Input == press(k) && h.at >= f.down && h.at <= f.end {
				told++
			}
		}
		if told > 1 {
			t.Errorf("%s from %v to %v was told %d times", k, f.down, f.end, told)
		}
		if f.up-f.down >= 40*ms && others < 2 {
			clean++
			if told == 0 {
				t.Errorf("%s from %v to %v was lost", k, f.down, f.up)
			}
		}
	}
	b.resting()
	return clean
}

// Whatever is read, and whenever: Press and Release take turns, a key is told
// only after it has read closed, and a fault is over only after it began.
func FuzzMatrix(f *testing.F) {
	f.Add([]byte{1, 0, 4, 1, 1, 4, 1, 1, 4, 1, 1, 4, 0, 0, 4, 0, 0})
	f.Add([]byte{2, 4, 255, 255, 4, 255, 3, 3, 2, 1, 4, 128, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _ := NewMatrix(Config{Keys: layout})
		now := time.Unix(1e9, 0)
		m.Step(now, Event{Kind: Ready})
		down, closed, broken := map[hw.Key]bool{}, map[hw.Key]bool{}, map[hw.Key]bool{}
		for len(data) >= 3 {
			ev := Event{Kind: EventKind(data[0] % 6)}
			now = now.Add(time.Duration(data[0]/6) * 2 * ms)
			if ev.Kind == Scanned {
				for r := range len(layout) {
					ev.Frame[r] = uint16(data[1+r%2]) >> (r / 2)
					for c, k := range layout[r] {
						closed[k] = closed[k] || ev.Frame[r]>>c&1 != 0
					}
				}
				data = data[2:]
			}
			data = data[1:]
			for _, a := range m.Step(now, ev) {
				if a.Kind != Tell {
					continue
				}
				in := a.Input
				switch in.Kind {
				case hw.Press, hw.Release:
					if down[in.Key] == (in.Kind == hw.Press) || in.Key == hw.NoKey {
						t.Fatalf("%v out of turn", in)
					}
					down[in.Key] = in.Kind == hw.Press
					if !closed[in.Key] {
						t.Fatalf("%v of a key that never closed", in)
					}
				case hw.Long, hw.Repeat:
					if !down[in.Key] {
						t.Fatalf("%v of a key that is up", in)
					}
				case hw.Fault:
					if in.Key != hw.NoKey && broken[in.Key] == (in.Text != "") {
						t.Fatalf("%v out of turn", in)
					}
					broken[in.Key] = in.Text != ""
				}
			}
		}
	})
}
