package ua

import (
	"sync"
	"time"
)

// A mailbox hands events to a reader who may be slow, in order and without
// loss, while the loop never waits for him.
type mailbox struct {
	queue *queue[Event]
	out   chan Event
	end   chan struct{}
	once  sync.Once
}

func newMailbox() *mailbox {
	return &mailbox{queue: newQueue[Event](), out: make(chan Event), end: make(chan struct{})}
}

func (m *mailbox) put(e Event) { m.queue.put(e, 0) }

// run moves events to the reader until close; then what is left has grace to be
// read before the stream is closed.
func (m *mailbox) run(grace time.Duration) {
	defer close(m.out)
	var late <-chan time.Time
	end := m.end
	var batch []Event
	for {
		batch = m.queue.take(batch)
		for _, e := range batch {
			for sent := false; !sent; {
				select {
				case m.out <- e:
					sent = true
				case <-end:
					end, late = nil, time.After(grace)
				case <-late:
					return
				}
			}
		}
		if len(batch) > 0 {
			continue
		}
		if end == nil {
			return
		}
		select {
		case <-m.queue.wake:
		case <-end:
			end, late = nil, time.After(grace)
		}
	}
}

// close ends the stream: what was put before is still handed over.
func (m *mailbox) close() {
	m.once.Do(func() {
		m.queue.close()
		close(m.end)
	})
}
