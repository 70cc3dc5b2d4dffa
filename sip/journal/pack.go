package journal

import (
	"encoding/binary"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// A step is one event, when it was told, and what came of it.
type step struct {
	after   time.Duration // since the step before
	event   failover.Event
	hash    uint32 // of all that was asked for, and when the core is due next
	decides []failover.Action
}

// Fields of a packed event that are not zero, one bit each.
const (
	hasMethod = 1 << iota
	hasChallenge
	hasCause
	hasServer
	hasStatus
	hasID
	hasTx
	hasExpires
	hasRetryAfter
	hasOrder
	hasReliable
	isTagged
	isUrgent
	hasDecides
)

// appendStep packs a step: kind, fields, time, the fields that are not zero,
// hash, decisions.
func appendStep(b []byte, after time.Duration, e failover.Event, actions []failover.Action, due time.Duration) []byte {
	decides := 0
	for i := range actions {
		if actions[i].Kind == failover.Decide {
			decides++
		}
	}
	decides = min(decides, decidesMax)
	var fields uint64
	set := func(bit uint64, on bool) {
		if on {
			fields |= bit
		}
	}
	set(hasMethod, e.Method != 0)
	set(hasChallenge, e.Challenge != 0)
	set(hasCause, e.Cause != 0)
	set(hasServer, e.Server != 0)
	set(hasStatus, e.Status != 0)
	set(hasID, e.ID != 0)
	set(hasTx, e.Tx != 0)
	set(hasExpires, e.Expires != 0)
	set(hasRetryAfter, e.RetryAfter != 0)
	set(hasOrder, e.Order != 0)
	set(hasReliable, e.Reliable != 0)
	set(isTagged, e.Tagged)
	set(isUrgent, e.Urgent)
	set(hasDecides, decides > 0)

	b = append(b, byte(e.Kind))
	b = binary.AppendUvarint(b, fields)
	b = binary.AppendUvarint(b, uint64(after))
	value := func(bit, v uint64) {
		if fields&bit != 0 {
			b = binary.AppendUvarint(b, v)
		}
	}
	value(hasMethod, uint64(e.Method))
	value(hasChallenge, uint64(e.Challenge))
	value(hasCause, uint64(e.Cause))
	value(hasServer, uint64(uint8(e.Server)))
	value(hasStatus, uint64(e.Status))
	value(hasID, uint64(e.ID))
	value(hasTx, uint64(e.Tx))
	value(hasExpires, uint64(e.Expires))
	value(hasRetryAfter, uint64(e.RetryAfter))
	value(hasOrder, uint64(e.Order))
	value(hasReliable, uint64(e.Reliable))
	b = binary.LittleEndian.AppendUint32(b, hashOf(actions, due))
	if decides == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(decides))
	for i := range actions {
		if decides > 0 && actions[i].Kind == failover.Decide {
			b = appendDecide(b, &actions[i])
			decides--
		}
	}
	return b
}

func appendDecide(b []byte, a *failover.Action) []byte {
	b = append(b, byte(a.Decision), byte(a.Method), byte(a.Cause), byte(a.From), byte(a.Server))
	for _, v := range [...]uint64{uint64(a.Status), uint64(a.ID), uint64(a.Tx), uint64(a.Cost), uint64(a.At)} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// next unpacks the first step of b; ok is false at its end.
func next(b []byte) (s step, rest []byte, ok bool) {
	r := unpacker{b: b, ok: len(b) > 0}
	s.event.Kind = failover.EventKind(r.byte())
	fields := r.uvarint()
	s.after = time.Duration(r.uvarint())
	value := func(bit uint64) uint64 {
		if fields&bit == 0 {
			return 0
		}
		return r.uvarint()
	}
	e := &s.event
	e.Method = sip.Method(value(hasMethod))
	e.Challenge = failover.Challenge(value(hasChallenge))
	e.Cause = failover.Cause(value(hasCause))
	e.Server = int8(value(hasServer))
	e.Status = uint16(value(hasStatus))
	e.ID = failover.ID(value(hasID))
	e.Tx = failover.Tx(value(hasTx))
	e.Expires = time.Duration(value(hasExpires))
	e.RetryAfter = time.Duration(value(hasRetryAfter))
	e.Order = uint32(value(hasOrder))
	e.Reliable = uint8(value(hasReliable))
	e.Tagged, e.Urgent = fields&isTagged != 0, fields&isUrgent != 0
	if len(r.b) >= 4 {
		s.hash = binary.LittleEndian.Uint32(r.b)
		r.b = r.b[4:]
	} else {
		r.ok = false
	}
	for range value(hasDecides) {
		a := failover.Action{
			Kind: failover.Decide, Decision: failover.Decision(r.byte()), Method: sip.Method(r.byte()),
			Cause: failover.Cause(r.byte()), From: int8(r.byte()), Server: int8(r.byte()),
			Status: uint16(r.uvarint()), ID: failover.ID(r.uvarint()), Tx: failover.Tx(r.uvarint()),
			Cost: time.Duration(r.uvarint()), At: time.Duration(r.uvarint()),
		}
		s.decides = append(s.decides, a)
	}
	return s, r.b, r.ok
}

// unpacker reads what appendStep wrote.
type unpacker struct {
	b  []byte
	ok bool
}

func (r *unpacker) byte() byte {
	if len(r.b) == 0 {
		r.ok = false
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.ok = false
		return 0
	}
	r.b = r.b[n:]
	return v
}
