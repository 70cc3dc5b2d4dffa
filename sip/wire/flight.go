package wire

import gosip "github.com/emiago/sipgo/sip"

// A Flight is one client transaction on the network: a request on its way to
// one server. The exported fields are set before Start and not changed then.
type Flight struct {
	Server Server
	// Along sends the request the way another flight went: same address, same
	// connection while it lasts. CANCEL goes along its INVITE.
	Along *Flight
	// Build makes the request when its way is known. It puts Route.Via on top,
	// with a branch of its own. It is called once, and once more with the same
	// branch if the connection it was built for turns out dead. It may run on the
	// goroutine that calls Start or on another one, so it reads only what it has
	// captured.
	Build func(Route) (*gosip.Request, error)
	// Owner is the caller's own.
	Owner any
}

// Start resolves, connects and builds as needed, and sends the first copy.
// Where nothing is to be waited for, it has left when Start returns.
func (w *Wire) Start(f *Flight) {}

// Resend sends one more copy, the same bytes. It does nothing on TCP and TLS,
// before the first copy has left, and after Abandon.
func (w *Wire) Resend(f *Flight) {}

// Abandon ends the sending: what has not left never will. Late responses are
// told until Forget. dead says that the server gave no answer in time: a TCP or
// TLS connection the flight went over is closed, and the next flight to a name
// with several addresses goes to another one.
func (w *Wire) Abandon(f *Flight, dead bool) {}

// Forget releases the flight; responses to it are dropped from now on.
func (w *Wire) Forget(f *Flight) {}

// Ack sends a request that has no answer and no transaction: the ACK. It goes
// the way of along if that is not nil, else to s.
func (w *Wire) Ack(s Server, along *Flight, build func(Route) (*gosip.Request, error)) {}

// Ping sends a CRLF keep-alive (RFC 5626 §3.5.1): one CRLF on UDP; two on a
// connection that is up, and if that server has ever answered such a ping and
// does not within 10 s, the connection is closed.
func (w *Wire) Ping(s Server) {}

// Request is the message as it was sent last, or nil. It must not be changed.
func (f *Flight) Request() *gosip.Request { return nil }

// Route is the way of the message as it was sent last; ok is false before.
func (f *Flight) Route() (r Route, ok bool) { return Route{}, false }

// Via is the header field that belongs on top of a request that goes this way.
// rport asks for RFC 3581.
func (r Route) Via(branch string, rport bool) *gosip.ViaHeader { return nil }

// Contact is the phone's own contact on this way, with a transport parameter
// where it is not UDP.
func (r Route) Contact(user string) *gosip.ContactHeader { return nil }
