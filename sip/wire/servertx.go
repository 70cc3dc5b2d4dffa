package wire

import gosip "github.com/emiago/sipgo/sip"

// A ServerTx is the server transaction of a request that arrived. Its methods
// may be called from any goroutine, never block and never panic.
type ServerTx struct {
	// Owner is the caller's own; set and read it on one goroutine.
	Owner any
}

// Request is the request as it arrived; received and rport are filled in at the
// top Via. It must not be changed.
func (t *ServerTx) Request() *gosip.Request { return nil }

// Peer is where the request came from.
func (t *ServerTx) Peer() Peer { return Peer{} }

// Route is the way of the answer, with the local address for a Contact.
func (t *ServerTx) Route() Route { return Route{} }

// Tag is the To tag of the phone's answers: that of the request, else a random
// one or what SetTag has set.
func (t *ServerTx) Tag() string { return "" }

// SetTag chooses the To tag of answers to a request that has none. It has no
// effect after the first answer.
func (t *ServerTx) SetTag(tag string) {}

// Response makes an answer (RFC 3261 §8.2.6) with the transaction's To tag.
// body may be nil.
func (t *ServerTx) Response(status int, reason string, body []byte) *gosip.Response { return nil }

// Respond sends an answer through the transaction. A final answer to any
// request but INVITE, and a non-2xx one to INVITE, is repeated by itself as RFC
// 3261 §17.2 says. A 2xx to INVITE is sent once for each call, also after the
// transaction has ended: its owner repeats it until the ACK comes.
func (t *ServerTx) Respond(res *gosip.Response) error { return nil }
