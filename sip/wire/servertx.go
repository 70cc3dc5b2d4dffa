package wire

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// maxServerTx bounds the server transactions. Above it the oldest answered one
// is given up: only a late copy of its request is not absorbed then.
const maxServerTx = 256

// patience is how long a request may stay without any answer (a non-INVITE one:
// without its final one). Its sender has given up by then: timers B and F of RFC
// 3261 are 64*T1.
const patience = 32 * time.Second

// A ServerTx is the server transaction of a request that arrived. Its methods
// may be called from any goroutine, never block and never panic.
type ServerTx struct {
	// Owner is the caller's own; set and read it on one goroutine.
	Owner any

	w     *Wire
	key   string
	req   *gosip.Request
	peer  Peer
	route Route
	way   *way
	tx    *gosip.ServerTx

	mu        sync.Mutex
	tag       string
	final     int  // status of the final answer, 0 = none yet
	cancelled bool // a CANCEL has come
	touched   bool // its owner has answered something
	expiry    *time.Timer
}

// Request is the request as it arrived; received and rport are filled in at the
// top Via. It must not be changed.
func (t *ServerTx) Request() *gosip.Request { return t.req }

// Peer is where the request came from.
func (t *ServerTx) Peer() Peer { return t.peer }

// Route is the way of the answer, with the local address for a Contact.
func (t *ServerTx) Route() Route { return t.route }

// Tag is the To tag of the phone's answers: that of the request, else a random
// one or what SetTag has set.
func (t *ServerTx) Tag() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tag
}

// SetTag chooses the To tag of answers to a request that has none. It has no
// effect after the first answer.
func (t *ServerTx) SetTag(tag string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if requestTag(t.req) == "" && !t.way.used() {
		t.tag = tag
	}
}

func requestTag(req *gosip.Request) string {
	tag, _ := req.To().Params.Get("tag")
	return tag
}

// Response makes an answer (RFC 3261 §8.2.6) with the transaction's To tag.
// body may be nil.
func (t *ServerTx) Response(status int, reason string, body []byte) *gosip.Response {
	return answer(t.req, status, reason, body, t.Tag())
}

// answer makes an answer to req with that To tag.
func answer(req *gosip.Request, status int, reason string, body []byte, tag string) *gosip.Response {
	res := gosip.NewResponseFromRequest(req, status, reason, body)
	// RFC 3261 §8.2.6.2: every answer but 100 has a To tag, always the same.
	if to := res.To(); status > 100 && to != nil {
		to.Params.Add("tag", tag)
	}
	return res
}

// Respond sends an answer through the transaction. A final answer to any
// request but INVITE, and a non-2xx one to INVITE, is repeated by itself as RFC
// 3261 §17.2 says. A 2xx to INVITE is sent once for each call, also after the
// transaction has ended: its owner repeats it until the ACK comes.
func (t *ServerTx) Respond(res *gosip.Response) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("answer %s: %v", t.req.Method, r)
		}
	}()
	if _, err := encodeResponse(res); err != nil {
		return fmt.Errorf("answer %s: %w", t.req.Method, err)
	}
	t.way.speak()
	t.mu.Lock()
	t.touched = true
	again := t.final/100 == 2 && t.req.IsInvite()
	if !again && t.final == 0 && res.StatusCode >= 200 {
		t.final = res.StatusCode
	}
	t.mu.Unlock()
	if again {
		// RFC 6026 §7.1: a repeated 2xx goes straight to the transport.
		if res.IsSuccess() {
			return t.way.WriteMsg(res)
		}
		return fmt.Errorf("answer INVITE with %d: it was accepted already", res.StatusCode)
	}
	if err := t.tx.Respond(res); err != nil {
		return fmt.Errorf("answer %s: %w", t.req.Method, err)
	}
	return nil
}

// answered is the status of the final answer, 0 if there is none.
func (t *ServerTx) answered() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.final
}

// cancel notes a CANCEL; true if it is the first and comes in time.
func (t *ServerTx) cancel() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancelled || t.final != 0 {
		return false
	}
	t.cancelled = true
	return true
}

// A way is where answers go: the source of the request, over the connection it
// came by. It is the gosip.Connection of one server transaction.
type way struct {
	w      *Wire
	to     netip.AddrPort // UDP
	local  netip.AddrPort
	stream *stream // nil for UDP

	mu   sync.Mutex
	mute bool // nothing may leave before the owner has answered
	sent bool
}

// muted tells whether nothing may leave yet.
func (y *way) muted() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.mute
}

// speak lets answers leave.
func (y *way) speak() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.mute = false
}

var _ gosip.Connection = (*way)(nil)

