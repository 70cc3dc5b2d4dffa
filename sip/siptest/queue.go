package siptest

import (
	"container/heap"
	"sync"
	"time"
)

// A queue does things later, those of one time in the order they were asked
// for: what was sent first arrives first.
type queue struct {
	mu      sync.Mutex
	due     dues
	next    uint64
	running bool // somebody does the due ones; what is added then is theirs
}

type dueItem struct {
	at    time.Time
	order uint64
	do    func()
}

// after does f in d; with d 0 at once, if nothing that is due waits.
func (q *queue) after(d time.Duration, f func()) {
	if d < 0 {
		d = 0
	}
	now := time.Now()
	q.mu.Lock()
	q.next++
	heap.Push(&q.due, dueItem{now.Add(d), q.next, f})
	q.mu.Unlock()
	if d == 0 {
		q.run()
		return
	}
	time.AfterFunc(d, q.run)
}

func (q *queue) run() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running {
		return
	}
	q.running = true
	for len(q.due) > 0 && !q.due[0].at.After(time.Now()) {
		item := heap.Pop(&q.due).(dueItem)
		q.mu.Unlock()
		item.do()
		q.mu.Lock()
	}
	q.running = false
}

type dues []dueItem

func (d dues) Len() int { return len(d) }
func (d dues) Less(i, j int) bool {
	return d[i].at.Before(d[j].at) || d[i].at.Equal(d[j].at) && d[i].order < d[j].order
}
func (d dues) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *dues) Push(x any)   { *d = append(*d, x.(dueItem)) }
func (d *dues) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}
