package failover

import (
	"testing"
	"time"

	"phoned/sip"
)

// FuzzLine feeds any sequence of events: no panic, tables that stay in bounds,
// and no busy loop: a Tick at the deadline does something or moves it.
func FuzzLine(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 1, 0, 0, 8, 1, 20, 4, 1, 0, 8, 2, 18, 6, 1, 0})
	f.Add([]byte("a phone that is started, dialled, unplugged, and stopped again \x01\x02\x0b\x0c"))
	for seed := range 20 { // long lives, so that plain `go test` tries something
		r := random(seed)
		data := make([]byte, 4000)
		for i := range data {
			data[i] = byte(r.next())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := input(data)
		cfg := testConfig(int(in.next() % 5))
		for i := range cfg.Servers {
			cfg.Servers[i].Transport = []sip.Transport{sip.UDP, sip.TCP, sip.UDP, sip.TLS}[in.next()%4]
			cfg.Servers[i].TTL = time.Duration(in.next()) * time.Second
		}
		flags := in.next()
		cfg.Register = flags&1 == 0
		cfg.Failback = flags&2 == 0
		cfg.UnregisterOnBoot = flags&4 != 0
		cfg.KeepAlive = KeepAlive(flags >> 3 % 4)
		cfg.KeepAliveEvery = time.Duration(in.next()) * time.Second
		cfg.Smart, cfg.Standby = flags&32 != 0, flags&64 != 0
		if flags&128 != 0 {
			cfg.Targets = int(in.next() % 10)
		}
		cfg.Device = uint32(in.next()) << 24
		cfg.Retries = int(in.next()) - 100
		cfg.RetryTime = time.Duration(in.next()%40) * time.Second
		cfg.FailbackInterval = time.Duration(in.next()) * time.Second
		l := New(cfg, uint64(in.next()))
		txs, requests := cap(l.txs), cap(l.requests)
		buf := make([]Action, 0, 256)
		now := time.Duration(0)
		for len(in) > 0 {
			e := Event{
				Kind:      EventKind(in.next() % 16),
				Method:    sip.Method(in.next() % 16),
				Challenge: Challenge(in.next() % 2),
				Cause:     Cause(in.next() % 12),
				Server:    int8(in.next()),
				ID:        ID(in.next() % 40),
			}
			b := in.next()
			e.Tagged, e.Urgent = b&64 != 0, b&128 != 0
			if e.Kind == Targets {
				e.Order = uint32(in.next()) | uint32(in.next())<<8 | 0xffff0000
				e.Reliable = in.next()
			}
			e.Status = []uint16{100, 180, 200, 202, 302, 401, 407, 403, 423, 486, 487, 500, 503, 603, 99, 700}[b%16]
			// Most answers are for what has lately been sent.
			if e.Tx = Tx(in.next()); b&16 == 0 && l.seq > 0 {
				e.Tx = l.seq - min(e.Tx%8, l.seq-1)
			}
			e.Expires = time.Duration(int8(in.next())) << (b >> 3)
			e.RetryAfter = time.Duration(int8(in.next())) << (b >> 3)
			now += time.Duration(in.next()) << (in.next() % 40)
			now = min(now, longest)
			for ticks := 0; l.Deadline() < now && ticks < 200; ticks++ {
				before := l.Deadline()
				buf = l.Step(before, Event{}, buf[:0])
				if len(buf) == 0 && l.Deadline() <= before {
					t.Fatalf("a Tick at %v does nothing and leaves the deadline there", before)
				}
			}
			buf = l.Step(now, e, buf[:0])
			if cap(l.txs) != txs || cap(l.requests) != requests {
				t.Fatalf("the tables have grown to %d and %d", cap(l.txs), cap(l.requests))
			}
			if l.Active() < 0 || l.Active() >= max(len(l.servers), 1) {
				t.Fatalf("Active %d of %d servers", l.Active(), len(cfg.Servers))
			}
			for ticks := 0; l.Deadline() <= l.now; ticks++ {
				if buf = l.Step(l.now, Event{}, buf[:0]); ticks > 1000 {
					t.Fatalf("the deadline never passes %v: %v", l.now, buf)
				}
			}
		}
		// However it was left, it stops when told to.
		buf = l.Step(now, Event{Kind: Stop}, buf[:0])
		for ticks := 0; !l.stopped; ticks++ {
			if l.Deadline() == Never || ticks > 20000 {
				t.Fatalf("does not stop: %d transactions, %d requests, deadline %v", len(l.txs), len(l.requests), l.Deadline())
			}
			buf = l.Step(l.Deadline(), Event{}, buf[:0])
		}
	})
}

// input hands out bytes, and 0 when there are no more.
type input []byte

func (in *input) next() byte {
	if len(*in) == 0 {
		return 0
	}
	b := (*in)[0]
	*in = (*in)[1:]
	return b
}
