package siptest

import (
	"errors"
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// A refusal is the status with which a request is not passed on.
type refusal int

func (r refusal) Error() string { return reasonOf(int(r)) }

// relay passes a request on (RFC 3261 §16) and its answers back.
func (s *Server) relay(tx *serverTx) {
	inDialog := tx.req.To().Params.Has("tag")
	from := tx.req.From().Address.User
	if _, user := s.cfg.Users[from]; s.cfg.AuthCalls && user && !inDialog && !s.isNumber(tx.flow.remote) {
		if !s.authenticate(tx, 407) {
			return
		}
	}
	req, out, err := s.next(tx)
	var no refusal
	switch {
	case errors.As(err, &no):
		tx.respond(tx.answer(int(no), ""), false)
		return
	case err != nil:
		tx.respond(tx.answer(480, ""), false)
		return
	}
	if req.Method == gosip.INVITE {
		tx.respond(tx.answer(100, ""), false)
		if !s.cfg.NoRecordRoute {
			s.recordRoute(req, tx.flow, out)
		}
	}
	cancelled, ringing := false, false
	var client *clientTx
	client = s.st.send(out, req, s.st.branch(), func(res *gosip.Response) {
		if res == nil {
			if tx.req.Method == gosip.INVITE {
				tx.respond(tx.answer(408, ""), false)
			}
			return
		}
		if !ringing && cancelled && res.StatusCode < 200 {
			s.st.sendCancel(client)
		}
		ringing = true
		if res.StatusCode == 100 {
			return
		}
		back := res.Clone()
		back.RemoveHeader("Via")
		tx.respond(back, true)
	})
	// RFC 3261 §9.1: no CANCEL before a provisional answer.
	tx.cancel = func() {
		if !cancelled && ringing && client.status < 200 {
			s.st.sendCancel(client)
		}
		cancelled = true
	}
}

// relayAck passes the ACK to a 2xx on.
func (s *Server) relayAck(tx *serverTx) {
	if req, out, err := s.next(tx); err == nil {
		s.st.send(out, req, s.st.branch(), nil)
	}
}

// cancel answers a CANCEL and does what the INVITE's side has to (RFC 3261 §9.2).
func (s *Server) cancel(tx *serverTx) {
	s.st.answerCancel(tx)
}

// next is the copy of a request that is passed on, without its Via, and the way
// to the next hop.
func (s *Server) next(tx *serverTx) (*gosip.Request, flow, error) {
	if max := tx.req.MaxForwards(); max != nil && max.Val() == 0 {
		return nil, flow{}, refusal(483)
	}
	req := tx.req.Clone()
	if max := req.MaxForwards(); max != nil {
		max.Dec()
	} else {
		req.AppendHeader(gosip.NewHeader("Max-Forwards", "70"))
	}
	for req.Route() != nil && s.mine(&req.Route().Address) {
		req.RemoveHeader("Route")
	}
	target := &req.Recipient
	switch {
	case req.Route() != nil:
		target = &req.Route().Address
	case s.mine(&req.Recipient):
		return s.lookup(req)
	default:
		if b, ok := s.loc.find(req.Recipient.String()); ok {
			out, err := s.flowOf(b)
			return req, out, err
		}
		if !req.To().Params.Has("tag") && !s.isNumber(tx.flow.remote) {
			return nil, flow{}, refusal(403)
		}
	}
	out, err := s.flowToURI(target)
	return req, out, err
}

// lookup finds whom a number of this server stands for.
func (s *Server) lookup(req *gosip.Request) (*gosip.Request, flow, error) {
	user := req.Recipient.User
	if to, ok := s.cfg.Numbers[user]; ok {
		req.Recipient = gosip.Uri{Scheme: "sip", User: user, Host: to.Addr().String(), Port: int(to.Port())}
		out, err := s.st.flowTo("UDP", to)
		return req, out, err
	}
	if bindings := s.loc.Bindings(user); len(bindings) > 0 {
		b := bindings[len(bindings)-1]
		var uri gosip.Uri
		if err := gosip.ParseUri(b.Contact, &uri); err != nil {
			return nil, flow{}, refusal(500)
		}
		req.Recipient = uri
		out, err := s.flowOf(b)
		return req, out, err
	}
	if _, known := s.cfg.Users[user]; known {
		return nil, flow{}, refusal(480)
	}
	return nil, flow{}, refusal(404)
}

// flowOf is the way to a binding: where it came from.
func (s *Server) flowOf(b Binding) (flow, error) {
	return s.st.flowTo(b.Transport, b.Source)
}

func (s *Server) flowToURI(uri *gosip.Uri) (flow, error) {
	to, err := parseHostPort(strings.Trim(uri.Host, "[]"), uri.Port)
	if err != nil {
		return flow{}, err
	}
	transport, _ := uri.UriParams.Get("transport")
	return s.st.flowTo(transport, to)
}

// recordRoute keeps this server in the dialog; two entries where the transport
// changes (RFC 5658).
func (s *Server) recordRoute(req *gosip.Request, in, out flow) {
	req.PrependHeader(&gosip.RecordRouteHeader{Address: s.route(in.transport)})
	if in.transport != out.transport {
		req.PrependHeader(&gosip.RecordRouteHeader{Address: s.route(out.transport)})
	}
}

func (s *Server) route(transport string) gosip.Uri {
	a := s.st.addr(transport)
	params := gosip.NewParams()
	if transport != "UDP" {
		params.Add("transport", strings.ToLower(transport))
	}
	params.Add("lr", "")
	return gosip.Uri{Scheme: "sip", Host: a.Addr().String(), Port: int(a.Port()), UriParams: params}
}

func (s *Server) isNumber(a netip.AddrPort) bool {
	for _, to := range s.cfg.Numbers {
		if to == a {
			return true
		}
	}
	return false
}
