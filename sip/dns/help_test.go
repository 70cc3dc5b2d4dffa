package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"phoned/sip"
)

// A fault is how a name server of the in-memory network misbehaves.
type fault int

const (
	well fault = iota
	silent
	refuses         // an ICMP error
	servfail        // RCODE 2
	rcodeRefused    // RCODE 5
	lame            // a referral
	truncates       // TC over UDP
	noEDNS          // FORMERR to an OPT record
	otherID         // an answer to some other question
	otherName       // likewise
	dropsAAAA       // silence for one type
	failsSRV        // SERVFAIL for one type
	failsNAPTR      // likewise
	refusesEveryTCP // TC over UDP, and nothing over TCP
)

// A question that a name server of the network got.
type asked struct {
	server  netip.AddrPort
	network string
	name    string
	kind    string
}

// A names is the DNS of a test: one zone behind several name servers.
type names struct {
	mu     sync.Mutex
	zone   map[string][]dnsmessage.Resource // by "TYPE name"
	known  map[string]bool                  // names with any record
	faults map[netip.AddrPort]fault
	delay  time.Duration
	log    []asked
}

var (
	ns1 = netip.MustParseAddrPort("192.0.2.1:53")
	ns2 = netip.MustParseAddrPort("192.0.2.2:53")
)

func newNames() *names {
	return &names{
		zone: map[string][]dnsmessage.Resource{}, known: map[string]bool{},
		faults: map[netip.AddrPort]fault{}, delay: 10 * time.Millisecond,
	}
}

// set replaces the records of one name and type: "A pbx.example 10.0.0.1
// 10.0.0.2", with a TTL. SRV values are "prio/weight/port/target", NAPTR values
// "order/pref/flags/service/regexp/replacement".
func (d *names) set(ttl uint32, kind, name string, values ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var rrs []dnsmessage.Resource
	for _, v := range values {
		rrs = append(rrs, record(ttl, kind, name, v))
	}
	d.zone[kind+" "+name] = rrs
	d.known[name] = true
}

// drop removes a name.
func (d *names) drop(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, name)
	for k := range d.zone {
		if strings.HasSuffix(k, " "+name) {
			delete(d.zone, k)
		}
	}
}

func (d *names) fail(f fault, servers ...netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range servers {
		d.faults[s] = f
	}
}

// questions are those since the last call, without their server and network.
func (d *names) questions() []string {
	var all []string
	for _, a := range d.take() {
		all = append(all, a.kind+" "+a.name)
	}
	slices.Sort(all)
	return all
}

func (d *names) take() []asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	log := d.log
	d.log = nil
	return log
}

func wireName(name string) dnsmessage.Name { return dnsmessage.MustNewName(name + ".") }

func record(ttl uint32, kind, name, value string) dnsmessage.Resource {
	h := dnsmessage.ResourceHeader{Name: wireName(name), Class: dnsmessage.ClassINET, TTL: ttl}
	var body dnsmessage.ResourceBody
	switch kind {
	case "A":
		body = &dnsmessage.AResource{A: netip.MustParseAddr(value).As4()}
	case "AAAA":
		body = &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(value).As16()}
	case "CNAME":
		body = &dnsmessage.CNAMEResource{CNAME: wireName(value)}
	case "SRV":
		var r dnsmessage.SRVResource
		var target string
		fmt.Sscanf(strings.ReplaceAll(value, "/", " "), "%d %d %d %s", &r.Priority, &r.Weight, &r.Port, &target)
		r.Target = dnsmessage.MustNewName(strings.TrimSuffix(target, ".") + ".")
		body = &r
	case "NAPTR":
		h.Type = typeNAPTR
		body = &dnsmessage.UnknownResource{Type: typeNAPTR, Data: naptrData(value)}
	}
	return dnsmessage.Resource{Header: h, Body: body}
}

// naptrData is the data of a NAPTR record.
func naptrData(value string) []byte {
	f := strings.Split(value, "/")
	var order, preference uint16
	fmt.Sscan(f[0], &order)
	fmt.Sscan(f[1], &preference)
	data := []byte{byte(order >> 8), byte(order), byte(preference >> 8), byte(preference)}
	for _, s := range f[2:5] {
		data = append(append(data, byte(len(s))), s...)
	}
	for label := range strings.SplitSeq(f[5], ".") {
		if label != "" {
			data = append(append(data, byte(len(label))), label...)
		}
	}
	return append(data, 0)
}

var kinds = map[dnsmessage.Type]string{typeA: "A", typeAAAA: "AAAA", typeSRV: "SRV", typeNAPTR: "NAPTR"}

