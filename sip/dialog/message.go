package dialog

import (
	"time"

	"phoned/sip"
)

// A Req names a client request of a Call, rising from 1. 0 is none.
type Req uint32

// A Ref names a server transaction; the shell chooses it. 0 is none (ACK).
type Ref uint64

// A Dialog is what the requests inside a dialog are made of (RFC 3261 §12.1).
// It is a copy: the Call never changes one that it has handed out.
type Dialog struct {
	CallID    string
	LocalTag  string
	RemoteTag string   // empty before an answer, and with a peer of RFC 2543
	LocalURI  string   // as in Config
	RemoteURI string   // as in Config
	Target    string   // remote target: URI of the far side's Contact; empty = none told, use the INVITE's Request-URI
	Routes    []string // route set in the order of Route headers, each "<sip:...>"
	Server    int      // opaque: the Server of the message that made the dialog; Routes and URIs are its
	Way       int      // opaque: the Server that requests go to: Server, until another one has served a request
}

// A Request is what the Call reads of a request that arrived. The shell has
// checked what makes it a request of this call: Call-ID and our own tag.
type Request struct {
	Ref         Ref // server transaction; 0 for ACK
	Method      sip.Method
	CSeq        uint32
	FromTag     string
	ToTag       string
	Contact     string       // URI of the first Contact, without brackets; empty = none
	RecordRoute []string     // values in the order of the message, each "<sip:...>"
	Server      int          // opaque; kept in Dialog.Server when it makes the dialog
	Allow       []sip.Method // Allow header; nil = none
	Supported   Tags
	Require     Tags // of those a Call knows; the shell has refused requests with others
	Expiry      Expiry
	RAck        RAck   // of a PRACK
	ContentType string // type/subtype and parameters; empty without a body
	Body        []byte
}

// A Response is what the Call reads of a response to one of its requests.
type Response struct {
	Req         Req
	Status      int
	Reason      string // reason phrase
	CSeq        uint32
	ToTag       string
	Contact     string   // as in Request
	RecordRoute []string // as in Request
	Server      int      // as in Request
	Allow       []sip.Method
	Require     Tags
	RSeq        uint32 // of a reliable provisional response (RFC 3262); 0 = none
	Expiry      Expiry
	RetryAfter  time.Duration
	ContentType string
	Body        []byte

	// Unwanted marks an answer to an INVITE that was given up at that server
	// (failover.Late): a 2xx is acknowledged and ended, whatever the Call does
	// elsewhere.
	Unwanted bool
}
