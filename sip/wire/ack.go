package wire

import (
	"errors"
	"net"
	"time"
)

// An ACK has no answer. What breaks a connection may have swallowed those that
// went over it last, and a far side that has none ends the call after 64*T1
// (RFC 3261 §13.3.1.4). So they go again, once, over the next connection; one
// that had arrived does no harm.
const (
	ackLife = 32 * time.Second // as long as the far side waits for one
	ackMost = 16
)

// sentAck is an ACK on its way over a connection.
type sentAck struct {
	f  *Flight
	at time.Time
}

// acked notes that ACK f goes over l; the caller holds mu.
func (l *link) acked(f *Flight) {
	if len(l.acks) == ackMost {
		l.acks = append(l.acks[:0], l.acks[1:]...)
	}
	l.acks = append(l.acks, sentAck{f, time.Now()})
}

// unsure takes out the ACKs that the end of l because of err may have swallowed;
// the caller holds mu.
func (l *link) unsure(err error) (fs []*Flight) {
	acks := l.acks
	l.acks = nil
	if errors.Is(err, errNotWanted) || errors.Is(err, net.ErrClosed) {
		return nil // we have closed it
	}
	for _, a := range acks {
		if time.Since(a.at) < ackLife && !a.f.retried && a.f.Server.Transport.Reliable() {
			fs = append(fs, a.f)
		}
	}
	return fs
}
