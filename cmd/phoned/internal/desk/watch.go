package desk

import (
	"maps"
	"reflect"
	"slices"
	"sync"

	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/journal"
	"phoned/sip/ua"
)

// watchRoom is how many updates a watcher may leave unread.
const watchRoom = 256

// An Update is something new for those who watch: a changed snapshot, a notice,
// a decision of a line, or how a line's servers are. Exactly one is set; all are
// read-only.
type Update struct {
	Snapshot *phone.Snapshot
	Notice   *phone.Notice
	Decision *journal.Record
	Health   *phone.Health
}

// watchers are those who follow the phone. Nobody waits for them.
type watchers struct {
	mu   sync.Mutex
	now  phone.Snapshot
	why  journal.Ring
	well map[int]phone.Health
	open map[chan Update]bool // nil when the desk has ended
}

func (w *watchers) init(s phone.Snapshot) {
	w.now = s
	w.well = map[int]phone.Health{}
	w.open = map[chan Update]bool{}
}

// add opens a stream that begins with the phone as it is.
func (w *watchers) add() (<-chan Update, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := make(chan Update, watchRoom)
	now := w.now
	ch <- Update{Snapshot: &now}
	if w.open == nil {
		close(ch)
		return ch, func() {}
	}
	w.open[ch] = true
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.drop(ch)
	}
}

// drop ends a stream; the lock is held.
func (w *watchers) drop(ch chan Update) {
	if w.open[ch] {
		delete(w.open, ch)
		close(ch)
	}
}

func (w *watchers) last() phone.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// show tells a snapshot if it differs from the last one.
func (w *watchers) show(s phone.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if reflect.DeepEqual(s, w.now) {
		return
	}
	w.now = s
	w.send(Update{Snapshot: &s})
}

func (w *watchers) notice(n phone.Notice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.send(Update{Notice: &n})
}

func (w *watchers) decided(r journal.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.why.Add(r)
	w.send(Update{Decision: &r})
}

func (w *watchers) decisions(n, line int) []journal.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why.Last(n, line)
}

func (w *watchers) healthTold(h phone.Health) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.well[h.Line] = h
	w.send(Update{Health: &h})
}

// keep forgets the servers of lines that there are no more.
func (w *watchers) keep(lines []ua.Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.well, func(line int, _ phone.Health) bool {
		return !slices.ContainsFunc(lines, func(l ua.Line) bool { return l.Number == line })
	})
}

func (w *watchers) health() []phone.Health {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]phone.Health, 0, len(w.well))
	for _, line := range slices.Sorted(maps.Keys(w.well)) {
		all = append(all, w.well[line])
	}
	return all
}

// send gives an update to all who still read; the lock is held.
func (w *watchers) send(u Update) {
	for ch := range w.open {
		select {
		case ch <- u:
		default:
			w.drop(ch)
		}
	}
}

func (w *watchers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.open {
		w.drop(ch)
	}
	w.open = nil
}
