package ua

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"

	"phoned/sip/dns"
)

// A zone is a name server in memory: what it says of "name TYPE".
type zone struct {
	mu    sync.Mutex
	says  map[string][][]byte // record data; nothing = no such name
	down  bool                // it keeps silent
	asked int
}

func (z *zone) set(question string, data ...[]byte) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.says[question] = data
}

func (z *zone) silence() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.down = true
}

func (z *zone) speak() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.down = false
}

// named gives the bench's phone a resolver that asks a zone.
func (b *bench) named() *zone {
	z := &zone{says: map[string][][]byte{}}
	nowhere := filepath.Join(b.t.TempDir(), "none")
	b.config.DNS = &dns.Config{
		Network: "ip4", Servers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.53:53")}, ResolvConf: nowhere, Hosts: nowhere,
		Source:   b.config.Wire.Source,
		Exchange: z.exchange,
	}
	return z
}

var recordTypes = map[uint16]string{1: "A", 28: "AAAA", 33: "SRV", 35: "NAPTR"}

func (z *zone) exchange(ctx context.Context, _ string, _ netip.AddrPort, query []byte) ([]byte, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked++
	if z.down {
		z.mu.Unlock()
		<-ctx.Done()
		z.mu.Lock()
		return nil, ctx.Err()
	}
	if len(query) < 17 {
		return nil, errors.New("short query")
	}
	var labels []string
	i := 12
	for query[i] != 0 {
		n := int(query[i])
		labels = append(labels, string(query[i+1:i+1+n]))
		i += n + 1
	}
	kind := query[i+1 : i+3]
	end := i + 5
	data := z.says[strings.ToLower(strings.Join(labels, "."))+" "+recordTypes[binary.BigEndian.Uint16(kind)]]
	out := append([]byte{}, query[:end]...)
	out[2], out[3] = 0x81, 0x80
	if len(data) == 0 {
		out[3] |= 3 // no such name
	}
	binary.BigEndian.PutUint16(out[6:], uint16(len(data)))
	clear(out[8:12])
	for _, d := range data {
		out = append(out, 0xc0, 12)
		out = append(out, kind...)
		out = append(out, 0, 1, 0, 0, 0, 60) // TTL 60 s
		out = binary.BigEndian.AppendUint16(out, uint16(len(d)))
		out = append(out, d...)
	}
	return out, nil
}

// address is the data of an A record.
func address(a netip.Addr) []byte { return a.AsSlice() }

// service is the data of an SRV record.
func service(priority, port uint16, target string) []byte {
	d := binary.BigEndian.AppendUint16(nil, priority)
	d = append(d, 0, 1)
	d = binary.BigEndian.AppendUint16(d, port)
	return append(d, domain(target)...)
}

// pointer is the data of a NAPTR record.
func pointer(order uint16, service, replacement string) []byte {
	d := binary.BigEndian.AppendUint16(nil, order)
	d = append(d, 0, 1, 1, 's', byte(len(service)))
	d = append(d, service...)
	d = append(d, 0)
	return append(d, domain(replacement)...)
}

func domain(name string) (d []byte) {
	for label := range strings.SplitSeq(name, ".") {
		d = append(append(d, byte(len(label))), label...)
	}
	return append(d, 0)
}
