package wire

import (
	"context"
	"io"
	"net"
	"runtime"
	"testing"

	"phoned/sip"
)

// A Wire that is opened, used in every way and closed leaves no goroutine and
// no socket behind.
func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		udp, tcp := newUDPServer(t), newTCPServer(t)
		silent := newTCPServer(t)
		named := Server{Host: "name.invalid", Port: 5060, Transport: sip.UDP}
		secure := silent.Server
		secure.Transport = sip.TLS
		cfg := Config{Addr: loopback, Log: quiet}
		h := newTold()
		w, err := New(cfg, h)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { ended <- w.Run(context.Background()) }()
		w.SetServers([]Server{udp.Server, tcp.Server, secure, named})

		for _, s := range []Server{udp.Server, tcp.Server, secure, named} {
			f := flight(s, "REGISTER")
			w.Start(f)
			w.Ping(s)
		}
		_, from := udp.read(t)
		c := tcp.accept(t)
		c.read(t)
		silent.accept(t) // a handshake that never goes on
		udp.read(t)      // the keep-alive
		udp.write(t, arriving("INVITE", newBranch(), "UDP 127.0.0.1:9;rport", ""), from)
		for {
			if got, ok := (<-h.events).(request); ok {
				if err := got.tx.Respond(got.tx.Response(486, "Busy", nil)); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		in, err := net.Dial("tcp", local(w).String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(in, "OPTIONS sip:half a message")
		port := w.Port()
		w.Close()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		in.Close()
		udp.Close()
		tcp.Close()
		silent.Close()

		w.Start(flight(udp.Server, "REGISTER")) // after the end: no harm
		w.Ping(tcp.Server)
		w.Close()
		again, err := New(Config{Addr: loopback, Port: port, Log: quiet}, h)
		if err != nil {
			t.Fatalf("the port is still taken: %v", err)
		}
		again.Close()
		if err := again.Run(context.Background()); err != nil {
			t.Errorf("Run after Close: %v", err)
		}
	}
	waitUntil(t, func() bool { return runtime.NumGoroutine() <= before })
}
