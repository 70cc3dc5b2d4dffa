package ua

import (
	"crypto/sha1"
	"fmt"
	"strconv"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/failover"
	"phoned/sip/wire"
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
	apart := a.Purpose == failover.ForProbe || a.Purpose == failover.ForWarmth
	switch {
	case apart && a.Repeat && prev != nil && prev.registration != nil:
		t.registration = prev.registration
	case apart:
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
	if a.Purpose == failover.ForWarmth {
		// RFC 3261 §10.2.3: without Contact it asks and binds nothing; what it is for
		// is the challenge, a fresh one each time: so it carries no credentials.
		l.sign(req)
		t.branch = l.agent.names.branch()
		t.start(nil, builder(req, t.branch, l.conf.Rport, nil))
		return
	}
	expires := gosip.ExpiresHeader(min(max(a.Expires/time.Second, 0), 1<<32-1))
	req.AppendHeader(&expires)
	req.AppendHeader(gosip.NewHeader("Allow", dialog.AllowList))
	if !l.conf.Failover.Standby || l.plain[l.home(t.server)] {
		req.AppendHeader(l.supported("path"))
		l.sign(req)
		t.launch(req, true)
		return
	}
	// RFC 5626 §4.2: two registrations of one phone, which the registrar can tell
	// apart from two phones.
	req.AppendHeader(l.supported("path, outbound"))
	l.sign(req)
	l.store(t.server).Authorize(t.try, req)
	t.branch = l.agent.names.branch()
	t.start(nil, flowing(builder(req, t.branch, l.conf.Rport, contactUser(l.conf, true)), l.number(t.server), instance(l.agent.config.DeviceID)))
}

// flowing is build with the parameters of a flow in its Contact (RFC 5626 §4.2).
func flowing(build func(wire.Route) (*gosip.Request, error), regID int, instance string) func(wire.Route) (*gosip.Request, error) {
	return func(r wire.Route) (*gosip.Request, error) {
		req, err := build(r)
		if err == nil && req.Contact() != nil {
			c := req.Contact()
			c.Params.Add("reg-id", strconv.Itoa(regID))
			c.Params.Add("+sip.instance", `"<`+instance+`>"`)
		}
		return req, err
	}
}

// instance is the phone's instance-id (RFC 5626 §4.1): a UUID made of a name, as
// RFC 9562 §5.5 does, so that it is the same after each start.
func instance(device string) string {
	// The name space is this program's own: version 5 of "phoned" in that of DNS.
	sum := sha1.Sum([]byte("phoned instance " + device)) // a name, not a secret
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// sendKeepAlive asks the server for a sign of life.
func (l *line) sendKeepAlive(t *transaction) { t.launch(l.options(t.server), true) }

// options asks whether a target is alive (RFC 3261 §11).
func (l *line) options(target int) *gosip.Request {
	host, port := l.uriHost(target)
	req := newRequest(sip.OPTIONS, gosip.Uri{Scheme: "sip", Host: host, Port: port})
	from, to := l.self(target), l.self(target)
	head(req, from, l.agent.names.tag(), to.AsTo(), "", l.agent.names.callID(), 1)
	req.AppendHeader(gosip.NewHeader("Accept", "application/sdp"))
	for _, h := range tagHeader("Supported", l.offered()) {
		req.AppendHeader(h)
	}
	l.sign(req)
	return req
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
