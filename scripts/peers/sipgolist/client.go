package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	gosip "github.com/emiago/sipgo/sip"
)

// A client is an account at a list of servers.
type client struct {
	servers   []string // host:port, in order
	local     string
	transport string
	domain    string
	user      string
	password  string
	expires   time.Duration

	sip *sipgo.Client
	now chan struct{} // wakes stayRegistered

	mu     sync.Mutex
	active int // index of the server that registered us last
	call   *sipgo.DialogClientSession
}

// rest is the wait after no server would register us.
const rest = 30 * time.Second

func (c *client) tell(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05.000 ")+format+"\n", args...)
}

// again registers now instead of when it is due.
func (c *client) again() {
	select {
	case c.now <- struct{}{}:
	default:
	}
}

// stayRegistered registers, and again after three quarters of the lifetime.
func (c *client) stayRegistered(ctx context.Context) {
	for ctx.Err() == nil {
		wait := rest
		if c.register(ctx) {
			wait = c.expires * 3 / 4
		}
		select {
		case <-time.After(wait):
		case <-c.now:
		case <-ctx.Done():
		}
	}
}

// register tries the servers in order, from the first.
func (c *client) register(ctx context.Context) bool {
	for i, server := range c.servers {
		status, err := c.registerAt(ctx, server)
		if err != nil {
			c.tell("REGISTER at %s: %v", server, err)
			continue
		}
		c.tell("REGISTER at %s: %d", server, status)
		if status == 200 {
			c.mu.Lock()
			c.active = i
			c.mu.Unlock()
			return true
		}
		if status < 500 {
			return false
		}
	}
	return false
}

func (c *client) registerAt(ctx context.Context, server string) (status int, err error) {
	req := c.request(gosip.REGISTER, gosip.Uri{Scheme: "sip", Host: c.domain}, server)
	req.AppendHeader(&gosip.ToHeader{Address: c.address(c.user)})
	expires := gosip.ExpiresHeader(c.expires / time.Second)
	req.AppendHeader(&expires)
	res, err := c.sip.Do(ctx, req, sipgo.ClientRequestRegisterBuild)
	if err == nil && res.StatusCode == 401 {
		res, err = c.sip.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: c.user, Password: c.password})
	}
	if err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}

func (c *client) address(user string) gosip.Uri {
	return gosip.Uri{Scheme: "sip", User: user, Host: c.domain}
}

// request begins a request to a server with our Contact.
func (c *client) request(method gosip.RequestMethod, to gosip.Uri, server string) *gosip.Request {
	req := gosip.NewRequest(method, to)
	req.SetTransport(c.transport)
	req.SetDestination(server)
	contact := &gosip.ContactHeader{Address: gosip.Uri{Scheme: "sip", User: c.user, Host: c.local, Port: 5060}}
	if c.transport == "TCP" {
		contact.Address.UriParams = gosip.NewParams()
		contact.Address.UriParams.Add("transport", "tcp")
	}
	req.AppendHeader(contact)
	return req
}

// dial calls a number through the server that registered us last and, if that
// one fails, through the others in order.
func (c *client) dial(ctx context.Context, number string) {
	c.mu.Lock()
	order := []string{c.servers[c.active]}
	for i, s := range c.servers {
		if i != c.active {
			order = append(order, s)
		}
	}
	c.mu.Unlock()
	for _, server := range order {
		session, err := c.dialAt(ctx, number, server)
		if err == nil {
			c.tell("INVITE at %s: in the call", server)
			c.mu.Lock()
			c.call = session
			c.mu.Unlock()
			return
		}
		c.tell("INVITE at %s: %v", server, err)
		var refused *sipgo.ErrDialogResponse
		if errors.As(err, &refused) && refused.Res.StatusCode < 500 {
			return
		}
	}
}

func (c *client) dialAt(ctx context.Context, number, server string) (*sipgo.DialogClientSession, error) {
	req := c.request(gosip.INVITE, c.address(number), server)
	req.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody(fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n", c.local))
	agent := &sipgo.DialogUA{Client: c.sip, ContactHDR: *req.Contact()}
	session, err := agent.WriteInvite(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := session.WaitAnswer(ctx, sipgo.AnswerOptions{Username: c.user, Password: c.password}); err != nil {
		return nil, err
	}
	return session, session.Ack(ctx)
}

// hangUp ends the call along the route that the INVITE has recorded.
func (c *client) hangUp(ctx context.Context) {
	c.mu.Lock()
	call := c.call
	c.call = nil
	c.mu.Unlock()
	if call == nil {
		c.tell("no call to hang up")
		return
	}
	if err := call.Bye(ctx); err != nil {
		c.tell("BYE: %v", err)
	}
}
