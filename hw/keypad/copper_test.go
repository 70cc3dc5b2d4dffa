package keypad

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"phoned/hw"
	"phoned/hw/hwtest"
)

// layout is the keypad of the tests: every key of a phone and two places
// without one.
var layout = [][]hw.Key{
	{hw.Key1, hw.Key2, hw.Key3, hw.KeyLine1, hw.KeyLine2, hw.KeyLine3},
	{hw.Key4, hw.Key5, hw.Key6, hw.KeyLine4, hw.KeyHold, hw.KeyTransfer},
	{hw.Key7, hw.Key8, hw.Key9, hw.KeyMute, hw.KeySpeaker, hw.KeyRedial},
	{hw.KeyStar, hw.Key0, hw.KeyPound, hw.KeySend, hw.KeyReject, hw.KeyMenu},
	{hw.KeyVolumeUp, hw.KeyVolumeDown, hw.KeyUp, hw.KeyDown, hw.KeyOK, hw.KeyBack},
	{hw.KeySoft1, hw.KeySoft2, hw.KeySoft3, hw.KeySoft4, hw.NoKey, hw.NoKey},
}

// A place is one crossing of the copper.
type place struct{ row, column int }

func placeOf(k hw.Key) place {
	for r, row := range layout {
		if c := slices.Index(row, k); c >= 0 {
			return place{r, c}
		}
	}
	panic("no such key")
}

// A move is a contact that closes or opens.
type move struct {
	at     time.Duration
	place  place
	closed bool
}

// A heard is an input and when it was told.
type heard struct {
	at time.Duration
	hw.Input
}

// A bench is a matrix on its copper in simulated time, with moves to come.
type bench struct {
	*testing.T
	matrix *Matrix
	copper hwtest.Copper
	moves  []move
	start  time.Time
	now    time.Time

	watched  Rows
	watching bool
	edge     bool

	heard []heard
	rows  int // so many were driven and read
}

// rowTime is how long one row takes; contacts move meanwhile.
const rowTime = 40 * time.Microsecond

func newBench(t *testing.T, cfg Config, moves ...move) *bench {
	t.Helper()
	if cfg.Keys == nil {
		cfg.Keys = layout
	}
	m, err := NewMatrix(cfg)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Unix(1e9, 0)
	b := &bench{T: t, matrix: m, start: start, now: start, copper: hwtest.Copper{Diodes: cfg.Diodes}}
	b.add(moves...)
	b.step(Event{Kind: Ready})
	return b
}

func (b *bench) add(moves ...move) {
	b.moves = append(b.moves, moves...)
	slices.SortStableFunc(b.moves, func(x, y move) int { return cmp.Compare(x.at, y.at) })
}

// press and release move a key now.
func (b *bench) press(k hw.Key)   { b.add(move{b.now.Sub(b.start), placeOf(k), true}) }
func (b *bench) release(k hw.Key) { b.add(move{b.now.Sub(b.start), placeOf(k), false}) }

// advance moves the time and the contacts on.
func (b *bench) advance(to time.Time) {
	for len(b.moves) > 0 && !b.start.Add(b.moves[0].at).After(to) {
		mv := b.moves[0]
		b.moves = b.moves[1:]
		before := b.copper.Columns(uint16(b.watched))
		b.copper.Set(mv.place.row, mv.place.column, mv.closed)
		b.edge = b.edge || b.watching && b.copper.Columns(uint16(b.watched))&^before != 0
	}
	b.now = to
}

// step tells an event and carries the actions out, as the shell does.
func (b *bench) step(ev Event) {
	for _, a := range slices.Clone(b.matrix.Step(b.now, ev)) {
		switch a.Kind {
		case Tell:
			b.heard = append(b.heard, heard{b.now.Sub(b.start), a.Input})
		case Watch:
			b.watching, b.watched = true, a.Rows
			b.edge = b.copper.Columns(uint16(a.Rows)) != 0
		case Scan:
			b.watching, b.edge, b.watched = false, false, 0
			read := Event{Kind: Scanned}
			for r := range MaxRows {
				if a.Rows>>r&1 != 0 {
					b.rows++
					b.advance(b.now.Add(rowTime))
					read.Frame[r] = b.copper.Columns(1 << r)
				}
			}
			b.step(read)
		}
	}
}

// run lets a time pass.
func (b *bench) run(d time.Duration) {
	b.Helper()
	end := b.now.Add(d)
	for steps := 0; ; steps++ {
		if steps > 1e6 {
			b.Fatal("the matrix does not come to rest: its owner is busy for ever")
		}
		if b.edge {
			b.edge = false
			b.step(Event{Kind: Edge})
			continue
		}
		at, due := end, false
		if d := b.matrix.Deadline(); !d.IsZero() && !d.After(end) {
			at, due = d, true
		}
		if len(b.moves) > 0 {
			if mv := b.start.Add(b.moves[0].at); !mv.After(at) && mv.Before(end) {
				at, due = mv, due && at.Equal(mv)
			}
		}
		if at.After(b.now) {
			b.advance(at)
		} else {
			b.advance(b.now)
		}
		switch {
		case due:
			b.step(Event{Kind: Tick})
		case !b.now.Before(end) && !b.edge:
			return
		}
	}
}

// want checks what was told since the last time.
func (b *bench) want(inputs ...hw.Input) {
	b.Helper()
	var got []hw.Input
	for _, h := range b.heard {
		got = append(got, h.Input)
	}
	b.heard = nil
	if !slices.Equal(got, inputs) {
		b.Fatalf("told %v, want %v", got, inputs)
	}
}

// resting checks that nothing is scanned, whatever the time.
func (b *bench) resting() {
	b.Helper()
	b.run(100 * time.Millisecond)
	rows := b.rows
	b.run(time.Hour)
	if b.rows != rows || !b.matrix.Deadline().IsZero() || !b.watching || b.watched != 1<<len(layout)-1 {
		b.Fatalf("at rest: %d rows read in an hour, deadline %v, rows %b watched", b.rows-rows, b.matrix.Deadline(), b.watched)
	}
}

func press(k hw.Key) hw.Input   { return hw.Input{Kind: hw.Press, Key: k} }
func release(k hw.Key) hw.Input { return hw.Input{Kind: hw.Release, Key: k} }
func long(k hw.Key) hw.Input    { return hw.Input{Kind: hw.Long, Key: k} }
func repeat(k hw.Key) hw.Input  { return hw.Input{Kind: hw.Repeat, Key: k} }

func fault(k hw.Key, text string) hw.Input {
	return hw.Input{Kind: hw.Fault, Key: k, Text: text}
}