// exchange is Config.Exchange.
func (d *names) exchange(ctx context.Context, network string, server netip.AddrPort, query []byte) ([]byte, error) {
	var q dnsmessage.Message
	if err := q.Unpack(query); err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.TrimSuffix(q.Questions[0].Name.String(), "."))
	kind := kinds[q.Questions[0].Type]
	d.mu.Lock()
	d.log = append(d.log, asked{server, network, name, kind})
	f, delay := d.faults[server], d.delay
	d.mu.Unlock()
	if f == silent || f == dropsAAAA && kind == "AAAA" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if f == refuses || f == refusesEveryTCP && network == "tcp" {
		return nil, errors.New("connection refused")
	}
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	m := d.reply(q, kind, name)
	switch {
	case f == servfail, f == failsSRV && kind == "SRV", f == failsNAPTR && kind == "NAPTR":
		m.RCode, m.Answers = dnsmessage.RCodeServerFailure, nil
	case f == rcodeRefused:
		m.RCode, m.Answers = dnsmessage.RCodeRefused, nil
	case f == lame:
		m.RecursionAvailable, m.Answers, m.Authorities, m.RCode = false, nil, nil, 0
	case f == noEDNS && len(q.Additionals) > 0:
		m.RCode, m.Answers = dnsmessage.RCodeFormatError, nil
	case (f == truncates || f == refusesEveryTCP) && network == "udp":
		m.Truncated, m.Answers = true, nil
	case f == otherID:
		m.ID++
	case f == otherName:
		m.Questions[0].Name = wireName("evil.example")
	}
	return m.Pack()
}

// reply is what the zone says.
func (d *names) reply(q dnsmessage.Message, kind, name string) dnsmessage.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.ID, Response: true, RecursionDesired: true, RecursionAvailable: true},
		Questions: q.Questions,
	}
	for range 20 {
		cname := d.zone["CNAME "+name]
		if len(cname) == 0 {
			break
		}
		m.Answers = append(m.Answers, cname...)
		name = strings.TrimSuffix(cname[0].Body.(*dnsmessage.CNAMEResource).CNAME.String(), ".")
	}
	m.Answers = append(m.Answers, d.zone[kind+" "+name]...)
	if len(d.zone[kind+" "+name]) == 0 {
		if !d.known[name] {
			m.RCode = dnsmessage.RCodeNameError
		}
		m.Authorities = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: wireName("example"), Class: dnsmessage.ClassINET, TTL: 3600},
			Body:   &dnsmessage.SOAResource{NS: wireName("ns.example"), MBox: wireName("mail.example"), MinTTL: 30},
		}}
	}
	return m
}

// A desk is a Resolver under test with what it told.
type desk struct {
	*Resolver
	t    *testing.T
	dns  *names
	mu   sync.Mutex
	told []change
}

// run starts a Resolver on d for the rest of the test, in a bubble.
func run(t *testing.T, d *names, edit ...func(*Config)) *desk {
	t.Helper()
	k := &desk{t: t, dns: d}
	cfg := Config{
		Network: "ip4", Servers: []netip.AddrPort{ns1, ns2}, Seed: 1, Exchange: d.exchange,
		Hosts:      filepath.Join(t.TempDir(), "hosts"),
		ResolvConf: filepath.Join(t.TempDir(), "resolv.conf"),
		Source:     func(netip.AddrPort) (netip.Addr, error) { return netip.IPv6Loopback(), nil },
		OnChange: func(q Query, a Answer) {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.told = append(k.told, change{q, a})
		},
	}
	for _, e := range edit {
		e(&cfg)
	}
	k.Resolver = New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return k
}

// news is what OnChange told since the last call.
func (k *desk) news() []change {
	k.mu.Lock()
	defer k.mu.Unlock()
	told := k.told
	k.told = nil
	return told
}

// one is the only news since the last call.
func (k *desk) one() Answer {
	k.t.Helper()
	told := k.news()
	if len(told) != 1 {
		k.t.Fatalf("told %d times: %v", len(told), told)
	}
	return told[0].answer
}

// quiet fails if there is news.
func (k *desk) quiet() {
	k.t.Helper()
	if told := k.news(); len(told) != 0 {
		k.t.Fatalf("told %v", told)
	}
}

// wait lets d pass in the bubble.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// where writes an answer as "ip:port/transport ...", with "stale" behind it.
func where(a Answer) string {
	var all []string
	for _, t := range a.Targets {
		all = append(all, t.Addr.String()+"/"+t.Transport.String())
	}
	if a.Stale {
		all = append(all, "stale")
	}
	return strings.Join(all, " ")
}

func udp(host string, mode Mode) Query { return Query{Host: host, Transport: sip.UDP, Mode: mode} }
