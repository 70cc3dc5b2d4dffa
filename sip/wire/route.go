package wire

import (
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
)

// Via is the header field that belongs on top of a request that goes this way.
// Its port is the one where the phone listens, if it does: there a server that
// has lost the connection opens another one for its answer (RFC 3261 §18.1.1,
// §18.2.2). A request that goes anew names its connection: for the server it is
// another transaction (§17.2.3), not a copy to be dropped because the first one,
// to which no answer could be sent, is still known. rport asks for RFC 3581.
func (r Route) Via(branch string, rport bool) *gosip.ViaHeader {
	via := &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: r.Transport.String(),
		Host: r.Local.Addr().WithZone("").String(), Port: int(r.Local.Port()),
	}
	if r.Listen != 0 && !r.Anew {
		via.Port = int(r.Listen)
	}
	via.Params.Add("branch", branch)
	if rport {
		via.Params.Add("rport", "")
	}
	return via
}

// Contact is the phone's own contact on this way, with a transport parameter
// where it is not UDP.
func (r Route) Contact(user string) *gosip.ContactHeader {
	c := &gosip.ContactHeader{Address: gosip.Uri{
		Scheme: "sip", User: user, Host: r.Local.Addr().WithZone("").String(), Port: int(r.Local.Port()),
	}}
	if r.Transport != sip.UDP {
		c.Address.UriParams.Add("transport", strings.ToLower(r.Transport.String()))
	}
	return c
}
