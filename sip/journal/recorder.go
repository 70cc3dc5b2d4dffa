package journal

import (
	"slices"
	"time"

	"phoned/sip/failover"
)

// A Core is what a Recorder runs beside: *failover.Line.
type Core interface {
	Deadline() time.Duration
	// AppendState tells the state, from which failover.Restore goes on.
	AppendState([]byte) []byte
}

const (
	segmentSize = 64 << 10 // bytes of one segment: some 4000 steps
	entryMax    = 4 << 10  // bytes of one step with all its decisions
	decidesMax  = 64       // decisions of one step that are kept; their hash knows all
)

// A Recorder remembers what a line's core was told: at least one segment of
// some thousands of steps, at most two. Where a segment begins it keeps the
// core's state, so that a replay can begin there.
type Recorder struct {
	line     int
	cfg      failover.Config
	seed     uint64
	old, now segment
}

// A segment is a row of steps, packed.
type segment struct {
	first bool          // begins with the core as New made it
	state []byte        // else the core's state where it begins
	start time.Duration // time of that state
	last  time.Duration // time of the last step
	steps int
	data  []byte
}

// NewRecorder begins beside failover.New(cfg, seed).
func NewRecorder(line int, cfg failover.Config, seed uint64) *Recorder {
	cfg.Servers = slices.Clone(cfg.Servers)
	return &Recorder{line: line, cfg: cfg, seed: seed, now: segment{first: true}}
}

// Step remembers that core was told e at a time and then asked for actions. It
// is called after each Step of the core, with nothing left out.
func (r *Recorder) Step(core Core, at time.Duration, e failover.Event, actions []failover.Action) {
	s := &r.now
	at = max(at, s.last) // as the core takes it
	s.data = appendStep(s.data, at-s.last, e, actions, core.Deadline())
	s.last = at
	s.steps++
	if len(s.data)+entryMax <= segmentSize {
		return
	}
	r.old, r.now = r.now, r.old
	*s = segment{state: core.AppendState(s.state[:0]), start: at, last: at, data: s.data[:0]}
}

// Recording is a copy of what is remembered. zero is when the core's time
// began.
func (r *Recorder) Recording(zero time.Time) *Recording {
	rec := &Recording{line: r.line, cfg: r.cfg, seed: r.seed, zero: zero}
	for _, s := range []*segment{&r.old, &r.now} {
		if s.steps == 0 && !s.first {
			continue
		}
		c := *s
		c.data, c.state = slices.Clone(s.data), slices.Clone(s.state)
		rec.segments = append(rec.segments, c)
	}
	return rec
}
