package siptest

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// A Record is everything that a server, a party or a network saw, in order.
// Its methods may be called from any goroutine.
type Record struct {
	Limit int // how many entries are kept, 0 = all; set before use

	mu      sync.Mutex
	entries []Entry
	grown   chan struct{} // closed and replaced with each entry
}

// Add appends an entry; servers, parties and networks do it by themselves.
func (r *Record) Add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Limit > 0 && len(r.entries) >= r.Limit {
		r.entries = append(r.entries[:0], r.entries[len(r.entries)-r.Limit/2:]...)
	}
	r.entries = append(r.entries, e)
	if r.grown != nil {
		close(r.grown)
		r.grown = nil
	}
}

// Entries are all entries so far.
func (r *Record) Entries() Entries {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(Entries(nil), r.entries...)
}

// Reset forgets what was recorded.
func (r *Record) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = nil
}

// Requests are the received requests of the method, copies included; "" is any.
func (r *Record) Requests(method string) Entries {
	return r.Entries().Received().Requests(method)
}

// Responses are the received responses to requests of the method; "" is any.
func (r *Record) Responses(method string) Entries {
	return r.Entries().Received().Responses(method)
}

// Wait returns as soon as done is true of the entries, or with the context.
func (r *Record) Wait(ctx context.Context, done func(Entries) bool) error {
	for {
		r.mu.Lock()
		if r.grown == nil {
			r.grown = make(chan struct{})
		}
		grown := r.grown
		entries := append(Entries(nil), r.entries...)
		r.mu.Unlock()
		if done(entries) {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return fmt.Errorf("siptest: waiting for a message: %w; recorded:\n%s", ctx.Err(), entries)
		}
	}
}

// WaitRequests waits for n received requests of the method, copies included.
func (r *Record) WaitRequests(ctx context.Context, method string, n int) (Entries, error) {
	var found Entries
	err := r.Wait(ctx, func(es Entries) bool {
		found = es.Received().Requests(method)
		return len(found) >= n
	})
	return found, err
}

// Entries is a selection from a record, oldest first.
type Entries []Entry

// Select are the entries that keep is true of.
func (es Entries) Select(keep func(Entry) bool) Entries {
	var out Entries
	for _, e := range es {
		if keep(e) {
			out = append(out, e)
		}
	}
	return out
}

// Received are the entries that the owner of the record got.
func (es Entries) Received() Entries { return es.Select(func(e Entry) bool { return !e.Sent }) }

// Sent are the entries that the owner of the record sent.
func (es Entries) Sent() Entries { return es.Select(func(e Entry) bool { return e.Sent }) }

// Requests are the requests of the method; "" is any.
func (es Entries) Requests(method string) Entries {
	return es.Select(func(e Entry) bool { return e.Request && (method == "" || e.Method == method) })
}

// Responses are the responses to requests of the method; "" is any.
func (es Entries) Responses(method string) Entries {
	return es.Select(func(e Entry) bool { return e.Valid && !e.Request && (method == "" || e.Method == method) })
}

// Status are the responses with the status.
func (es Entries) Status(status int) Entries {
	return es.Select(func(e Entry) bool { return e.Valid && !e.Request && e.Message.Status == status })
}

// From are the entries from the address; port 0 is any port.
func (es Entries) From(a netip.AddrPort) Entries {
	return es.Select(func(e Entry) bool { return sameAddr(a, e.From) })
}

// To are the entries to the address; port 0 is any port.
func (es Entries) To(a netip.AddrPort) Entries {
	return es.Select(func(e Entry) bool { return sameAddr(a, e.To) })
}

// CallID are the entries with the Call-ID.
func (es Entries) CallID(id string) Entries {
	return es.Select(func(e Entry) bool { return e.Message.CallID == id })
}

// Branch are the entries with the branch in the topmost Via.
func (es Entries) Branch(branch string) Entries {
	return es.Select(func(e Entry) bool { return e.Message.Branch == branch })
}

// After are the entries later than t.
func (es Entries) After(t time.Time) Entries {
	return es.Select(func(e Entry) bool { return e.At.After(t) })
}

// Branches are the different branches, in order of appearance: one for each
// client transaction.
func (es Entries) Branches() []string {
	return distinct(es, func(e Entry) string { return e.Message.Branch })
}

// CallIDs are the different Call-IDs, in order of appearance.
func (es Entries) CallIDs() []string {
	return distinct(es, func(e Entry) string { return e.Message.CallID })
}

// Firsts are the entries without the copies of a request that came before.
func (es Entries) Firsts() Entries {
	seen := map[string]bool{}
	return es.Select(func(e Entry) bool {
		key := e.Method + " " + e.Message.Branch
		defer func() { seen[key] = true }()
		return !seen[key]
	})
}

// Offsets are the times of the entries counted from the first one.
func (es Entries) Offsets() []time.Duration {
	if len(es) == 0 {
		return nil
	}
	return es.OffsetsFrom(es[0].At)
}

// OffsetsFrom are the times of the entries counted from t.
func (es Entries) OffsetsFrom(t time.Time) []time.Duration {
	out := make([]time.Duration, len(es))
	for i, e := range es {
		out[i] = e.At.Sub(t)
	}
	return out
}

// String lists the entries, one a line, for a test's complaint.
func (es Entries) String() string {
	if len(es) == 0 {
		return "(nothing)"
	}
	var b strings.Builder
	for _, e := range es {
		way := "<-"
		if e.Sent {
			way = "->"
		}
		fmt.Fprintf(&b, "%9.3fs %s %s %s to %s: %s  branch=%s callid=%s cseq=%d %s\n", e.At.Sub(es[0].At).Seconds(), way,
			e.Transport, e.From, e.To, e.Message, e.Message.Branch, e.Message.CallID, e.CSeq, e.Fate)
	}
	return b.String()
}

func distinct(es Entries, key func(Entry) string) []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range es {
		if k := key(e); !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

func sameAddr(want, got netip.AddrPort) bool {
	return want.Addr() == got.Addr() && (want.Port() == 0 || want.Port() == got.Port())
}
