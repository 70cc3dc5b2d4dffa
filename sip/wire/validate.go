package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

const (
	// maxLines bounds the header lines of a message, maxHeaders its header fields
	// after lists are taken apart: each costs far more memory than on the wire.
	maxLines   = 256
	maxHeaders = 256
	// branchCookie begins every branch of RFC 3261 §8.1.1.7.
	branchCookie = gosip.RFC3261BranchMagicCookie
)

// A flaw is why a message is not handed up. Status is the answer to a request
// from a server, 0 = none.
type flaw struct {
	status int
	reason string
	what   string
}

func (f *flaw) Error() string { return f.what }

func bad(format string, args ...any) error {
	return &flaw{gosip.StatusBadRequest, "Bad Request", fmt.Sprintf(format, args...)}
}

// parse reads one whole message. It survives whatever the parser does.
func (w *Wire) parse(b []byte) (msg gosip.Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = nil, fmt.Errorf("the parser failed: %v", r)
		}
	}()
	head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	if bytes.Count(head, []byte("\n")) > maxLines {
		return nil, errors.New("too many header lines")
	}
	msg, err = w.parser.ParseSIP(b)
	if err != nil {
		return nil, err
	}
	return msg, nil
}

// check tells whether a message has everything that the layers above and
// sipgo's transactions use without asking.
func check(msg gosip.Message, headers []gosip.Header) error {
	via, from, to, cseq := msg.Via(), msg.From(), msg.To(), msg.CSeq()
	switch {
	case len(headers) > maxHeaders:
		return bad("too many header fields")
	case via == nil || from == nil || to == nil || cseq == nil || msg.CallID() == nil || *msg.CallID() == "":
		return bad("Via, From, To, CSeq or Call-ID is missing")
	}
	branch, _ := via.Params.Get("branch")
	switch {
	case via.ProtocolName != "SIP" || via.ProtocolVersion != "2.0" || via.Transport == "":
		return bad("Via of another protocol")
	case via.Host == "" || via.Port < 0 || via.Port > 65535:
		return bad("Via without sent-by")
	case !strings.HasPrefix(branch, branchCookie) || len(branch) == len(branchCookie):
		return bad("Via without a branch of RFC 3261")
	case cseq.MethodName == "":
		return bad("CSeq without a method")
	}
	if tag, _ := from.Params.Get("tag"); tag == "" {
		return bad("From without a tag") // RFC 3261 §8.1.1.3
	}
	if err := checkSingle(headers); err != nil {
		return err
	}
	return checkURIs(headers)
}

// checkSingle refuses messages that two readers would read differently: more
// than one of a header field that has only one value (RFC 3261 §7.3.1).
func checkSingle(headers []gosip.Header) error {
	var from, to, callID, cseq, length int
	for _, h := range headers {
		switch h.(type) {
		case *gosip.FromHeader:
			from++
		case *gosip.ToHeader:
			to++
		case *gosip.CallIDHeader:
			callID++
		case *gosip.CSeqHeader:
			cseq++
		case *gosip.ContentLengthHeader:
			length++
		}
	}
	if from > 1 || to > 1 || callID > 1 || cseq > 1 || length > 1 {
		return bad("From, To, Call-ID, CSeq or Content-Length is repeated")
	}
	return nil
}

// checkURIs refuses Route and Record-Route that are no SIP URIs with a host:
// sipgo reads `<::A0>` as a URI without one.
func checkURIs(headers []gosip.Header) error {
	for _, h := range headers {
		var u *gosip.Uri
		switch h := h.(type) {
		case *gosip.RouteHeader:
			u = &h.Address
		case *gosip.RecordRouteHeader:
			u = &h.Address
		default:
			continue
		}
		if !sipURI(u) {
			return bad("%s is no SIP URI", h.Name())
		}
	}
	return nil
}

func sipURI(u *gosip.Uri) bool {
	return (u.Scheme == "sip" || u.Scheme == "sips") && u.Host != "" && !u.Wildcard && u.Port >= 0 && u.Port <= 65535
}

// checkRequest tells whether a request may go up.
func checkRequest(req *gosip.Request) error {
	if err := check(req, req.Headers()); err != nil {
		return err
	}
	switch {
	case req.SipVersion != "SIP/2.0":
		return &flaw{gosip.StatusVersionNotSupported, "Version Not Supported", "another SIP version"}
	case req.CSeq().MethodName != req.Method:
		return bad("CSeq names another method") // RFC 3261 §8.1.1.5
	case req.Recipient.Scheme != "sip" && req.Recipient.Scheme != "sips":
		return &flaw{gosip.StatusRequestedRangeNotSatisfiable, "Unsupported URI Scheme", "Request-URI of another scheme"}
	case !sipURI(&req.Recipient):
		return bad("Request-URI without a host")
	}
	if c := req.Contact(); makesDialog(req.Method) && (c == nil || !sipURI(&c.Address)) {
		return bad("%s without a usable Contact", req.Method) // RFC 3261 §12.1.2
	}
	return nil
}

// checkResponse tells whether a response may go up.
func checkResponse(res *gosip.Response) error {
	if err := check(res, res.Headers()); err != nil {
		return err
	}
	vias := 0
	for _, h := range res.Headers() {
		if _, ok := h.(*gosip.ViaHeader); ok {
			vias++
		}
	}
	switch {
	case res.SipVersion != "SIP/2.0":
		return bad("another SIP version")
	case res.StatusCode < 100 || res.StatusCode > 699:
		return bad("status %d", res.StatusCode)
	case vias != 1:
		return bad("%d Via: the response is another's", vias) // RFC 3261 §8.1.3.3
	}
	if c := res.Contact(); c != nil && makesDialog(res.CSeq().MethodName) && res.StatusCode < 300 && !sipURI(&c.Address) {
		return bad("Contact is no SIP URI")
	}
	return nil
}

// makesDialog tells the methods whose Contact becomes a remote target.
func makesDialog(m gosip.RequestMethod) bool {
	return m == gosip.INVITE || m == gosip.SUBSCRIBE || m == gosip.REFER
}

// stamp notes at the top Via where a request came from (RFC 3261 §18.2.1, RFC
// 3581 §4), and returns where the answer goes over UDP (§18.2.2).
func stamp(req *gosip.Request, from netip.AddrPort) netip.AddrPort {
	via := req.Via()
	port := uint16(via.Port)
	if port == 0 {
		port = 5060
	}
	if via.Params.Has("rport") {
		via.Params.Add("rport", strconv.Itoa(int(from.Port())))
		via.Params.Add("received", from.Addr().String())
		return from
	}
	if host, err := netip.ParseAddr(strings.Trim(via.Host, "[]")); err != nil || host.Unmap() != from.Addr() {
		via.Params.Add("received", from.Addr().String())
	}
	return netip.AddrPortFrom(from.Addr(), port)
}
