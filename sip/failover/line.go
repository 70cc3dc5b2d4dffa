package failover

import (
	"math"
	"time"
)

// Never is the Deadline of a Line that waits for nothing.
const Never = time.Duration(math.MaxInt64)

// A Line is one SIP account and its servers. Only one goroutine may use it.
type Line struct {
	cfg Config
	now time.Duration
	out []Action
}

// New returns a Line that waits for Start. The seed decides every random wait.
func New(cfg Config, seed uint64) *Line { return &Line{cfg: cfg} }

// Step takes one event at time now, appends what to do about it to buf, in
// order, and returns buf. A time before that of the last Step counts as that.
func (l *Line) Step(now time.Duration, e Event, buf []Action) []Action { return buf }

// Deadline is when Step next wants a Tick; Never if it waits for events alone.
func (l *Line) Deadline() time.Duration { return Never }

// Active is the server that new requests go to, an index into Config.Servers.
func (l *Line) Active() int { return 0 }

// Registered tells whether the line holds a registration at Active.
func (l *Line) Registered() bool { return false }

// Open is the number of client transactions the owner has to keep.
func (l *Line) Open() int { return 0 }
