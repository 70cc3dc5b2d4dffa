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

// guarded makes the servers ask for the password.
func guarded(c *siptest.Config) { c.NoAuth = false }

func TestAWrongPasswordDoesNotWanderOverTheServers(t *testing.T) {
	w := build(t, guarded)
	w.line.Password = "wrong"
	p := w.boot()
	registers := w.await(w.s1.Record, "REGISTER", 2)
	p.Until(soon, "words", func(s lab.State) bool { return words(strings.Join(s.Screen, " "), "wrong user name or password") })
	w.quietAfter(registers[1].At, time.Second, "more with a wrong password", w.s1.Record)
	if siptest.Authorized(registers[0].Message) || !siptest.Authorized(registers[1].Message) {
		t.Errorf("not one without and one with credentials\n%s", registers)
	}
	p.Register(1)
	w.exactly("REGISTER at the primary", w.await(w.s1.Record, "REGISTER", 4), 4)
	w.told(p, soon, "error", "password")
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
	if s := p.State(); s.Registered {
		t.Errorf("registered: %+v", s)
	}
}

func TestA403IsShownAndTriedAgainLaterAtTheSameServer(t *testing.T) {
	w := build(t)
	w.s1.SetRules(reply("REGISTER", 403))
	p := w.desk.Phone(lab.Settings([]lab.Line{w.line}, "<SIP CONFIG MODULE>\nReg Fail Interval  :1"), "null")
	p.Until(soon, "words", func(s lab.State) bool { return words(strings.Join(s.Screen, " "), "Registration failed") })
	// "Again after Reg Fail Interval, with back-off": 1, 2 s.
	registers := w.seen(w.n1, "REGISTER", 3)
	w.times("REGISTER at the primary", registers, 0, time.Second, 3*time.Second)
	w.told(p, soon, "error", "Wrong user name or password")
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestA423RaisesTheExpiryAtTheSameServer(t *testing.T) {
	w := build(t, func(c *siptest.Config) { c.MinExpires, c.MaxExpires = 2*time.Hour, 24*time.Hour })
	p := w.ready()
	registers := w.s1.Record.Requests("REGISTER")
	w.exactly("REGISTER at the primary", registers, 2)
	a, b := registers[0].Message, registers[1].Message
	if a.Expires != 3600 || b.Expires != 7200 || b.CallID != a.CallID || b.CSeq != a.CSeq+1 || b.Branch == a.Branch {
		t.Errorf("not the same REGISTER with the server's minimum\n%s", registers)
	}
	p.Register(1) // the raised expiry is remembered
	if c := w.await(w.s1.Record, "REGISTER", 3)[2]; c.Expires != 7200 {
		t.Errorf("the next one asks for %d", c.Expires)
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestAStaleNonceIsAnsweredAnew(t *testing.T) {
	w := build(t, guarded)
	w.s1.Stale(1)
	w.ready()
	registers := w.s1.Record.Requests("REGISTER")
	w.exactly("REGISTER at the primary", registers, 3)
	for i, e := range registers {
		if e.CallID != registers[0].CallID || e.CSeq != registers[0].CSeq+uint32(i) {
			t.Errorf("Call-ID or CSeq of copy %d\n%s", i, registers)
		}
	}
	if a, b := registers[1].Header("Authorization"), registers[2].Header("Authorization"); a == b || b == "" {
		t.Errorf("answered %q, then %q", a, b)
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func TestAServerThatCallsEveryNonceStaleGetsNoEndlessAnswers(t *testing.T) {
	w := build(t, guarded)
	w.s1.Stale(1000)
	p := w.boot()
	p.Until(soon, "words", func(s lab.State) bool { return words(strings.Join(s.Screen, " "), "Registration failed") })
	if k := len(w.s1.Record.Requests("REGISTER")); k > 5 {
		t.Errorf("%d REGISTERs", k)
	}
	w.quiet(500*time.Millisecond, "more", w.s1.Record)
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}

func challenge(kind, realm string) string {
	return kind + `-Authenticate: Digest realm="` + realm + `", nonce="n-` + realm + `", qop="auth"`
}

// realms are those that the credentials of a message are for.
func realms(m siptest.Message) (out []string) {
	for _, h := range append(m.Headers("Authorization"), m.Headers("Proxy-Authorization")...) {
		_, rest, _ := strings.Cut(h, `realm="`)
		realm, _, _ := strings.Cut(rest, `"`)
		out = append(out, realm)
	}
	slices.Sort(out)
	return out
}

func TestTwoRealmsInOneAnswerToRegisterAreBothAnswered(t *testing.T) {
	w := build(t)
	w.s1.SetRules(siptest.Rule{
		Method: "REGISTER", Nth: 1,
		Steps: siptest.Reply(401, challenge("WWW", "one"), challenge("WWW", "two")),
	})
	w.ready()
	registers := w.s1.Record.Requests("REGISTER")
	w.exactly("REGISTER at the primary", registers, 2)
	if got := realms(registers[1].Message); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("credentials for %v", got)
	}
}

// A realm that comes after the first one was answered is a server's second
// question, not a wrong password.
func TestASecondRealmInALaterAnswerIsAnsweredToo(t *testing.T) {
	w := build(t)
	w.s1.SetRules(
		siptest.Rule{Method: "REGISTER", Nth: 1, Steps: siptest.Reply(401, challenge("WWW", "one"))},
		siptest.Rule{Method: "REGISTER", Nth: 2, Steps: siptest.Reply(407, challenge("Proxy", "two"))},
	)
	w.ready()
	registers := w.s1.Record.Requests("REGISTER")
	w.exactly("REGISTER at the primary", registers, 3)
	if got := realms(registers[2].Message); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("credentials for %v", got)
	}
}

// A challenge inside a call may come from somewhere behind the server: only the
// realms of the registration are answered.
func TestAForeignRealmIsNeverAnsweredInACall(t *testing.T) {
	w := build(t, guarded)
	w.s1.SetRules(
		siptest.Rule{Method: "INVITE", Nth: 1, Steps: siptest.Reply(407, challenge("Proxy", "phone.test"), challenge("Proxy", "foreign"))},
		siptest.Rule{Method: "INVITE", Nth: 2, Steps: siptest.Reply(486)},
		siptest.Rule{Method: "INVITE", Nth: 3, Steps: siptest.Reply(407, challenge("Proxy", "foreign"))},
		siptest.Rule{Method: "INVITE", Nth: 4, Steps: siptest.Reply(486)},
	)
	p := w.ready()
	p.Dial("600")
	invites := w.await(w.s1.Record, "INVITE", 2)
	if got := realms(invites[1].Message); !slices.Equal(got, []string{"phone.test"}) {
		t.Errorf("credentials for %v", got)
	}
	if a, b := invites[0].Message, invites[1].Message; b.CallID != a.CallID || b.CSeq != a.CSeq+1 || b.Branch == a.Branch {
		t.Errorf("not the same INVITE with a higher CSeq\n%s", invites)
	}
	w.told(p, soon, "error", "busy")
	p.Down()
	p.Dial("600")
	w.await(w.s1.Record, "INVITE", 3)
	w.told(p, soon, "error", "does not allow")
	w.quiet(300*time.Millisecond, "an answer to a foreign realm", w.s1.Record, "INVITE")
	for _, e := range w.s1.Record.Requests("") {
		if slices.Contains(realms(e.Message), "foreign") {
			t.Errorf("credentials for a foreign realm: %s", e.Raw)
		}
	}
	w.exactly("requests at the backup", w.s2.Record.Requests(""), 0)
}
