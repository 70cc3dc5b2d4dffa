package failover

import (
	"testing"
	"time"

	"phoned/sip"
)

// A phone drives a Line by hand.
type phone struct {
	*Line
	now time.Duration
	buf []Action
}

func newPhone(cfg Config) *phone { return &phone{Line: New(cfg, 1)} }

// at steps through the ticks up to now, then e, and returns all actions.
func (p *phone) at(now time.Duration, e Event) []Action {
	p.buf = p.buf[:0]
	for p.Deadline() < now {
		p.now = p.Deadline()
		p.buf = p.Step(p.now, Event{}, p.buf)
	}
	p.now = now
	p.buf = p.Step(now, e, p.buf)
	return p.buf
}

// registered brings a phone to the point where it is registered at the primary.
func registered(cfg Config) *phone {
	p := newPhone(cfg)
	p.at(0, Event{Kind: Start})
	p.at(0, Event{Kind: Response, Tx: 1, Status: 200, Expires: 3600 * time.Second})
	return p
}

func count(actions []Action, kind ActionKind, m sip.Method) int {
	n := 0
	for _, a := range actions {
		if a.Kind == kind && a.Method == m {
			n++
		}
	}
	return n
}

// More calls at once than there is room for: each is told, none is lost, and
// the registration still finds its place.
func TestOverload(t *testing.T) {
	p := registered(testConfig(2))
	sent, refused := 0, 0
	for id := range ID(500) {
		out := p.at(time.Second, Event{Kind: Dial, ID: id + 1})
		sent += count(out, Send, sip.INVITE)
		for _, a := range out {
			if a.Kind == Done && a.Cause == Overload && a.ID == id+1 {
				refused++
			}
		}
	}
	if sent != maxRequests || sent+refused != 500 {
		t.Errorf("%d INVITEs sent, %d calls refused for Overload; want %d and the rest", sent, refused, maxRequests)
	}
	// Hung up and dialled again: what is remembered fills the table.
	for id := range ID(500) {
		p.at(2*time.Second, Event{Kind: Hangup, ID: id + 1})
	}
	for id := ID(1001); id < 1500; id++ {
		p.at(2*time.Second, Event{Kind: Dial, ID: id})
		p.at(2*time.Second, Event{Kind: Hangup, ID: id})
	}
	if p.Open() != maxInvites {
		t.Errorf("%d transactions are kept, want %d", p.Open(), maxInvites)
	}
	if out := p.at(3*time.Second, Event{Kind: Register}); count(out, Send, sip.REGISTER) != 1 {
		t.Errorf("Register in overload: %v", out)
	}
	if out := p.at(3*time.Second, Event{Kind: Bye, ID: 2000}); count(out, Send, sip.BYE) != 1 {
		t.Errorf("Bye in overload: %v", out)
	}
	p.at(300*time.Second, Event{})
	if out := p.at(300*time.Second, Event{Kind: Dial, ID: 3000}); count(out, Send, sip.INVITE) != 1 {
		t.Errorf("after 180 s there is still no room: %v", out)
	}
}

// A challenge that finds no room for the repeat ends the call, not the line.
func TestOverloadOfRepeat(t *testing.T) {
	p := registered(testConfig(2))
	for id := ID(1); id < maxInvites; id++ {
		p.at(time.Second, Event{Kind: Dial, ID: id})
		p.at(time.Second, Event{Kind: Hangup, ID: id})
	}
	out := p.at(time.Second, Event{Kind: Dial, ID: 100})
	tx := out[len(out)-1].Tx
	out = p.at(time.Second, Event{Kind: Response, Tx: tx, Status: 407, Challenge: Answerable})
	if count(out, Send, sip.INVITE) != 0 || count(out, Done, sip.INVITE) != 1 || !p.Registered() {
		t.Errorf("407 without room: %v", out)
	}
}

