package wire

import (
	"net"
	"net/netip"
	"strconv"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// A Handler is told what the network does. Its methods are called one after
// the other, in the order of arrival, by one goroutine of Run; they must not
// block. They may call any method of Wire.
type Handler interface {
	// OnResponse tells every copy of every response to a flight that is not
	// forgotten, also late and repeated ones. Messages are well formed: Via, From
	// with a tag, To, Call-ID and CSeq are there; each Route and Record-Route is a
	// SIP URI with a host, and so is the first Contact of an INVITE and, if there is
	// one, of an answer below 300 to it.
	OnResponse(f *Flight, res *gosip.Response, from Peer)
	// OnUnreachable tells, at most once for each flight, that it can not be sent
	// or was refused by the network.
	OnUnreachable(f *Flight, fault Fault, err error)
	// OnRequest tells a new request; repeated ones are absorbed. tx is nil for an
	// ACK (the ACK to a non-2xx answer is absorbed too). CANCEL does not come here.
	// A request may be left without an answer; one that does not come from a server
	// then gets none at all, and all is forgotten after 32 s.
	OnRequest(req *gosip.Request, tx *ServerTx, from Peer)
	// OnCancel tells that the caller cancelled the INVITE of tx, which has no final
	// answer yet. The CANCEL is answered; the owner answers the INVITE with 487.
	OnCancel(tx *ServerTx)
	// OnConnectionLost tells that a TCP or TLS connection which the phone had
	// opened to s has ended, whoever ended it and whether idle or not, or that one
	// of Keep can not be opened. Flights that waited on it are told by
	// OnUnreachable, or tried once on a new connection. err says in words what why is.
	OnConnectionLost(s Server, why Fault, err error)
}

// A Server is where a flight goes. It is comparable; servers that are equal
// share a connection, others never do.
type Server struct {
	Host      string // IP address or domain name
	Port      uint16
	Transport sip.Transport
	// Name is the name a TLS certificate must be valid for, and the one asked for
	// (SNI, RFC 6066 §3) unless it is an address; empty = Host.
	Name string
	// CAFile is a PEM file of the authorities to trust; empty = the system's.
	CAFile string
	// CertFile is a PEM file with the phone's own certificate for a server that
	// wants one (mutual TLS), the chain after it; empty = none. KeyFile has its
	// key; empty = in CertFile. Files that change are read again at the next
	// connect.
	CertFile, KeyFile string
	// MinTLS is the least TLS version, e.g. tls.VersionTLS13; what is below TLS
	// 1.2 counts as TLS 1.2.
	MinTLS uint16
}

// address is Host and Port as one word.
func (s Server) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port))) }

// A Peer is where a message came from.
type Peer struct {
	Addr      netip.AddrPort // never an IPv4-mapped address
	Transport sip.Transport
	// Server is true for an address of one of SetServers, or a connection which the
	// phone has opened to one; false for what is known from a dialog only (SetPeers,
	// or the target of a flight).
	Server bool
}

// A Route is a message's way through the network.
type Route struct {
	Local     netip.AddrPort // UDP: source address and the listener's port; else the connection's
	Remote    netip.AddrPort
	Transport sip.Transport
	// Listen is the port on which the phone listens for this transport, 0 if it
	// does not.
	Listen uint16
	// Anew is true for a request that has gone over a connection in vain.
	Anew bool
}

// A Fault says why a flight did not reach its server.
type Fault uint8

const (
	// ICMP: an ICMP error quoted the flight's own datagram, or the kernel knows
	// that this host alone can not be reached (EHOSTUNREACH).
	ICMP Fault = iota + 1
	// Refused: TCP was refused, reset or not connected in time.
	Refused
	// TLSFailed: the handshake failed for another reason than the certificate.
	TLSFailed
	// Certificate: the server's certificate does not verify, or the phone's own
	// can not be read or is not accepted.
	Certificate
	// NoName: the name does not resolve and no earlier answer is known.
	NoName
	// NoNetwork: the phone has no route to any server, or no address.
	NoNetwork
	// Invalid: the message could not be built or must not be sent.
	Invalid

	// What follows is told by OnConnectionLost only.

	// Reset: the connection was reset.
	Reset
	// Closed: the server closed the connection.
	Closed
	// NoPong: the server answers CRLF pings no more (RFC 5626 §4.4.1).
	NoPong
	// TimedOut: the server's host acknowledges nothing any more, or the owner of a
	// flight gave the server up as silent.
	TimedOut
	// Ended: the phone itself ended the connection: it is not used any more, or
	// what came was not SIP.
	Ended
)

// String names the fault for a log.
func (f Fault) String() string {
	switch f {
	case ICMP:
		return "unreachable"
	case Refused:
		return "refused"
	case TLSFailed:
		return "tls failed"
	case Certificate:
		return "bad certificate"
	case NoName:
		return "no such name"
	case NoNetwork:
		return "no network"
	case Invalid:
		return "invalid message"
	case Reset:
		return "reset"
	case Closed:
		return "closed by the server"
	case NoPong:
		return "no pong"
	case TimedOut:
		return "timed out"
	case Ended:
		return "ended"
	default:
		return "none"
	}
}
