package journal

// RingSize is how many records a phone keeps.
const RingSize = 1000

// A Ring keeps the last records that were added. The zero value keeps RingSize.
type Ring struct {
	records []Record
	next    int // where the next one goes once the ring is full
	size    int
}

// NewRing makes a ring of another size, at least 1.
func NewRing(size int) *Ring { return &Ring{size: max(size, 1)} }

// Add keeps a record; the oldest one goes when the ring is full.
func (r *Ring) Add(rec Record) {
	if r.size == 0 {
		r.size = RingSize
	}
	if len(r.records) < r.size {
		r.records = append(r.records, rec)
		return
	}
	r.records[r.next] = rec
	r.next = (r.next + 1) % r.size
}

// Len is how many records the ring holds.
func (r *Ring) Len() int { return len(r.records) }

// Last returns the last n records of a line, oldest first; of all lines with
// line 0.
func (r *Ring) Last(n, line int) []Record {
	var out []Record
	for i := len(r.records) - 1; i >= 0 && len(out) < n; i-- {
		if rec := r.records[(r.next+i)%len(r.records)]; line == 0 || rec.Line == line {
			out = append(out, rec)
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
