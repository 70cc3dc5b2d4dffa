package ua

import "sync"

// A queue holds values in order without a limit, between goroutines that must
// not wait and the one that takes.
type queue[T any] struct {
	mu     sync.Mutex
	items  []T
	wake   chan struct{} // one token: something was put
	closed bool
}

func newQueue[T any]() *queue[T] {
	return &queue[T]{wake: make(chan struct{}, 1)}
}

// put adds a value unless limit values (0 = no limit) wait already or the queue
// is closed; it never blocks.
func (q *queue[T]) put(v T, limit int) bool {
	q.mu.Lock()
	if q.closed || limit > 0 && len(q.items) >= limit {
		q.mu.Unlock()
		return false
	}
	q.items = append(q.items, v)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}

// take removes all waiting values and puts them into buf's place.
func (q *queue[T]) take(buf []T) []T {
	clear(buf)
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = buf[:0]
	return items
}

// close makes every later put fail.
func (q *queue[T]) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
}
