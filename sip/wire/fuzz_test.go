package wire

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/siptest"
)

// user is a Handler that uses what it is told as the layers above do, without
// asking whether it is there.
type user struct{ t *testing.T }

func (u user) OnResponse(f *Flight, res *gosip.Response, _ Peer) {
	use(res, res.Headers())
	if res.StatusCode < 300 && res.Contact() != nil {
		_ = res.Contact().Address.Host
	}
	if f == nil {
		u.t.Error("a response without a flight")
	}
}

func (u user) OnUnreachable(*Flight, Fault, error) {}

func (u user) OnRequest(req *gosip.Request, tx *ServerTx, _ Peer) {
	use(req, req.Headers())
	if req.IsInvite() {
		_ = req.Contact().Address.Host
	}
	if tx == nil {
		if !req.IsAck() {
			u.t.Error("a request without a transaction")
		}
		return
	}
	for _, status := range []int{180, 200, 486} {
		res := tx.Response(status, "Word", []byte("body"))
		if tag := res.To().Params.GetOr("tag", ""); tag != tx.Tag() {
			u.t.Errorf("tag %q, want %q", tag, tx.Tag())
		}
		_ = tx.Respond(res) // the header fields that go back may be too strange to send
	}
}

func (u user) OnCancel(tx *ServerTx)                       { _ = tx.Respond(tx.Response(487, "Terminated", nil)) }
func (u user) OnConnectionLost(_ Server, _ Fault, _ error) {}

func use(msg gosip.Message, headers []gosip.Header) {
	_ = msg.From().Params.GetOr("tag", "") + msg.From().Address.User + msg.To().Params.GetOr("tag", "") + msg.To().Address.Host
	_ = msg.CallID().Value() + string(msg.CSeq().MethodName) + msg.Via().Params.GetOr("branch", "")
	for _, h := range headers {
		if rr, ok := h.(*gosip.RecordRouteHeader); ok {
			_ = rr.Address.UriParams.GetOr("lr", "") + rr.Address.Host
		}
		_ = h.Value()
	}
	_ = msg.String()
}

// Whatever arrives from a server, as a datagram or in a stream cut anywhere, is
// handled or dropped; nothing that goes up lacks what is used there.
func FuzzArriving(f *testing.F) {
	invite := arriving("INVITE", "z9hG4bKx", "UDP 10.0.0.2;rport", "Record-Route: <sip:10.0.0.2;lr>, <sip:b>\r\n")
	f.Add([]byte(invite))
	f.Add([]byte(strings.ReplaceAll(invite, "INVITE", "CANCEL") + invite))
	f.Add([]byte(strings.ReplaceAll(invite, "INVITE", "ACK")))
	f.Add([]byte(strings.ReplaceAll(invite, "\r\n", "\n")))
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKours\r\nFrom: <sip:a@b>;tag=1\r\n" +
		"To: \"x\" <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nRecord-Route: <::A0>\r\nContact: <sip:[::1]:5060>\r\nl: 0\r\n\r\n"))
	f.Add([]byte("\r\n\r\n\r\nSIP/2.0 1 \r\nv:a/b/c d,e/f/g h\r\nl:3\r\n\r\nxyz"))
	f.Fuzz(func(t *testing.T, b []byte) {
		synctest.Test(t, func(t *testing.T) {
			h := user{t}
			cfg := inMemory(siptest.NewNet(1))
			w, err := New(cfg, h)
			if err != nil {
				t.Fatal(err)
			}
			w.SetServers([]Server{pbxUDP})
			w.news.log = cfg.Log
			w.Start(&Flight{Server: pbxUDP, Build: build("INVITE", "z9hG4bKours")})
			w.datagram(bytes.Clone(b), pbxAddr)
			w.datagram(bytes.Clone(b), pbxAddr)
			w.onICMP(pbxAddr, 0, b)
			here, _ := net.Pipe()
			conn := w.newStream(here, sip.TCP)
			stream := framer{max: w.cfg.MaxMessage}
			for rest := b; len(rest) > 0; {
				n := min(len(rest), 1+len(rest)/3)
				stream.add(rest[:n])
				rest = rest[n:]
				for {
					what, msg, err := stream.next()
					if err != nil || what == partial {
						break
					}
					if what == whole {
						w.message(msg, Peer{Addr: pbxAddr, Transport: sip.TCP, Server: true}, conn)
					}
				}
				if len(stream.buf) > 2*w.cfg.MaxMessage+len(b) {
					t.Errorf("%d bytes are kept", len(stream.buf))
				}
			}
			w.mu.Lock()
			queue := w.news.queue
			w.mu.Unlock()
			for _, it := range queue {
				it.tell() // not through one, which would catch a panic
			}
			w.Close()
			conn.end(errNotWanted)
		})
	})
}

// The quotation of a datagram is read without harm, and only whole.
func FuzzQuoted(f *testing.F) {
	f.Add([]byte("INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 1;branch=z9hG4bK1;rport\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if key, ok := quoted(b); ok && (key.branch == "" || !bytes.Contains(b, []byte(key.branch))) {
			t.Errorf("%+v", key)
		}
	})
}
