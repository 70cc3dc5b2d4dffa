package remote

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// A proxy stands between two phones and treats their packets badly, by a seed.
type proxy struct {
	a, b *net.UDPConn // facing each phone
	wg   sync.WaitGroup
}

// newProxy forwards between two ports. fate says what happens to a packet: lost,
// or late by a time.
func newProxy(t *testing.T, seed uint64, toA, toB uint16, fate func(*rand.Rand) (lost bool, late time.Duration)) *proxy {
	t.Helper()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	p := &proxy{a: listen(), b: listen()}
	p.wg.Add(2)
	go p.carry(p.a, p.b, toB, rand.New(rand.NewPCG(seed, 1)), fate)
	go p.carry(p.b, p.a, toA, rand.New(rand.NewPCG(seed, 2)), fate)
	t.Cleanup(func() {
		p.a.Close()
		p.b.Close()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) carry(from, to *net.UDPConn, port uint16, rnd *rand.Rand, fate func(*rand.Rand) (bool, time.Duration)) {
	defer p.wg.Done()
	for {
		b := make([]byte, 1500)
		n, _, err := from.ReadFromUDP(b)
		if err != nil {
			return
		}
		lost, late := fate(rnd)
		if lost {
			continue
		}
		dst := net.UDPAddrFromAddrPort(local(port))
		time.AfterFunc(late, func() { _, _ = to.WriteToUDP(b[:n], dst) })
	}
}

func portOf(c *net.UDPConn) uint16 { return c.LocalAddr().(*net.UDPAddr).AddrPort().Port() }
