package ua

import (
	"fmt"
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/wire"
)

// newRequest begins a request with what every one has (RFC 3261 §8.1.1).
func newRequest(m sip.Method, uri gosip.Uri) *gosip.Request {
	req := gosip.NewRequest(gosip.RequestMethod(m.String()), uri)
	hops := gosip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	return req
}

// head adds From, To, Call-ID and CSeq. An empty tag is left out.
func head(req *gosip.Request, from gosip.FromHeader, fromTag string, to gosip.ToHeader, toTag, callID string, cseq uint32) {
	from.Params, to.Params = nil, nil
	if fromTag != "" {
		from.Params.Add("tag", fromTag)
	}
	if toTag != "" {
		to.Params.Add("tag", toTag)
	}
	id := gosip.CallIDHeader(callID)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: cseq, MethodName: req.Method})
}

// sign adds the phone's name.
func (l *line) sign(req *gosip.Request) {
	if l.agent.config.UserAgent != "" {
		req.AppendHeader(gosip.NewHeader("User-Agent", l.agent.config.UserAgent))
	}
}

// setBody adds a body with its type; without one, Content-Length is 0.
func setBody(req *gosip.Request, contentType string, body []byte) {
	if len(body) > 0 && contentType != "" {
		t := gosip.ContentTypeHeader(contentType)
		req.AppendHeader(&t)
	}
	req.SetBody(body)
}

// contactUser is the user part of the Contact, or nil where none belongs.
func contactUser(conf Line, wanted bool) *string {
	if !wanted {
		return nil
	}
	user := escapeUser(conf.User)
	return &user
}

// contactAt is the phone's contact on a way. Over TCP and TLS it names the port
// where the phone listens, if it does: the port of one connection would be a
// new contact after each reconnect, and the old one a dead branch of every call.
func contactAt(r wire.Route, user string) *gosip.ContactHeader {
	c := r.Contact(user)
	if r.Listen != 0 {
		c.Address.Port = int(r.Listen)
	}
	return c
}

// builder makes the Build of a flight: base with Via, and Contact if contact
// names its user, for the way the flight goes. It captures nothing that the
// loop still changes.
func builder(base *gosip.Request, branch string, rport bool, contact *string) func(wire.Route) (*gosip.Request, error) {
	return func(r wire.Route) (*gosip.Request, error) {
		req := base.Clone()
		req.PrependHeader(r.Via(branch, rport))
		if contact != nil {
			req.AppendHeader(contactAt(r, *contact))
		}
		req.SetBody(base.Body())
		return req, nil
	}
}

// readdressed is build for an offer that was drawn with address drawn: where
// the way turns out to leave from another address, that one stands in the SDP.
func readdressed(build func(wire.Route) (*gosip.Request, error), drawn netip.Addr) func(wire.Route) (*gosip.Request, error) {
	return func(r wire.Route) (*gosip.Request, error) {
		req, err := build(r)
		if local := r.Local.Addr().Unmap(); err == nil && local.IsValid() && !local.IsUnspecified() && local != drawn {
			req.SetBody(readdress(req.Body(), drawn, local))
		}
		return req, err
	}
}

// readdress replaces an address in the o= and c= lines of a description.
func readdress(body []byte, from, to netip.Addr) []byte {
	lines := strings.SplitAfter(string(body), "\r\n")
	for i, l := range lines {
		if !strings.HasPrefix(l, "o=") && !strings.HasPrefix(l, "c=") {
			continue
		}
		head, addr, ok := strings.Cut(l, "IN "+family(from)+" ")
		if ok && strings.TrimSpace(addr) == from.String() {
			lines[i] = head + "IN " + family(to) + " " + to.String() + "\r\n"
		}
	}
	return []byte(strings.Join(lines, ""))
}

func family(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		return "IP6"
	}
	return "IP4"
}

// guarded turns a panic of build into an error: it runs on a goroutine of wire.
func guarded(build func(wire.Route) (*gosip.Request, error)) func(wire.Route) (*gosip.Request, error) {
	return func(r wire.Route) (req *gosip.Request, err error) {
		defer func() {
			if p := recover(); p != nil {
				req, err = nil, fmt.Errorf("build request: panic: %v", p)
			}
		}()
		return build(r)
	}
}
