package desk

import (
	"context"

	"phoned/cmd/phoned/internal/phone"
)

// An Update is something new for those who watch: a changed snapshot, or a
// notice. Exactly one of the two is set; both are read-only.
type Update struct {
	Snapshot *phone.Snapshot
	Notice   *phone.Notice
}

// Desk runs one telephone. Its methods may be called from any goroutine.
type Desk struct {
	cfg Config
}

// New makes a desk; nothing happens before Run.
func New(cfg Config) *Desk {
	return &Desk{cfg: cfg}
}

// Run serves the phone until ctx ends or the user agent has ended. Calls are
// not ended by it: the user agent does that when it stops. Run may be called once.
func (d *Desk) Run(ctx context.Context) error { return nil }

// Do asks for something. It never blocks, and commands are carried out in
// order.
func (d *Desk) Do(c Command) {}

// Get is the phone as it is now.
func (d *Desk) Get() phone.Snapshot { return phone.Snapshot{} }

// Subscribe opens a stream of updates, the first of which is the snapshot of
// now. Who reads too slowly is dropped: the channel is closed, as it is when
// the desk ends. cancel ends the stream; it may be called more than once.
func (d *Desk) Subscribe() (updates <-chan Update, cancel func()) { return nil, func() {} }
