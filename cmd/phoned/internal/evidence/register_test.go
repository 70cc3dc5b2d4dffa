//go:build linux

package evidence

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// The column REGISTER of the table of evidence.

func TestRegisterMovesOnFromSilenceAfterItsRetransmissions(t *testing.T) {
	w := build(t)
	w.s1.Silence()
	p := w.boot()
	p.UntilAt(soon, w.n2)
	first, next := w.seen(w.n1, "REGISTER", 3), w.seen(w.n2, "REGISTER", 1)
	w.copies("REGISTER at the primary", first, 3)
	w.times("REGISTER at the primary", first, 0, t1, 3*t1)
	w.timesFrom(first[0].At, "REGISTER at the backup", next, limit)
	if slices.Contains(next.Branches(), first[0].Branch) || slices.Contains(next.CallIDs(), first[0].CallID) {
		t.Errorf("the backup was asked with the primary's branch or Call-ID\n%s%s", first, next)
	}
	w.quietAfter(next[0].At, 600*time.Millisecond, "one datagram too many", &w.n1.Capture)
}

func TestRegisterMovesOnAtOnceFromEveryUnreachable(t *testing.T) {
	for _, reject := range []string{
		"port-unreachable", "host-unreachable", "net-unreachable", "prot-unreachable",
		"admin-prohibited", "host-prohibited", "net-prohibited",
	} {
		t.Run(reject, func(t *testing.T) {
			w := build(t)
			w.filter(w.n1, "meta l4proto udp reject with icmp "+reject)
			w.boot().UntilAt(soon, w.n2)
			first, next := w.seen(w.n1, "REGISTER", 1), w.seen(w.n2, "REGISTER", 1)
			w.copies("REGISTER at the primary", first, 1)
			w.atOnce("the backup was asked", first[0], next[0])
		})
	}
}

func TestRegisterMovesOnAtOnceFromAClosedPort(t *testing.T) {
	w := build(t)
	w.s1.Stop()
	w.boot().UntilAt(soon, w.n2)
	first, next := w.seen(w.n1, "REGISTER", 1), w.seen(w.n2, "REGISTER", 1)
	w.copies("REGISTER at the primary", first, 1)
	w.atOnce("the backup was asked", first[0], next[0])
}

// A datagram too big for the path is no unavailable server (ICMP type 3 code 4).
func TestRegisterStaysWhenTheNetworkSaysFragmentationNeeded(t *testing.T) {
	w := build(t)
	w.s1.SetRules(siptest.Rule{Method: "REGISTER", Steps: siptest.Pass(400 * time.Millisecond)})
	p := w.boot()
	asked := w.seen(w.n1, "REGISTER", 1)[0]
	w.unreachable(w.n1, 4, quote{asked.From, asked.To, asked.Raw})
	p.UntilAt(soon, w.n1)
	w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 0)
	w.copies("REGISTER at the primary", w.seen(w.n1, "REGISTER", 3), 3)
}

// Whoever can send a packet could end the service of a phone that believes
// every ICMP message.
func TestRegisterStaysWhenAForgedUnreachableQuotesNoRequestOfOurs(t *testing.T) {
	w := build(t)
	foe := w.Node("foe")
	w.s1.SetRules(siptest.Rule{Method: "REGISTER", Steps: siptest.Pass(500 * time.Millisecond)})
	p := w.boot()
	asked := w.seen(w.n1, "REGISTER", 1)[0]
	forged := slices.Clone(asked.Raw)
	if i := slices.Index(forged, 'z'); i < 0 || string(forged[i:i+7]) != "z9hG4bK" {
		t.Fatalf("no branch in %s", asked.Raw)
	} else {
		forged[i+8] ^= 1 // another branch
	}
	for code := range byte(4) {
		w.unreachable(foe, code, quote{asked.From, asked.To, forged})
		w.unreachable(foe, code, quote{asked.From, asked.To, []byte("noise")})
		// Our own request, but sent to another one.
		w.unreachable(foe, code, quote{asked.From, netip.AddrPortFrom(w.n2.Addr, 5060), asked.Raw})
	}
	p.UntilAt(soon, w.n1)
	w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 0)
	// One that has had its answer is not outstanding any more.
	w.unreachable(foe, 1, quote{asked.From, asked.To, asked.Raw})
	w.quiet(400*time.Millisecond, "the phone asked the backup", w.s2.Record)
	if s := p.State(); !s.Registered || s.Server != w.n1.SIP() {
		t.Errorf("the phone left its server: %+v", s)
	}
}

func TestRegisterMovesOnFrom500And503(t *testing.T) {
	for _, status := range []int{500, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			w := build(t)
			w.s1.Status(status, 0)
			w.boot().UntilAt(soon, w.n2)
			first, next := w.s1.Record.Requests("REGISTER"), w.s2.Record.Requests("REGISTER")
			w.copies("REGISTER at the primary", first, 1)
			w.atOnce("the backup was asked", first[0], next[0])
		})
	}
}

