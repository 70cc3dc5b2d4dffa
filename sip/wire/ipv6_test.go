package wire

import (
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// TCP, TLS and the way of large requests over IPv6: brackets where they
// belong, and a certificate that is for the address.
func TestConnectionsOverIPv6(t *testing.T) {
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skipf("SKIPPED: no IPv6: %v", err)
	}
	defer udp.Close()
	at := addrPortOf(udp.LocalAddr())
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ca := newAuthority(t)
	conf := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "::1", time.Now().Add(time.Hour))}}
	server := func(transport sip.Transport) Server {
		return Server{Host: "::1", Port: at.Port(), Transport: transport, CAFile: ca.file}
	}
	w, h := serve(t, Config{Addr: netip.IPv6Unspecified()}, server(sip.TCP), server(sip.TLS), server(sip.UDP))
	large := flight(server(sip.UDP), "MESSAGE")
	large.PreferTCP = true
	small := large.Build
	large.Build = func(r Route) (*gosip.Request, error) {
		req, err := small(r)
		req.AppendHeader(gosip.NewHeader("Subject", strings.Repeat("x", largest)))
		return req, err
	}
	for _, c := range []struct {
		f    *Flight
		want string
	}{
		{flight(server(sip.TCP), "REGISTER"), "TCP"},
		{flight(server(sip.TLS), "REGISTER"), "TLS"},
		{large, "TCP"},
	} {
		w.Start(c.f)
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if c.want == "TLS" {
			conn = tls.Server(conn, conf)
		}
		far := far(conn)
		text := far.read(t)
		here := addrPortOf(conn.RemoteAddr()).String()
		listens := here
		if c.want == "TCP" { // the phone listens for TLS nowhere
			listens = netip.AddrPortFrom(at.Addr(), w.Port()).String()
		}
		if !strings.Contains(text, "\r\nVia: SIP/2.0/"+c.want+" "+listens+";") ||
			!strings.Contains(text, "@"+here+";transport="+strings.ToLower(c.want)+">") {
			t.Errorf("from %s: %q", here, text)
		}
		far.write(t, reply(t, text, 200))
		if got := next[response](t, h); got.f != c.f || !got.from.Server || got.from.Addr != at {
			t.Errorf("told %+v", got)
		}
	}
}

// A certificate knows no zones, and a name none of DNS's dots at the end.
func TestVerifiedName(t *testing.T) {
	for _, c := range []struct{ host, name, want string }{
		{"10.0.0.1", "", "10.0.0.1"},
		{"fe80::1%eth0", "", "fe80::1"},
		{"::ffff:10.0.0.1", "", "10.0.0.1"},
		{"pbx.example.", "", "pbx.example"},
		{"10.0.0.1", "pbx.example", "pbx.example"},
	} {
		if got := (Server{Host: c.host, Name: c.name}).verified(); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.host, c.name, got, c.want)
		}
	}
}
