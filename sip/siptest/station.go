package siptest

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// A Bind is one address where a Server listens.
type Bind struct {
	Transport string         // UDP, TCP or TLS; empty = UDP
	Addr      netip.AddrPort // port 0 = any free one, kept after the first start
	TLS       *tls.Config    // for TLS: the certificate
}

// A flow is a way to a peer: its address, and the connection if there is one.
type flow struct {
	transport string
	local     netip.AddrPort
	remote    netip.AddrPort
	conn      *streamConn // nil for UDP
}

// A station is what Server and Party have in common: sockets, transactions,
// faults and the record. Its lock is held while a message or a timer is
// handled, so handlers run one after the other.
type station struct {
	host   Host
	rec    *Record
	handle func(*serverTx) // a new request; the lock is held
	deaf   bool            // no ACK ends the repetition of our 2xx

	mu      sync.Mutex
	binds   []Bind
	rng     *rand.Rand
	open    bool
	run     int // counts starts, so that a stopped reader knows it is old
	udp     net.PacketConn
	udpAddr netip.AddrPort
	streams map[netip.AddrPort]*streamConn // by remote address
	closers []func() error
	readers sync.WaitGroup

	servers map[string]*serverTx
	clients map[string]*clientTx

	silent bool
	delay  time.Duration
	loss   float64
	later  queue
}

func newStation(host Host, rec *Record, seed uint64, binds []Bind) *station {
	if host == nil {
		host = OS
	}
	return &station{
		host: host, rec: rec, binds: append([]Bind(nil), binds...),
		rng:     rand.New(rand.NewPCG(seed, 0x57a7)),
		streams: map[netip.AddrPort]*streamConn{},
		servers: map[string]*serverTx{}, clients: map[string]*clientTx{},
	}
}

// start opens every socket.
func (s *station) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		return nil
	}
	s.run++
	for i := range s.binds {
		if err := s.listen(&s.binds[i]); err != nil {
			s.closeAll()
			return err
		}
	}
	s.open = true
	return nil
}

func (s *station) listen(b *Bind) error {
	if b.Transport == "" || b.Transport == "UDP" {
		b.Transport = "UDP"
		pc, err := s.host.ListenPacket(b.Addr)
		if err != nil {
			return fmt.Errorf("siptest: listen on udp %s: %w", b.Addr, err)
		}
		b.Addr = addrPort(pc.LocalAddr())
		s.closers = append(s.closers, pc.Close)
		if s.udp == nil {
			s.udp, s.udpAddr = pc, b.Addr
		}
		s.readers.Add(1)
		go s.readPackets(pc, b.Addr)
		return nil
	}
	l, err := s.host.Listen(b.Addr)
	if err != nil {
		return fmt.Errorf("siptest: listen on %s %s: %w", b.Transport, b.Addr, err)
	}
	b.Addr = addrPort(l.Addr())
	s.closers = append(s.closers, l.Close)
	s.readers.Add(1)
	go s.accept(l, *b)
	return nil
}

// stop closes every socket and waits for the readers.
func (s *station) stop() {
	s.mu.Lock()
	s.closeAll()
	s.mu.Unlock()
	s.readers.Wait()
}

// closeAll closes every socket and forgets every transaction; the lock is held.
func (s *station) closeAll() {
	s.open = false
	for _, c := range s.closers {
		_ = c()
	}
	for _, c := range s.streams {
		c.close()
	}
	for _, tx := range s.servers {
		tx.forget()
	}
	for _, tx := range s.clients {
		tx.forget()
	}
	s.closers, s.udp = nil, nil
	s.streams = map[netip.AddrPort]*streamConn{}
	s.servers, s.clients = map[string]*serverTx{}, map[string]*clientTx{}
}

func (s *station) readPackets(pc net.PacketConn, local netip.AddrPort) {
	defer s.readers.Done()
	b := make([]byte, 65535)
	for {
		n, from, err := pc.ReadFrom(b)
		if err != nil {
			if isClosed(err) {
				return
			}
			continue // an ICMP error of an earlier datagram
		}
		raw := append([]byte(nil), b[:n]...)
		s.arrived(flow{"UDP", local, addrPort(from), nil}, raw)
	}
}

// arrived takes one message from the network.
func (s *station) arrived(f flow, raw []byte) {
	msg, err := gosip.ParseMessage(raw)
	e := Entry{At: time.Now(), From: f.remote, To: f.local, Transport: f.transport}
	if err != nil {
		e.Message = Message{Raw: raw, Expires: -1}
	} else {
		e.Message = view(msg, raw)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return
	}
	switch {
	case s.silent:
		e.Fate = Silenced
	case f.conn == nil && s.loss > 0 && s.rng.Float64() < s.loss:
		e.Fate = Lost
	}
	s.rec.Add(e)
	if e.Fate != Delivered || err != nil {
		return
	}
	switch msg := msg.(type) {
	case *gosip.Request:
		msg.SetTransport(f.transport)
		msg.SetSource(f.remote.String())
		s.request(f, msg)
	case *gosip.Response:
		s.response(msg)
	}
}

// write sends raw; the lock is held.
func (s *station) write(f flow, raw []byte) {
	if !s.open {
		return
	}
	e := Entry{At: time.Now(), From: f.local, To: f.remote, Transport: f.transport, Sent: true, Message: Parse(raw)}
	switch {
	case s.silent:
		e.Fate = Silenced
	case f.conn == nil && s.loss > 0 && s.rng.Float64() < s.loss:
		e.Fate = Lost
	}
	s.rec.Add(e)
	if e.Fate != Delivered {
		return
	}
	put := func() {
		if f.conn != nil {
			f.conn.put(raw)
		} else if udp := s.udp; udp != nil {
			_, _ = udp.WriteTo(raw, net.UDPAddrFromAddrPort(f.remote))
		}
	}
	if s.delay == 0 {
		put()
		return
	}
	s.later.after(s.delay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		put()
	})
}

// flowTo finds or opens a way to an address; the lock is held.
func (s *station) flowTo(transport string, to netip.AddrPort) (flow, error) {
	transport = strings.ToUpper(transport)
	if transport == "" || transport == "UDP" {
		if s.udp == nil {
			return flow{}, fmt.Errorf("siptest: no UDP socket to send to %s", to)
		}
		return flow{"UDP", s.udpAddr, to, nil}, nil
	}
	if c := s.streams[to]; c != nil {
		return c.flow, nil
	}
	return s.dial(transport, to)
}

// after calls f in d with the lock held, unless the station was stopped in
// between or stop was called.
func (s *station) after(d time.Duration, f func()) (stop func()) {
	run := s.run
	stopped := false
	timer := time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.run == run && s.open && !stopped {
			f()
		}
	})
	return func() {
		stopped = true
		timer.Stop()
	}
}

// token is a random word for tags and branches; the lock is held.
func (s *station) token() string { return fmt.Sprintf("%012x", s.rng.Uint64()>>16) }

// addr is where the station listens with a transport; the lock is held.
func (s *station) addr(transport string) netip.AddrPort {
	for _, b := range s.binds {
		if b.Transport == transport || transport == "UDP" && b.Transport == "" {
			return b.Addr
		}
	}
	return netip.AddrPort{}
}
