package wire

import (
	"log/slog"
	"runtime/debug"
	"sync"
)

// maxNews bounds the messages that wait for the Handler. Above it a datagram is
// lost, as in a full socket, and a connection is not read.
const maxNews = 512

// news is what the Handler is still to be told, in order. One goroutine tells
// it, so that a Handler never runs twice at once nor inside a call of its own.
type news struct {
	slots chan struct{} // one for each message that waits
	wake  chan struct{}
	log   *slog.Logger

	mu    sync.Mutex
	queue []item
}

type item struct {
	tell func()
	slot bool
}

func newNews(log *slog.Logger) *news {
	return &news{slots: make(chan struct{}, maxNews), wake: make(chan struct{}, 1), log: log}
}

// take reserves a place for a message that arrived; wait is nil for a datagram,
// which is lost if there is none, else the end of the connection.
func (n *news) take(wait <-chan struct{}) bool {
	select {
	case n.slots <- struct{}{}:
		return true
	default:
	}
	if wait == nil {
		return false
	}
	select {
	case n.slots <- struct{}{}:
		return true
	case <-wait:
		return false
	}
}

// give returns a place that was not used.
func (n *news) give() { <-n.slots }

// push queues tell. With slot it uses a place that was taken.
func (n *news) push(slot bool, tell func()) {
	n.mu.Lock()
	n.queue = append(n.queue, item{tell, slot})
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// run tells the news until done.
func (n *news) run(done <-chan struct{}) {
	var batch []item
	for {
		n.mu.Lock()
		batch, n.queue = n.queue, batch[:0]
		n.mu.Unlock()
		for i, it := range batch {
			batch[i] = item{}
			if it.slot {
				<-n.slots
			}
			select {
			case <-done:
				return
			default:
			}
			n.one(it.tell)
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-n.wake:
		case <-done:
			return
		}
	}
}

// one tells one item. A fault above must not end the phone because of what a
// peer has sent, so it is caught here and nowhere else.
func (n *news) one(tell func()) {
	defer func() {
		if r := recover(); r != nil {
			n.log.Error("a message was not handled", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	tell()
}