// Every other answer comes from a server that is alive: the phone shows it and
// stays.
func TestRegisterStaysWithEveryOtherAnswer(t *testing.T) {
	w := build(t)
	p := w.ready()
	asked := len(w.s1.Record.Requests("REGISTER"))
	for _, status := range []int{302, 400, 401, 403, 404, 407, 408, 423, 482, 486, 488, 501, 502, 504, 513, 600, 603} {
		w.s1.Status(status, 0)
		known := len(p.Notices("error"))
		p.Register(1)
		asked++
		w.exactly(fmt.Sprint("REGISTER before ", status), w.await(w.s1.Record, "REGISTER", asked), asked)
		w.Until(soon, fmt.Sprint("words about ", status), func() bool { return len(p.Notices("error")) > known })
	}
	w.quiet(300*time.Millisecond, "more after the last refusal", w.s1.Record)
	w.exactly("REGISTER at the backup", w.s2.Record.Requests("REGISTER"), 0)
	for _, n := range p.Notices("") {
		if n.Kind != "refused" {
			t.Errorf("told as something else than a refusal: %+v", n)
		}
	}
}

// A 1xx is no answer to a REGISTER: the limit runs on, and copies leave each T2
// (RFC 3261 §17.1.2.2).
func TestRegisterMovesOnAfter1xxAndSilence(t *testing.T) {
	w := build(t)
	w.s1.SetRules(reply("REGISTER", 100))
	w.boot().UntilAt(soon, w.n2)
	first, next := w.seen(w.n1, "REGISTER", 2), w.seen(w.n2, "REGISTER", 1)
	w.timesFrom(first[0].At, "REGISTER at the backup", next, limit)
	// The copy after the one that was planned already is due T2 later: beyond the
	// limit.
	w.copies("REGISTER at the primary", first, 2)
	w.times("REGISTER at the primary", first, 0, t1)
}

// tcp makes both servers of the line TCP.
func (w *world) tcp() *world {
	w.line.Transport = 1
	return w
}

func TestRegisterMovesOnAtOnceFromRefusedTCP(t *testing.T) {
	w := build(t).tcp()
	w.s1.Stop()
	w.boot().UntilAt(soon, w.n2)
	w.exactly("attempts to connect to the primary", w.syns(w.n1, 1), 1)
	w.atOnce("the backup was connected to", w.syns(w.n1, 1)[0], w.syns(w.n2, 1)[0])
}

// A reset of a connection that was opened for the request counts at once.
func TestRegisterMovesOnAtOnceFromAResetOfANewConnection(t *testing.T) {
	w := build(t).tcp()
	w.filter(w.n1, "tcp flags & (syn|rst) == 0 meta length > 60 reject with tcp reset")
	w.boot().UntilAt(soon, w.n2)
	first, next := w.seen(w.n1, "REGISTER", 1), w.seen(w.n2, "REGISTER", 1)
	w.exactly("attempts to connect to the primary", w.syns(w.n1, 1), 1)
	w.copies("REGISTER at the primary", first, 1)
	w.atOnce("the backup was asked", first[0], next[0])
}

func TestRegisterMovesOnAtOnceFromAClosedNewConnection(t *testing.T) {
	w := build(t).tcp()
	w.s1.SetRules(siptest.Rule{Method: "REGISTER", Steps: []siptest.Step{{Close: true}}})
	w.boot().UntilAt(soon, w.n2)
	first, next := w.s1.Record.Requests("REGISTER"), w.s2.Record.Requests("REGISTER")
	w.copies("REGISTER at the primary", first, 1)
	w.atOnce("the backup was asked", first[0], next[0])
}

func TestRegisterMovesOnFromLostSYNsAfterTheSameTime(t *testing.T) {
	w := build(t).tcp()
	w.n1.DropSYN()
	w.boot().UntilAt(soon, w.n2)
	w.timesFrom(w.syns(w.n1, 1)[0].At, "REGISTER at the backup", w.seen(w.n2, "REGISTER", 1), limit)
}

// TCP never retransmits; the same time bounds the answer.
func TestRegisterMovesOnFromASilentTCPServerWithoutARetransmission(t *testing.T) {
	w := build(t).tcp()
	w.s1.Silence()
	w.boot().UntilAt(soon, w.n2)
	first := w.s1.Record.Requests("REGISTER")
	w.copies("REGISTER at the primary", first, 1)
	w.timesFrom(w.syns(w.n1, 1)[0].At, "connecting to the backup", w.syns(w.n2, 1), limit)
}

func TestRegisterMovesOnAtOnceFromANameThatDoesNotResolve(t *testing.T) {
	w := build(t)
	w.set("Register Addr:nowhere.invalid")
	p := w.boot()
	p.UntilAt(soon, w.n2)
	mark := time.Now()
	p.Register(1)
	next := w.awaitAfter(w.s2.Record, mark, "REGISTER", 1)[0]
	if d := next.At.Sub(mark); d > limit/2+w.Stall() {
		t.Errorf("the backup was asked after %v, want it at once", d)
	}
	p.UntilNotice(soon, "words", func(n lab.Notice) bool { return words(n.Text, "name of Server 1") })
}
