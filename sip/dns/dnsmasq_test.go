package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/sip"
)

// A dnsmasq is a real name server on the loopback.
type dnsmasq struct {
	t      *testing.T
	server netip.AddrPort
	stop   func()
}

func startDnsmasq(t *testing.T) *dnsmasq {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: a real name server is no short test")
	}
	if _, err := exec.LookPath("dnsmasq"); err != nil {
		t.Skip("SKIPPED: dnsmasq missing; scripts/setup installs what the tests need")
	}
	d := &dnsmasq{t: t, stop: func() {}}
	for range 20 { // a port that is free for both
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d.server = l.Addr().(*net.TCPAddr).AddrPort()
		c, err := net.ListenPacket("udp4", d.server.String())
		l.Close()
		if err == nil {
			c.Close()
			break
		}
	}
	t.Cleanup(func() { d.stop() })
	return d
}

// start runs it with a zone in which a.example is at addr.
func (d *dnsmasq) start(addr string) {
	d.t.Helper()
	args := []string{
		"--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--no-resolv", "--no-hosts", "--log-facility=-",
		"--listen-address=127.0.0.1", "--bind-interfaces", fmt.Sprintf("--port=%d", d.server.Port()),
		"--local=/example/", "--local-ttl=5", "--cache-size=0",
		"--host-record=a.example," + addr, "--host-record=b.example,10.0.0.2,2001:db8::2",
		"--cname=www.example,b.example",
		"--srv-host=_sip._udp.example,a.example,5060,10,80", "--srv-host=_sip._udp.example,b.example,5070,10,20",
		"--srv-host=_sips._tcp.example,b.example,5061,10",
		"--naptr-record=example,10,20,s,SIP+D2U,,_sip._udp.example",
		"--naptr-record=secure.example,10,20,s,SIPS+D2T,,_sips._tcp.example",
		"--naptr-record=secure.example,20,20,s,SIP+D2U,,_sip._udp.example",
	}
	for i := range 60 { // more than 1232 bytes
		args = append(args, fmt.Sprintf("--srv-host=_sip._udp.large.example,a%d.target.with.a.long.name.example,5060,%d", i, i))
	}
	args = append(args, "--host-record=a0.target.with.a.long.name.example,10.0.0.50")
	cmd := exec.Command("dnsmasq", args...)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	d.stop = func() {
		d.stop = func() {}
		cmd.Process.Kill()
		<-ended
	}
	up := time.NewTicker(20 * time.Millisecond)
	defer up.Stop()
	for range 250 {
		if c, err := net.Dial("tcp4", d.server.String()); err == nil {
			c.Close()
			return
		}
		select {
		case <-ended:
			d.t.Fatalf("dnsmasq does not run: %s", &log)
		case <-up.C:
		}
	}
	d.t.Fatal("dnsmasq does not listen")
}

// resolver is a Resolver that asks d, and its news.
func (d *dnsmasq) resolver(seed uint64) (*Resolver, chan change) {
	d.t.Helper()
	told := make(chan change, 64)
	r := New(Config{
		Servers: []netip.AddrPort{d.server}, Seed: seed, Hosts: "/dev/null",
		OnChange: func(q Query, a Answer) { told <- change{q, a} },
		Source:   func(netip.AddrPort) (netip.Addr, error) { return netip.IPv6Loopback(), nil },
	})
	ctx, cancel := context.WithCancel(d.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(ctx)
	}()
	d.t.Cleanup(func() {
		cancel()
		<-ended
	})
	return r, told
}

// next is the next news of q.
func next(t *testing.T, told chan change, q Query) Answer {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case c := <-told:
			if c.query == q {
				return c.answer
			}
		case <-limit:
			t.Fatalf("no news of %v", q)
		}
	}
}

// A real name server: every record type, an answer over TCP, its death and its
// return with other records.
func TestDnsmasq(t *testing.T) {
	d := startDnsmasq(t)
	d.start("10.0.0.1")
	r, told := d.resolver(1)
	queries := map[Query]string{
		udp("example", ByNAPTR):                                          "10.0.0.1:5060/UDP [2001:db8::2]:5070/UDP 10.0.0.2:5070/UDP",
		{Host: "example", Transport: sip.TLS, Mode: BySRV}:               "[2001:db8::2]:5061/TLS 10.0.0.2:5061/TLS",
		udp("secure.example", ByNAPTR):                                   "[2001:db8::2]:5061/TLS 10.0.0.2:5061/TLS",
		udp("large.example", BySRV):                                      "10.0.0.50:5060/UDP",
		{Host: "WWW.example", Port: 5080, Transport: sip.TCP}:            "[2001:db8::2]:5080/TCP 10.0.0.2:5080/TCP",
		{Host: "a.example", Transport: sip.UDP, Mode: BySRV}:             "10.0.0.1:5060/UDP",
		{Host: "nobody.example", Transport: sip.UDP, Mode: BySRV}:        "",
		{Host: "192.0.2.1", Port: 5062, Transport: sip.UDP, Mode: BySRV}: "192.0.2.1:5062/UDP",
	}
	var watch []Query
	for q := range queries {
		watch = append(watch, q)
	}
	r.Watch(watch)
	for range queries {
		select {
		case c := <-told:
			got := strings.Fields(where(c.answer))
			want := strings.Fields(queries[c.query])
			if slices.Sort(got); c.query.Mode != ByNAPTR || c.query.Host != "example" {
				slices.Sort(want)
			} else if slices.Sort(want); c.answer.Targets[0].Addr.Port() != 5060 && c.answer.Targets[0].Addr.Port() != 5070 {
				t.Errorf("%v: %v", c.query, c.answer)
			}
			if !slices.Equal(got, want) || (c.answer.Err == nil) != (len(want) > 0) {
				t.Errorf("%v: %v (%v), want %v", c.query, got, c.answer.Err, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no answer")
		}
	}

	d.stop()
	q := udp("example", ByNAPTR)
	if a := next(t, told, q); !a.Stale || len(a.Targets) != 3 || a.Err == nil {
		t.Fatalf("dnsmasq is dead: %v", a)
	}
	begin := time.Now()
	addrs, err := r.LookupNetIP(t.Context(), "ip4", "a.example")
	if took := time.Since(begin); fmt.Sprint(addrs) != "[10.0.0.1]" || err != nil || took > 2*patience {
		t.Errorf("dnsmasq is dead: %v after %v, %v", addrs, took, err)
	}

	d.start("10.0.0.9")
	r.Refresh()
	a := next(t, told, q)
	for a.Stale { // one record is fresh before the other
		a = next(t, told, q)
	}
	if !strings.Contains(where(a), "10.0.0.9:5060") || strings.Contains(where(a), "10.0.0.1:") || a.Err != nil {
		t.Errorf("dnsmasq is back: %s, %v", where(a), a.Err)
	}
}

// Weights 80 and 20 of a real name server, over 200 phones.
func TestDnsmasqWeights(t *testing.T) {
	d := startDnsmasq(t)
	d.start("10.0.0.1")
	q := udp("example", BySRV)
	first := map[string]int{}
	for seed := range uint64(200) {
		r, told := d.resolver(seed)
		r.Watch([]Query{q})
		first[next(t, told, q).Targets[0].Name]++
	}
	if n := first["a.example"]; n < 140 || n > 180 || first["a.example"]+first["b.example"] != 200 {
		t.Errorf("first targets of 200 phones: %v", first)
	}
}
