//go:build linux

package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A line whose servers are names: Server 1 has two targets, a and b, and Server
// 2 one, c (RFC 3263). The name server is dnsmasq, each target a Kamailio.
type namedWorld struct {
	*world
	a, b, c *Node // a is the world's s1, c its s2
	ns      *Node
	names   *NameServer
}

func newNamedWorld(t *testing.T, more ...string) *namedWorld {
	t.Helper()
	l := New(t, "kamailio", "baresip", "dnsmasq", "mount")
	w := &namedWorld{world: l.world(l.Node, append([]string{
		"Register Addr:one.test", "Backup Addr:two.test", "DNS SRV:1",
	}, more...)), b: l.Node("b"), ns: l.Node("ns")}
	w.a, w.c = w.s1, w.s2
	w.b.Kamailio(KamailioConfig{Numbers: map[string]*Node{"200": w.far}, AuthCalls: true})
	w.names = w.ns.NameServer(
		"srv-host=_sip._udp.one.test,a.one.test,5060,10", "srv-host=_sip._udp.one.test,b.one.test,5060,20",
		"srv-host=_sip._udp.two.test,c.two.test,5060,10",
		"host-record=a.one.test,"+w.a.Addr.String(), "host-record=b.one.test,"+w.b.Addr.String(),
		"host-record=c.two.test,"+w.c.Addr.String(),
	)
	w.desk.Ask(w.ns)
	return w
}

// One pass over all targets of Server 1, then Server 2.
func TestEachTargetOfANameIsTriedBeforeTheNextServer(t *testing.T) {
	t.Parallel()
	w := newNamedWorld(t)
	p := w.phone("null")
	w.a.Silence()
	w.b.Silence()
	mark := time.Now()
	p.Register(1)
	p.UntilAt(20*time.Second, w.c)
	a := w.a.Got("REGISTER", mark, 1)
	w.at("REGISTER at a", a, a[0].At, copies...)
	b := w.b.Got("REGISTER", mark, 1)
	w.at("REGISTER at b", b[:1], a[0].At, limit)
	w.at("REGISTER at b", b, b[0].At, copies...)
	w.at("REGISTER at c", w.c.Got("REGISTER", mark, 1)[:1], a[0].At, 2*limit)
	w.call(p)
	w.c.Got("INVITE", mark, 1)
	p.Down()

	w.b.Heal()
	w.a.Unreachable()
	p.Register(1)
	p.UntilAt(3*time.Second, w.b)
	mark = time.Now()
	w.call(p)
	w.b.Got("INVITE", mark, 1)
	w.b.Unreachable()
	p.Down()
	w.baresip.Await("CALL_CLOSED", 2, 5*time.Second)
	w.c.Got("BYE", mark, 1)
}

// A name server that is silent, then dead: calls go on with what it has said
// before, and without a delay, also to servers that were not used yet.
func TestCallsGoOnWithoutTheNameServer(t *testing.T) {
	t.Parallel()
	w := newNamedWorld(t)
	p := w.phone("null")
	promptly := func(what string, through *Node) {
		t.Helper()
		p.UntilCall(3*time.Second, "idle")
		mark := time.Now()
		p.Dial("200")
		d := p.UntilCall(10*time.Second, "up").At.Sub(mark)
		t.Logf("%s: up after %v", what, d)
		if d > 300*time.Millisecond+w.Stall() {
			t.Errorf("%s: up after %v (this machine was late by up to %v)", what, d, w.Stall())
		}
		through.Got("INVITE", mark, 1)
		p.Down()
	}
	promptly("with a name server", w.a)
	w.ns.Silence()
	w.Until(20*time.Second, "the answers are old", func() bool {
		return strings.Contains(p.Output(), "name=one.test/UDP targets=2 stale=true") &&
			strings.Contains(p.Output(), "name=two.test/UDP targets=1 stale=true")
	})
	promptly("the name server is silent", w.a)
	w.ns.Heal()
	w.names.Kill()
	w.a.Unreachable()
	promptly("the name server is dead, and a", w.b)
	w.b.Unreachable()
	promptly("the name server is dead, and a and b", w.c)
}

// A name server that is silent when the phone starts: its owner is told what is
// wrong and when the phone tries again, and then it registers.
func TestANameServerThatIsSilentAtTheStart(t *testing.T) {
	t.Parallel()
	w := newNamedWorld(t)
	w.ns.Silence()
	p := w.desk.Phone(w.settings, "null")
	p.UntilNotice(10*time.Second, "the name", func(n Notice) bool {
		return n.Kind == "trying" && strings.Contains(n.Text, "name of Server 1")
	})
	failed := p.UntilNotice(10*time.Second, "the failure", func(n Notice) bool { return n.Kind == "all-failed" && n.Severity == "error" })
	w.sentence(p.Until(time.Second, "the failure", func(s State) bool { return !s.Registered && s.Server == "" }), "Registration failed", "next attempt in")
	w.ns.Heal()
	var wait int
	_, after, _ := strings.Cut(failed.Text, "next attempt in ")
	if _, err := fmt.Sscanf(after, "%d s", &wait); err != nil {
		t.Fatalf("told %q: %v", failed.Text, err)
	}
	// RFC 5626 §4.5 after one failed pass: 30 to 60 s.
	s := p.UntilAt(70*time.Second, w.a)
	announced := time.Duration(wait) * time.Second
	if d := s.At.Sub(failed.At); wait < 30 || wait > 60 || d < announced-2*time.Second || d > announced+time.Second+w.Stall() {
		t.Errorf("registered %v after the failure, told %q", d, failed.Text)
	}
	p.UntilNotice(time.Second, "the recovery", func(n Notice) bool { return n.Kind == "recovered" })
	w.call(p)
}

// With Smart Failover the phone does not wait for the next attempt: it registers
// when the name server is back, by the order of the records, and after the part
// of 20 s that spreads a fleet.
func TestSmartRegistersWhenTheNameServerIsBack(t *testing.T) {
	t.Parallel()
	w := newNamedWorld(t, "Smart Failover:1")
	w.ns.Silence()
	p := w.desk.Phone(w.settings, "null")
	p.UntilNotice(10*time.Second, "the failure", func(n Notice) bool { return n.Kind == "all-failed" })
	w.ns.Heal()
	w.Until(10*time.Second, "the name is known", func() bool {
		return strings.Contains(p.Output(), "name=one.test/UDP targets=2 stale=false")
	})
	mark := time.Now()
	s := p.UntilAt(22*time.Second, w.a)
	t.Logf("registered %v after the name was known", s.At.Sub(mark))
	w.call(p)
}