// WriteMsg sends an answer. It never fails: sipgo would end the transaction, and
// the next copy of the request would be taken for a new one.
func (y *way) WriteMsg(msg gosip.Message) error {
	res, ok := msg.(*gosip.Response)
	if !ok {
		return errors.New("only answers go this way")
	}
	y.mu.Lock()
	mute := y.mute
	y.sent = y.sent || !mute && res.StatusCode > 100
	y.mu.Unlock()
	if mute {
		return nil
	}
	raw, err := encodeResponse(res)
	if err != nil {
		y.w.trouble.say("answer not sent", "err", err)
		return nil
	}
	if y.stream == nil {
		if fault, err := y.w.sendUDP(raw, y.to); fault != 0 {
			y.w.trouble.say("answer not sent", "to", y.to, "err", err)
		}
		return nil
	}
	if s := y.w.standIn(y.stream); s != nil {
		s.send(raw)
	}
	return nil
}

// used tells whether an answer with a To tag has been sent.
func (y *way) used() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.sent
}

// LocalAddr implements gosip.Connection.
func (y *way) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(y.local) }

// Ref implements gosip.Connection; the Wire owns the connection.
func (y *way) Ref(int) int { return 1 }

// TryClose implements gosip.Connection.
func (y *way) TryClose() (int, error) { return 1, nil }

// Close implements gosip.Connection.
func (y *way) Close() error { return nil }

// standIn is s, or when it has ended another connection with the same peer (RFC
// 3261 §18.2.2); nil if there is none.
func (w *Wire) standIn(s *stream) *stream {
	select {
	case <-s.done:
	default:
		return s
	}
	same := func(other *stream) bool {
		return other.peer.Transport == s.peer.Transport && other.peer.Addr.Addr() == s.peer.Addr.Addr()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.link != nil { // the same verified name, not merely the same address
		if l := w.links[s.link.server]; l != nil && l.stream != nil {
			return l.stream
		}
		return nil
	}
	for other := range w.inbound {
		if other != s && same(other) {
			return other
		}
	}
	return nil
}

// newServerTx makes the transaction of req and notes it; w.mu is not held.
func (w *Wire) newServerTx(key string, req *gosip.Request, from Peer, y *way, r Route) (*ServerTx, error) {
	t := &ServerTx{w: w, key: key, req: req, peer: from, route: r, way: y, tag: requestTag(req)}
	if t.tag == "" {
		t.tag = gosip.GenerateTagN(16)
	}
	t.tx = gosip.NewServerTx(key, req, y, slog.New(demoted{w.log.Handler()}))
	if !t.tx.OnTerminate(func(string, error) { w.dropServerTx(t) }) {
		return nil, errors.New("the transaction has ended")
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil, errClosed
	}
	w.txs[key] = t
	w.txOrder = append(w.txOrder, t)
	w.mu.Unlock()
	if err := t.tx.Init(); err != nil {
		w.dropServerTx(t)
		return nil, err
	}
	t.mu.Lock()
	t.expiry = time.AfterFunc(patience, t.expire)
	t.mu.Unlock()
	return t, nil
}

// expire ends a transaction whose request nobody means to answer: sipgo would
// keep it for ever.
func (t *ServerTx) expire() {
	t.mu.Lock()
	over := !t.touched || t.final == 0 && !t.req.IsInvite()
	t.mu.Unlock()
	if over {
		t.tx.Terminate()
	}
}

// dropServerTx forgets a transaction that has ended.
func (w *Wire) dropServerTx(t *ServerTx) {
	t.mu.Lock()
	if t.expiry != nil {
		t.expiry.Stop()
	}
	t.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.txs[t.key] != t {
		return
	}
	delete(w.txs, t.key)
	for i, other := range w.txOrder {
		if other == t {
			w.txOrder = append(w.txOrder[:i], w.txOrder[i+1:]...)
			break
		}
	}
}

// roomForTx makes room for one more server transaction; false if all that
// there are still wait for their answer.
func (w *Wire) roomForTx() bool {
	w.mu.Lock()
	if len(w.txOrder) < maxServerTx {
		w.mu.Unlock()
		return true
	}
	var oldest *ServerTx
	for _, t := range w.txOrder {
		if t.answered() != 0 {
			oldest = t
			break
		}
	}
	w.mu.Unlock()
	if oldest == nil {
		return false
	}
	oldest.tx.Terminate()
	return true
}

// wayOf is where the answer to a request goes, and its route.
func (w *Wire) wayOf(req *gosip.Request, from Peer, s *stream) (*way, Route, error) {
	to := stamp(req, from.Addr)
	if s != nil {
		w.mu.Lock()
		port := w.listens(from.Transport)
		w.mu.Unlock()
		return &way{w: w, local: s.local, stream: s, mute: !from.Server},
			Route{Local: s.local, Remote: from.Addr, Transport: from.Transport, Listen: port}, nil
	}
	local, err := w.source(from.Addr)
	if err != nil {
		return nil, Route{}, fmt.Errorf("route to %s: %w", from.Addr, err)
	}
	r := w.udpRoute(local, from.Addr)
	r.Transport = sip.UDP
	return &way{w: w, to: to, local: r.Local, mute: !from.Server}, r, nil
}
