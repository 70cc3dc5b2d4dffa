package ua

import (
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/failover"
)

// A registration is what REGISTERs to one server for one purpose have in
// common: "A UA SHOULD use the same Call-ID for all registrations during a
// single boot cycle", with a CSeq that rises (RFC 3261 §10.2). The probe has one
// of its own each time, so that a registrar which both servers share never
// sees a lower CSeq in a known Call-ID.
type registration struct {
	callID string
	tag    string
	cseq   uint32
	asked  time.Duration // the lifetime asked for last
}

func (l *line) newRegistration() *registration {
	return &registration{callID: l.agent.names.callID(), tag: l.agent.names.tag()}
}

// sendRegister registers the line's own contact, or removes it (ForFarewell),
// or looks whether the primary is back (ForProbe).
func (l *line) sendRegister(t *transaction, a failover.Action, prev *transaction) {
	switch {
	case a.Purpose == failover.ForProbe && a.Repeat && prev != nil && prev.registration != nil:
		t.registration = prev.registration
	case a.Purpose == failover.ForProbe:
		t.registration = l.newRegistration()
	default:
		home := l.home(t.server)
		if l.service[home] == nil {
			l.service[home] = l.newRegistration()
		}
		t.registration = l.service[home]
	}
	r := t.registration
	r.cseq++
	r.asked = a.Expires

	// RFC 3261 §10.2: the Request-URI names the domain of the location service
	// and has no user; To and From are the address of record.
	host, port := l.uriHost(t.server)
	req := newRequest(sip.REGISTER, gosip.Uri{Scheme: "sip", Host: host, Port: port})
	from, to := l.self(t.server), l.self(t.server)
	head(req, from, r.tag, to.AsTo(), "", r.callID, r.cseq)
	expires := gosip.ExpiresHeader(min(max(a.Expires/time.Second, 0), 1<<32-1))
	req.AppendHeader(&expires)
	req.AppendHeader(gosip.NewHeader("Allow", dialog.AllowList))
	req.AppendHeader(gosip.NewHeader("Supported", "path"))
	l.sign(req)
	t.launch(req, true)
}

// sendKeepAlive asks the server for a sign of life (OPTIONS, RFC 3261 §11).
func (l *line) sendKeepAlive(t *transaction) {
	host, port := l.uriHost(t.server)
	req := newRequest(sip.OPTIONS, gosip.Uri{Scheme: "sip", Host: host, Port: port})
	from, to := l.self(t.server), l.self(t.server)
	head(req, from, l.agent.names.tag(), to.AsTo(), "", l.agent.names.callID(), 1)
	req.AppendHeader(gosip.NewHeader("Accept", "application/sdp"))
	l.sign(req)
	t.launch(req, true)
}

// self is the line's address of record as it stands in a copy for a server.
// RFC 3261 §19.1.1 table 1: no port in From and To.
func (l *line) self(server int) gosip.FromHeader {
	host, _ := l.uriHost(server)
	return gosip.FromHeader{
		DisplayName: quote(l.conf.DisplayName),
		Address:     gosip.Uri{Scheme: "sip", User: escapeUser(l.conf.User), Host: host},
	}
}
