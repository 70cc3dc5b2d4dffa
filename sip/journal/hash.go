package journal

import (
	"time"

	"phoned/sip/failover"
)

// A hash is over fields with their places, and only those that are not zero:
// a field that is added to Action later leaves old recordings as they are.
type hash uint64

func (h *hash) add(place, v uint64) {
	if v == 0 {
		return
	}
	x := uint64(*h) ^ v ^ place<<56
	// The steps of splitmix64's output function.
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	*h = hash(x ^ x>>31)
}

func bit(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

// hashOf tells all but decisions, which are kept themselves.
func hashOf(actions []failover.Action, due time.Duration) uint32 {
	var h hash
	for i := range actions {
		a := &actions[i]
		if a.Kind == failover.Decide {
			continue
		}
		h.add(1, uint64(a.Kind)+1)
		h.add(2, uint64(a.Method))
		h.add(3, uint64(a.Purpose))
		h.add(4, bit(a.Repeat))
		h.add(5, uint64(a.Phase))
		h.add(6, uint64(a.Notice))
		h.add(7, uint64(a.Cause))
		h.add(8, uint64(uint8(a.Server)))
		h.add(9, uint64(a.Status))
		h.add(10, uint64(a.ID))
		h.add(11, uint64(a.Tx))
		h.add(12, uint64(a.Prev))
		h.add(13, uint64(a.Expires))
		h.add(14, uint64(a.At))
		h.add(15, uint64(uint8(a.From)))
		h.add(16, bit(a.Urgent))
		h.add(17, uint64(a.Cost))
	}
	h.add(18, uint64(due))
	return uint32(h) ^ uint32(h>>32)
}