// What the owner can not send is no server's fault: the request fails, nothing
// moves.
func TestNothingSent(t *testing.T) {
	p := registered(testConfig(2))
	p.at(time.Second, Event{Kind: Dial, ID: 1})
	out := p.at(time.Second, Event{Kind: Unreachable, Tx: 2, Cause: Overload})
	if count(out, Done, sip.INVITE) != 1 || count(out, Send, sip.REGISTER) != 0 || !p.Registered() {
		t.Errorf("INVITE: %v", out)
	}
	p.at(2*time.Second, Event{Kind: Bye, ID: 1})
	out = p.at(2*time.Second, Event{Kind: Unreachable, Tx: 3, Cause: Overload})
	if count(out, Done, sip.BYE) != 1 || count(out, Send, sip.REGISTER) != 0 || !p.Registered() {
		t.Errorf("BYE: %v", out)
	}
	p.at(3*time.Second, Event{Kind: Dial, ID: 2})
	p.at(3*time.Second, Event{Kind: Response, Tx: 4, Status: 180})
	p.at(3*time.Second, Event{Kind: Hangup, ID: 2})
	if out = p.at(3*time.Second, Event{Kind: Unreachable, Tx: 5, Cause: Overload}); count(out, Send, sip.REGISTER) != 0 {
		t.Errorf("CANCEL: %v", out)
	}
}

// INVITEs that are kept only for copies of a refusal give way to new calls.
func TestRefusedGivesWay(t *testing.T) {
	p := registered(testConfig(2))
	for id := range ID(200) {
		out := p.at(time.Second, Event{Kind: Dial, ID: id + 1})
		if count(out, Send, sip.INVITE) != 1 {
			t.Fatalf("call %d: %v", id+1, out)
		}
		tx := out[len(out)-1].Tx
		p.at(time.Second, Event{Kind: Response, Tx: tx, Status: 486})
	}
}

// What nobody can mean changes nothing.
func TestStrangeEvents(t *testing.T) {
	p := registered(testConfig(2))
	for _, e := range []Event{
		{Kind: Dial},
		{Kind: Bye},
		{Kind: Hangup, ID: 7},
		{Kind: Request, ID: 7, Method: sip.ACK},
		{Kind: Request, ID: 7, Method: sip.REGISTER},
		{Kind: Response, Tx: 99, Status: 200},
		{Kind: Response, Tx: 0, Status: 200},
		{Kind: Unreachable, Tx: 99, Cause: ICMP},
		{Kind: ConnectionLost, Server: 1},
		{Kind: Start},
		{Kind: EventKind(200)},
	} {
		if out := p.at(time.Second, e); len(out) != 0 {
			t.Errorf("%+v: %v", e, out)
		}
	}
	p.at(time.Second, Event{Kind: Dial, ID: 1})
	for _, e := range []Event{
		{Kind: Dial, ID: 1}, // is under way
		{Kind: Response, Tx: 2, Status: 99},
		{Kind: Response, Tx: 2, Status: 700},
		{Kind: Unreachable, Tx: 2, Cause: NoNetwork}, // no evidence
	} {
		if out := p.at(time.Second, e); len(out) != 0 {
			t.Errorf("%+v: %v", e, out)
		}
	}
	// An Unreachable without a cause is an ICMP error.
	if out := p.at(time.Second, Event{Kind: Unreachable, Tx: 2}); len(out) < 1 || out[0].Kind != Evidence || out[0].Cause != ICMP {
		t.Errorf("Unreachable without a cause: %v", out)
	}
	// A server that does not exist is the active one.
	if out := p.at(time.Second, Event{Kind: Bye, ID: 9, Server: 77}); count(out, Send, sip.BYE) != 1 || out[0].Server != 0 {
		t.Errorf("Bye at server 77: %v", out)
	}
}

// A Line without servers does nothing and says so.
func TestNoServers(t *testing.T) {
	p := newPhone(Config{Register: true})
	for _, k := range []EventKind{Start, Register, LinkUp, LinkDown, LinkUp} {
		p.at(time.Second, Event{Kind: k})
	}
	if p.Deadline() != Never {
		t.Errorf("Deadline %v, want Never", p.Deadline())
	}
	if out := p.at(time.Second, Event{Kind: Dial, ID: 1}); count(out, Done, sip.INVITE) != 1 {
		t.Errorf("Dial: %v", out)
	}
	if out := p.at(time.Second, Event{Kind: Stop}); len(out) != 1 || out[0].Kind != Stopped {
		t.Errorf("Stop: %v", out)
	}
}

