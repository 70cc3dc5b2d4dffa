package remote

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"phoned/audio/rtp"
	"phoned/audio/wire"
)

// A pair is the two sockets of a call: RTP at an even port, RTCP one above
// (RFC 3550 §11).
type pair struct {
	port uint16
	fds  [2]int
}

func (p pair) close() { wire.CloseAll(p.fds[:]) }

// ports hands out pairs of a range, each as long after its last use as possible,
// so that packets for the call before do not meet the next one.
type ports struct {
	first, count, dscp int
	next               int // pairs after first

	mu   sync.Mutex
	open map[uint32]pair
}

func newPorts(first, count, dscp int) (*ports, error) {
	if first%2 == 1 {
		first, count = first+1, count-1
	}
	if first < 1024 || first+count > 65536 || count < 2 {
		return nil, fmt.Errorf("RTP ports %d and %d after it: they must be two at least, from 1024 to 65535", first, count-1)
	}
	return &ports{first: first, count: count / 2, dscp: dscp, open: map[uint32]pair{}}, nil
}

// take binds a pair for a call; fresh is false if it has one.
func (p *ports) take(call uint32) (got pair, fresh bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if got, ok := p.open[call]; ok {
		return got, false, nil
	}
	for range p.count {
		port := uint16(p.first + 2*p.next)
		p.next = (p.next + 1) % p.count
		if got, err = bind(port, p.dscp); err == nil {
			p.open[call] = got
			return got, true, nil
		}
	}
	return pair{}, false, fmt.Errorf("none of the UDP ports %d to %d is free for a call: %w", p.first, p.first+2*p.count-1, err)
}

func bind(port uint16, dscp int) (pair, error) {
	voice, err := rtp.Bind(port, dscp)
	if err != nil {
		return pair{}, err
	}
	control, err := rtp.Bind(port+1, dscp)
	if err != nil {
		unix.Close(voice)
		return pair{}, err
	}
	return pair{port, [2]int{voice, control}}, nil
}

// adopt keeps a pair that another process had bound.
func (p *ports) adopt(call uint32, fds []int) bool {
	if len(fds) != 2 {
		wire.CloseAll(fds)
		return false
	}
	port := 0
	switch a, _ := unix.Getsockname(fds[0]); a := a.(type) {
	case *unix.SockaddrInet4:
		port = a.Port
	case *unix.SockaddrInet6:
		port = a.Port
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, ok := p.open[call]; ok {
		old.close()
	}
	p.open[call] = pair{uint16(port), [2]int(fds)}
	return true
}

// release forgets a call's pair, which the caller must close.
func (p *ports) release(call uint32) (pair, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	got, ok := p.open[call]
	delete(p.open, call)
	return got, ok
}
