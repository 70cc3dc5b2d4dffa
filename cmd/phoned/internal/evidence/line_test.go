//go:build linux

package evidence

import (
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// Lines and their registrations.

func TestTwoLinesFailOverOnTheirOwn(t *testing.T) {
	w := build(t, func(c *siptest.Config) { c.Users["101"] = "secret" })
	other := w.line
	other.User, other.Primary, other.Backup = "101", w.n2, w.n1
	w.s1.Silence()
	p := w.desk.Phone(lab.Settings([]lab.Line{w.line, other}), "null")
	s := p.Until(soon, "both lines registered", func(s lab.State) bool {
		return len(s.Lines) >= 2 && s.Lines[0].Registered && s.Lines[1].Registered
	})
	for _, l := range s.Lines[:2] {
		if l.Server != w.n2.SIP() {
			t.Errorf("line %d is at %s", l.Line, l.Server)
		}
	}
	of := func(es siptest.Entries, user string) siptest.Entries {
		return es.Select(func(e siptest.Entry) bool { return e.FromUser == user })
	}
	registers := w.seen(w.n2, "REGISTER", 2)
	w.exactly("REGISTER of line 1 at its backup", of(registers, "100"), 1)
	w.exactly("REGISTER of line 2 at its primary", of(registers, "101"), 1)
	if ids := registers.CallIDs(); len(ids) != 2 {
		t.Errorf("Call-IDs %v, want one for each line", ids)
	}
	// Line 2 did not wait for the pass of line 1, nor did it ask what its own
	// server answers.
	first := w.seen(w.n1, "REGISTER", 3)
	w.copies("REGISTER of line 1 at its primary", of(first, "100"), 3)
	w.exactly("REGISTER of line 2 at its backup", of(first, "101"), 0)
	if d := of(registers, "101")[0].At.Sub(first[0].At); d > prompt+w.Stall() {
		t.Errorf("line 2 registered after %v", d)
	}
}

// The dialog of our own link: all servers fail together, so none is left.
func TestALostLinkMovesNothingAndRegistersAtTheSameServerWhenItIsBack(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.desk.LinkDown()
	p.UntilNotice(soon, "no network", func(n lab.Notice) bool { return n.Kind == "no-network" })
	p.Until(soon, "words", func(s lab.State) bool { return !s.Registered && says(s, "no network") })
	// Longer than a pass would take.
	w.quiet(limit+time.Second, "a request to the backup", w.s2.Record)
	up := time.Now()
	w.desk.LinkUp()
	p.UntilAt(soon, w.n1)
	again := w.await(w.s1.Record, "REGISTER", 2)
	w.exactly("REGISTER at the primary", again, 2)
	if d := again[1].At.Sub(up); d > 2*time.Second+500*time.Millisecond+w.Stall() {
		t.Errorf("registered %v after the link was up, want up to 2 s", d)
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
	for _, n := range p.Notices("") {
		if n.Kind != "no-network" && n.Kind != "network" {
			t.Errorf("a pulled cable told as %+v", n)
		}
	}
}

func TestALinkLostOnTheBackupReturnsToTheBackup(t *testing.T) {
	w := build(t)
	p, _ := w.onBackup()
	w.desk.LinkDown()
	p.Until(soon, "no network", func(s lab.State) bool { return says(s, "no network") })
	w.desk.LinkUp()
	up := time.Now()
	w.await(w.s2.Record, "REGISTER", 2)
	p.UntilAt(soon, w.n2)
	w.exactly("REGISTER at the primary after the link was up", w.n1.Capture.Requests("REGISTER").After(up), 0)
}

// removal fails the test unless the entry removes the phone's own contact.
func (w *world) removal(e siptest.Entry) {
	w.T.Helper()
	contact := e.Header("Contact")
	if e.Expires != 0 || !strings.Contains(contact, w.desk.Addr.String()) || strings.Contains(contact, "*") || len(e.Headers("Contact")) != 1 {
		w.T.Errorf("Expires %d, Contact %q; want 0 and the phone's own", e.Expires, e.Headers("Contact"))
	}
}

func TestThePhoneUnregistersWhenItEnds(t *testing.T) {
	w := build(t)
	p := w.ready()
	bound := len(w.s1.Bindings("100"))
	p.End()
	registers := w.await(w.s1.Record, "REGISTER", 2)
	w.removal(registers[1])
	if a, b := registers[0].Message, registers[1].Message; b.CallID != a.CallID || b.CSeq != a.CSeq+1 {
		t.Errorf("of another registration\n%s", registers)
	}
	if left := w.s1.Bindings("100"); bound != 1 || len(left) != 0 {
		t.Errorf("%d bindings before, %v after", bound, left)
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestThePhoneUnregistersWhereItIsRegistered(t *testing.T) {
	w := build(t)
	p, _ := w.onBackup()
	w.heal(w.s1)
	p.End()
	w.removal(w.await(w.s2.Record, "REGISTER", 2)[1])
	w.copies("REGISTER at the primary", w.n1.Capture.Requests("REGISTER"), 3)
}

func TestThePhoneEndsItsCallBeforeItUnregisters(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.call(p)
	p.End()
	bye, farewell := w.await(w.s1.Record, "BYE", 1)[0], w.await(w.s1.Record, "REGISTER", 2)[1]
	w.removal(farewell)
	if !bye.At.Before(farewell.At) {
		t.Errorf("unregistered before the BYE")
	}
	w.exactly("BYE", w.s1.Record.Requests("BYE"), 1)
}

func TestUnregisterOnBootRemovesTheOldContactFirst(t *testing.T) {
	w := build(t)
	w.set("Unregister On Boot:1")
	p := w.boot()
	p.UntilAt(soon, w.n1)
	registers := w.s1.Record.Requests("REGISTER")
	w.exactly("REGISTER at the primary", registers, 2)
	w.removal(registers[0])
	if registers[1].Expires != 3600 || registers[1].CSeq <= registers[0].CSeq {
		t.Errorf("then not registered\n%s", registers)
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

// Without the setting the first REGISTER registers. Every one says for how long,
// and is refreshed at half of what was granted where that is short.
func TestARegistrationIsRefreshedInTime(t *testing.T) {
	w := build(t, func(c *siptest.Config) { c.MaxExpires = 2 * time.Second })
	w.ready()
	registers := w.seen(w.n1, "REGISTER", 3)
	w.times("REGISTER", registers, 0, time.Second, 2*time.Second)
	for i, e := range registers {
		if e.Expires != 3600 || e.CallID != registers[0].CallID || e.CSeq != registers[0].CSeq+uint32(i) || e.Branch == registers[(i+1)%3].Branch {
			t.Errorf("REGISTER %d: Expires %d\n%s", i, e.Expires, registers)
		}
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestLocalDomainStandsInTheURIsAndTheProxyGetsWhatIsForThePrimary(t *testing.T) {
	w := build(t, func(c *siptest.Config) { c.Domains = []string{"phones.example"} })
	proxy := w.Node("proxy")
	at := proxy.Server(siptest.Config{Users: map[string]string{"100": "secret"}, NoAuth: true, Rules: party(), Domains: []string{"phones.example"}})
	w.meet(proxy, at)
	w.line.Domain = "phones.example"
	w.set("Proxy Addr:" + proxy.Addr.String())
	p := w.boot()
	register := w.await(at.Record, "REGISTER", 1)[0]
	w.call(p)
	invite := at.Record.Requests("INVITE")[0]
	if register.URI != "sip:phones.example" || !strings.Contains(register.Header("To"), "sip:100@phones.example") || invite.URI != "sip:600@phones.example" {
		t.Errorf("REGISTER %s, To %s, INVITE %s", register.URI, register.Header("To"), invite.URI)
	}
	w.exactly("requests at the primary itself", w.s1.Record.Requests(""), 0)
	at.Silence()
	p.Register(1)
	p.UntilAt(soon, w.n2)
	if e := w.s2.Record.Requests("REGISTER")[0]; e.URI != "sip:phones.example" {
		t.Errorf("at the backup REGISTER %s", e.URI)
	}
}

func TestWithoutLocalDomainTheURIsNameTheServerOfTheCopy(t *testing.T) {
	w := build(t)
	p := w.ready()
	w.s1.Silence()
	w.call(p)
	for _, c := range []struct {
		n *lab.Node
		e siptest.Entry
	}{{w.n1, w.seen(w.n1, "INVITE", 1)[0]}, {w.n2, w.seen(w.n2, "INVITE", 1)[0]}} {
		host := c.n.Addr.String()
		if c.e.URI != "sip:600@"+host || !strings.Contains(c.e.Header("From"), "sip:100@"+host) || !strings.Contains(c.e.Header("To"), "sip:600@"+host) {
			t.Errorf("at %s: %s, From %s, To %s", host, c.e.URI, c.e.Header("From"), c.e.Header("To"))
		}
	}
	if a, b := w.seen(w.n1, "REGISTER", 1)[0], w.seen(w.n2, "REGISTER", 1)[0]; a.CallID == b.CallID || slices.Contains([]string{a.FromTag}, b.FromTag) {
		t.Errorf("the registrations at both servers share Call-ID or tag: %s %s", a.CallID, b.CallID)
	}
}

func TestARefreshThatFailsMovesTheLine(t *testing.T) {
	w := build(t, func(c *siptest.Config) { c.MaxExpires = 2 * time.Second })
	p := w.ready()
	registered := w.seen(w.n1, "REGISTER", 1)[0].At
	w.s1.Silence()
	p.UntilAt(soon, w.n2)
	refresh := w.seen(w.n1, "REGISTER", 4)[1:]
	w.copies("the refresh at the primary", refresh, 3)
	w.timesFrom(registered, "the refresh", refresh, time.Second, time.Second+t1, time.Second+3*t1)
	w.timesFrom(refresh[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1)[:1], limit)
}