// What asks before Start or after Stop is told that it is not wanted.
func TestOutOfService(t *testing.T) {
	p := newPhone(testConfig(2))
	if out := p.at(0, Event{Kind: Dial, ID: 1}); count(out, Done, sip.INVITE) != 1 || out[0].Cause != NoCause {
		t.Errorf("Dial before Start: %v", out)
	}
	p = registered(testConfig(2))
	p.at(time.Second, Event{Kind: Stop})
	if out := p.at(time.Second, Event{Kind: Dial, ID: 1}); count(out, Done, sip.INVITE) != 1 || len(out) != 1 {
		t.Errorf("Dial after Stop: %v", out)
	}
	for _, k := range []EventKind{Start, Register, LinkUp, Stop} {
		if out := p.at(2*time.Second, Event{Kind: k}); count(out, Send, sip.REGISTER) != 0 {
			t.Errorf("event %d after Stop: %v", k, out)
		}
	}
}

// A Tick that comes late sends one copy, not all that were missed, and a limit
// that has passed meanwhile counts.
func TestLateTick(t *testing.T) {
	p := newPhone(testConfig(2))
	p.Step(0, Event{Kind: Start}, nil)
	out := p.Step(4*time.Second, Event{}, nil)
	if len(out) != 1 || out[0].Kind != Resend {
		t.Errorf("a Tick 3.5 s late: %v", out)
	}
	if d := p.Deadline(); d != 5*time.Second {
		t.Errorf("the next copy leaves at %v, want 1 s after that", d)
	}
	out = p.Step(60*time.Second, Event{}, nil)
	if len(out) < 2 || out[1].Kind != Abandon {
		t.Errorf("a Tick long after the limit: %v", out)
	}
	// An answer that was waiting in the socket comes before the limit.
	p = newPhone(testConfig(2))
	p.Step(0, Event{Kind: Start}, nil)
	p.Step(60*time.Second, Event{Kind: Response, Tx: 1, Status: 200}, nil)
	if !p.Registered() {
		t.Error("an answer at the moment of the limit does not count")
	}
}

// The wait after k failed passes is uniform in 50-100 % of min(1800, 30*2^k) s.
func TestBackoff(t *testing.T) {
	l := New(testConfig(1), 7)
	for k, w := range map[uint]time.Duration{
		1: 60 * time.Second, 2: 120 * time.Second, 3: 240 * time.Second, 5: 960 * time.Second,
		6: 1800 * time.Second, 7: 1800 * time.Second, 1 << 30: 1800 * time.Second,
	} {
		l.failed = k
		lo, hi, sum := Never, time.Duration(0), time.Duration(0)
		const n = 4000
		for range n {
			d := l.backoff()
			lo, hi, sum = min(lo, d), max(hi, d), sum+d
		}
		if lo < w/2 || lo > w*51/100 || hi > w || hi < w*99/100 {
			t.Errorf("k=%d: waits from %v to %v, want %v to %v", k, lo, hi, w/2, w)
		}
		if mean := sum / n; mean < w*74/100 || mean > w*76/100 {
			t.Errorf("k=%d: mean wait %v, want %v", k, mean, w*3/4)
		}
	}
}

// Two phones with different seeds do not come back at the same moment.
func TestSeedsDiffer(t *testing.T) {
	a, b := New(testConfig(1), 1), New(testConfig(1), 2)
	for _, l := range []*Line{a, b} {
		l.Step(0, Event{Kind: Start}, nil)
		l.Step(0, Event{Kind: Unreachable, Tx: 1, Cause: ICMP}, nil)
	}
	if a.Deadline() == b.Deadline() {
		t.Errorf("both wait until %v", a.Deadline())
	}
}

// Settings out of range are brought into it; a grant without end is no danger.
func TestOddSettings(t *testing.T) {
	cfg := testConfig(80)
	cfg.Timers = sip.Timers{T1: -1}
	cfg.Retries, cfg.RetryTime, cfg.FailbackInterval = 99, -1, -1
	cfg.RegFailInterval, cfg.KeepAlive, cfg.KeepAliveEvery = Never, OptionsAlive, 0
	cfg.Servers[0].TTL = -1
	p := newPhone(cfg)
	if out := p.at(0, Event{Kind: Start}); out[len(out)-1].Expires != time.Second {
		t.Errorf("TTL -1: %v", out)
	}
	p.at(time.Second, Event{Kind: Response, Tx: 1, Status: 200, Expires: Never})
	if d := p.Deadline(); d <= time.Second || d == Never {
		t.Errorf("a grant without end is refreshed at %v", d)
	}
}
