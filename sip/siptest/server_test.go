package siptest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

var (
	primaryAddr = netip.MustParseAddrPort("10.0.0.11:5060")
	backupAddr  = netip.MustParseAddrPort("10.0.0.12:5060")
	partyAddr   = netip.MustParseAddrPort("10.0.0.20:5060")
)

// A tester is the smallest phone: it sends what it is told and collects the
// answers. What arrives is answered with 200.
type tester struct {
	*station
	t      *testing.T
	rec    *Record
	seq    uint32
	callID string

	answers chan *gosip.Response
}

func newTester(t *testing.T, host Host, transport string, a netip.AddrPort) *tester {
	t.Helper()
	rec := &Record{}
	p := &tester{station: newStation(host, rec, 7, []Bind{{Transport: transport, Addr: a}}), t: t, rec: rec, callID: "register-1", answers: make(chan *gosip.Response, 16)}
	p.handle = func(tx *serverTx) {
		if tx.req.Method == gosip.ACK {
			return
		}
		tx.respond(tx.answer(200, "", p.contact(tx.flow, "alice")), false)
	}
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

func (p *tester) request(method gosip.RequestMethod, transport string, to netip.AddrPort, user, callID string, headers ...gosip.Header) *gosip.Request {
	p.seq++
	uri := gosip.Uri{Scheme: "sip", User: user, Host: to.Addr().String(), Port: int(to.Port())}
	aor := uri
	if method == gosip.REGISTER {
		uri.User = ""
	}
	aor.User = "alice"
	req := gosip.NewRequest(method, uri)
	from := &gosip.FromHeader{Address: aor, Params: gosip.NewParams()}
	from.Params.Add("tag", "alice-tag")
	id := gosip.CallIDHeader(callID)
	target := aor
	target.User = user
	for _, h := range []gosip.Header{
		from, &gosip.ToHeader{Address: target, Params: gosip.NewParams()}, &id,
		&gosip.CSeqHeader{SeqNo: p.seq, MethodName: method}, gosip.NewHeader("Max-Forwards", "70"),
		p.contact(flow{transport: transport}, "alice"),
	} {
		req.AppendHeader(h)
	}
	for _, h := range headers {
		req.AppendHeader(h)
	}
	req.SetBody(nil)
	return req
}

// ask sends a request and waits for its final answer; nil if there is none.
func (p *tester) ask(transport string, to netip.AddrPort, req *gosip.Request) *gosip.Response {
	p.t.Helper()
	p.station.mu.Lock()
	f, err := p.flowTo(transport, to)
	if err == nil {
		p.send(f, req, p.branch(), func(res *gosip.Response) {
			if res == nil || res.StatusCode >= 200 {
				p.answers <- res
			}
		})
	}
	p.station.mu.Unlock()
	if err != nil {
		p.t.Fatal(err)
	}
	return <-p.answers
}

// register registers alice, answering one challenge with the password.
func (p *tester) register(transport string, to netip.AddrPort, password string, expires int) []int {
	p.t.Helper()
	exp := gosip.NewHeader("Expires", fmt.Sprint(expires))
	var got []int
	res := p.ask(transport, to, p.request(gosip.REGISTER, transport, to, "alice", p.callID, exp))
	for range 3 {
		if res == nil {
			return append(got, 0)
		}
		got = append(got, res.StatusCode)
		h := res.GetHeader("WWW-Authenticate")
		if h == nil {
			return got
		}
		chal, err := digest.ParseChallenge(h.Value())
		if err != nil {
			p.t.Fatal(err)
		}
		if len(got) > 1 && !chal.Stale {
			return got
		}
		req := p.request(gosip.REGISTER, transport, to, "alice", p.callID, exp)
		cred, err := digest.Digest(chal, digest.Options{Method: "REGISTER", URI: req.Recipient.String(), Username: "alice", Password: password, Cnonce: "x"})
		if err != nil {
			p.t.Fatal(err)
		}
		req.AppendHeader(gosip.NewHeader("Authorization", cred.String()))
		res = p.ask(transport, to, req)
	}
	return got
}

// bench is a Net with two servers that share their users' places, and a party.
type bench struct {
	net             *Net
	primary, backup *Server
	party           *Party
}

func newBench(t *testing.T) *bench {
	t.Helper()
	n := NewNet(1)
	n.SetLink(Link{Delay: time.Millisecond})
	b := &bench{net: n}
	var err error
	if b.party, err = StartParty(PartyConfig{Host: n, Addr: partyAddr, Servers: []netip.AddrPort{primaryAddr, backupAddr}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.party.Close)
	loc := NewLocations()
	start := func(a netip.AddrPort) *Server {
		s, err := Start(Config{
			Host: n, Binds: []Bind{{Addr: a}, {Transport: "TCP", Addr: a}}, Locations: loc,
			Users: map[string]string{"alice": "secret"}, Algorithms: []string{"SHA-256", "MD5"}, Numbers: b.party.Routes(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	b.primary, b.backup = start(primaryAddr), start(backupAddr)
	return b
}

func TestRegistrationWithDigestAndItsFaults(t *testing.T) {
	for _, transport := range []string{"UDP", "TCP"} {
		for name, c := range map[string]struct {
			fault    func(*Server)
			password string
			expires  int
			want     []int
		}{
			"good password":        {want: []int{401, 200}},
			"wrong password":       {password: "wrong", want: []int{401, 401}},
			"503":                  {fault: func(s *Server) { s.Status(503, time.Minute) }, want: []int{503}},
			"stale once":           {fault: func(s *Server) { s.Stale(1) }, want: []int{401, 401, 200}},
			"never good enough":    {fault: (*Server).ChallengeAlways, want: []int{401, 401}},
			"interval too brief":   {fault: func(s *Server) { s.MinExpires(time.Hour) }, expires: 60, want: []int{401, 423}},
			"silence":              {fault: (*Server).Silence, want: []int{0}},
			"silence and healed":   {fault: func(s *Server) { s.Silence(); _ = s.Heal() }, want: []int{401, 200}},
			"stopped and healed":   {fault: func(s *Server) { s.Stop(); _ = s.Heal() }, want: []int{401, 200}},
			"one answer by a rule": {fault: func(s *Server) { s.SetRules(Rule{Method: "REGISTER", Nth: 2, Steps: Reply(403)}) }, want: []int{401, 403}},
		} {
			t.Run(transport+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t)
					p := newTester(t, b.net, transport, alice)
					if c.fault != nil {
						c.fault(b.primary)
					}
					if c.password == "" {
						c.password = "secret"
					}
					if c.expires == 0 {
						c.expires = 3600
					}
					if got := p.register(transport, primaryAddr, c.password, c.expires); !slices.Equal(got, c.want) {
						t.Errorf("answers %v, want %v\n%s", got, c.want, b.primary.Record.Entries())
					}
					registered := c.want[len(c.want)-1] == 200
					if got := len(b.backup.Bindings("alice")) == 1; got != registered {
						t.Errorf("bound in the shared store: %v, want %v", got, registered)
					}
				})
			})
		}
	}
}

func TestTheRecordShowsCopiesOfOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "UDP", alice)
		b.primary.SetRules(Rule{Method: "OPTIONS", Copy: 4, Steps: Reply(200)})
		if res := p.ask("UDP", primaryAddr, p.request(gosip.OPTIONS, "UDP", primaryAddr, "", "ping")); res == nil || res.StatusCode != 200 {
			t.Fatalf("answer: %v", res)
		}
		got := b.primary.Record.Requests("OPTIONS")
		if o := got.Offsets(); !slices.Equal(o, []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}) {
			t.Errorf("copies at %v", o)
		}
		if len(got.Branches()) != 1 || len(got.Firsts()) != 1 {
			t.Errorf("branches: %v", got.Branches())
		}
	})
}

func TestThePartyCallsThroughAServerAndHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "UDP", alice)
		p.register("UDP", primaryAddr, "secret", 3600)
		c := b.party.Call("600", "alice", backupAddr)
		if err := c.Wait(t.Context(), Up, Ended); err != nil || c.State() != Up {
			t.Fatalf("state %s, status %d, %v\n%s", c.State(), c.Status(), err, b.backup.Record.Entries())
		}
		c.Hold()
		time.Sleep(time.Second)
		c.Hangup()
		time.Sleep(time.Second)
		var methods []string
		for _, e := range p.rec.Requests("") {
			methods = append(methods, e.Method)
		}
		if want := []string{"INVITE", "ACK", "INVITE", "ACK", "BYE"}; !slices.Equal(methods, want) {
			t.Errorf("alice got %v, want %v", methods, want)
		}
		if bye := b.backup.Record.Requests("BYE"); len(bye) != 1 || len(bye[0].Routes) != 1 || !strings.Contains(bye[0].Routes[0], backupAddr.String()) {
			t.Errorf("the BYE did not go by its route:\n%s", bye)
		}
	})
}
