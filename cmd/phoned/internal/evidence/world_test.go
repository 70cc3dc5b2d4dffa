//go:build linux

package evidence

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/sip/siptest"
)

// TestMain lets more tests run at once than there are processors: nearly all of
// their time is waiting.
func TestMain(m *testing.M) {
	flag.Parse()
	parallel := flag.Lookup("test.parallel")
	if parallel.Value.String() == parallel.DefValue {
		if err := flag.Set("test.parallel", "8"); err != nil {
			fmt.Fprintln(os.Stderr, "evidence:", err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// The short timers, and what follows from them.
const (
	t1     = 100 * time.Millisecond
	t2     = 800 * time.Millisecond
	limit  = 700 * time.Millisecond // of two retransmissions: t1 + 2*t1 + 4*t1
	last   = 64 * t1                // of the last server
	prompt = 50 * time.Millisecond  // "at once"
	soon   = 10 * time.Second       // for what is sure to come; never waited out
)

// A world is a phone's desk and two servers.
type world struct {
	*lab.Lab
	n1, n2, desk *lab.Node
	s1, s2       *siptest.Server
	line         lab.Line
}

// build makes the network and its servers; change alters the servers' settings.
// They take user 100 without a password unless told otherwise, take every call
// themselves, and know no other number.
func build(t *testing.T, change ...func(*siptest.Config)) *world {
	t.Helper()
	t.Parallel()
	l := lab.New(t)
	w := &world{Lab: l, n1: l.Node("s1"), n2: l.Node("s2"), desk: l.Node("phone")}
	for i, n := range []*lab.Node{w.n1, w.n2} {
		cfg := siptest.Config{Users: map[string]string{"100": "secret"}, NoAuth: true, Seed: uint64(i), Rules: party()}
		for _, f := range change {
			f(&cfg)
		}
		s := n.Server(cfg)
		if i == 0 {
			w.s1 = s
		} else {
			w.s2 = s
		}
		w.meet(n, s)
	}
	w.line = lab.Line{Primary: w.n1, Backup: w.n2, More: []string{
		"Session Timer T1:100", "Session Timer T2:800", "Signal Retry Counts:2", "NAT UDPUpdate:0",
	}}
	return w
}

// meet waits until a datagram from the desk has come to a server. The first one
// through a new bridge may be lost, and ARP asks again only after a second:
// longer than the short timers wait.
func (w *world) meet(n *lab.Node, s *siptest.Server) {
	w.T.Helper()
	pc, err := w.desk.ListenPacket(netip.AddrPortFrom(w.desk.Addr, 0))
	if err != nil {
		w.T.Fatal(err)
	}
	defer func() { _ = pc.Close() }()
	if _, err := pc.WriteTo([]byte("\r\n\r\n"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(n.Addr, 5060))); err != nil {
		w.T.Fatal(err)
	}
	w.until(soon, "a first datagram from the desk", s.Record, func(es siptest.Entries) siptest.Entries { return es }, 1)
	s.Record.Reset()
}

// server is the scripted server of a node.
func (w *world) server(n *lab.Node) *siptest.Server {
	if n == w.n2 {
		return w.s2
	}
	return w.s1
}

// says tells whether the screen shows all words, in any case.
func says(s lab.State, all ...string) bool { return words(strings.Join(s.Screen, " "), all...) }

// set adds settings of the line, "Failback Interval:1"; the last of a key counts.
func (w *world) set(more ...string) *world {
	w.line.More = append(w.line.More, more...)
	return w
}

// boot starts the phone with the line.
func (w *world) boot() *lab.Phone {
	w.T.Helper()
	return w.desk.Phone(lab.Settings([]lab.Line{w.line}), "null")
}

// ready starts the phone and waits until it is registered at the primary.
func (w *world) ready() *lab.Phone {
	w.T.Helper()
	p := w.boot()
	p.UntilAt(soon, w.n1)
	return p
}

// party are rules that make a server the far party of every call: it rings,
// answers, and takes the hang-up.
func party() []siptest.Rule {
	return []siptest.Rule{
		{Method: "INVITE", Steps: takes(0)},
		{Method: "BYE", Steps: siptest.Reply(200)},
	}
}

// takes rings and takes the call, the first step after a time.
func takes(after time.Duration) []siptest.Step {
	return []siptest.Step{{After: after, Status: 180}, {After: 20 * time.Millisecond, Status: 200, Body: sdp}}
}

// sdp is the description of a party that hears and says nothing.
const sdp = "v=0\r\no=far 1 1 IN IP4 10.77.0.200\r\ns=-\r\nc=IN IP4 10.77.0.200\r\nt=0 0\r\n" +
	"m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"

// silent is what a server does that takes a request and says nothing.
func silent(method string) siptest.Rule { return siptest.Rule{Method: method} }

// reply answers every request of a method with a status.
func reply(method string, status int, headers ...string) siptest.Rule {
	return siptest.Rule{Method: method, Steps: siptest.Reply(status, headers...)}
}

// call dials and waits until the call is up.
func (w *world) call(p *lab.Phone) {
	w.T.Helper()
	p.Dial("600")
	p.UntilCall(soon, "up")
}

// await waits until at least k requests of the method have come to a server's
// record, and returns them. A copy counts as what it is a copy of.
func (w *world) await(r *siptest.Record, method string, k int) siptest.Entries {
	w.T.Helper()
	return w.awaitAfter(r, time.Time{}, method, k)
}

// awaitAfter counts only those after a time.
func (w *world) awaitAfter(r *siptest.Record, mark time.Time, method string, k int) siptest.Entries {
	w.T.Helper()
	return w.until(soon, fmt.Sprintf("%d %s", k, method), r, func(es siptest.Entries) siptest.Entries {
		return firsts(es.Received().Requests(method).After(mark))
	}, k)
}

// firsts are the entries without copies over the same way: a machine that is
// late makes the phone send one, which is nobody's fault.
func firsts(es siptest.Entries) siptest.Entries {
	seen := map[string]bool{}
	return es.Select(func(e siptest.Entry) bool {
		key := e.Method + " " + e.Message.Branch + " " + e.From.String()
		defer func() { seen[key] = true }()
		return !seen[key]
	})
}

// seen waits until the capture at a node has k requests of the method: those too
// that a fault keeps from the server there.
func (w *world) seen(n *lab.Node, method string, k int) siptest.Entries {
	w.T.Helper()
	return w.seenAfter(time.Time{}, n, method, k)
}

// seenAfter counts only those after a time.
func (w *world) seenAfter(mark time.Time, n *lab.Node, method string, k int) siptest.Entries {
	w.T.Helper()
	return w.until(soon, fmt.Sprintf("%d datagrams with %s", k, method), &n.Capture, func(es siptest.Entries) siptest.Entries {
		return es.Received().Requests(method).After(mark)
	}, k)
}

// syns waits until there were k attempts to open a connection to a node.
func (w *world) syns(n *lab.Node, k int) siptest.Entries {
	w.T.Helper()
	return w.until(soon, "an attempt to connect to "+n.Name, &n.Capture, func(es siptest.Entries) siptest.Entries {
		return es.Received().Select(func(e siptest.Entry) bool { return e.Fate == lab.SYN })
	}, k)
}

// until waits until at least k entries are among those that pick chooses.
func (w *world) until(within time.Duration, what string, r *siptest.Record, pick func(siptest.Entries) siptest.Entries, k int) siptest.Entries {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(w.T.Context(), within)
	defer cancel()
	var found siptest.Entries
	err := r.Wait(ctx, func(es siptest.Entries) bool {
		found = pick(es)
		return len(found) >= k
	})
	if err != nil {
		w.T.Fatalf("not within %v: %s: %v", within, what, err)
	}
	return found
}

// exactly fails the test unless k requests are there, copies not counted.
func (w *world) exactly(what string, es siptest.Entries, k int) {
	w.T.Helper()
	if len(firsts(es)) != k {
		w.T.Errorf("%d %s, want %d\n%s", len(es), what, k, es)
	}
}

// quiet fails the test if a request comes to the record within a time from now.
func (w *world) quiet(d time.Duration, what string, r *siptest.Record, methods ...string) {
	w.T.Helper()
	w.quietAfter(time.Now(), d, what, r, methods...)
}

// quietAfter is quiet for requests later than a mark, of the methods; of any if
// none is named.
func (w *world) quietAfter(mark time.Time, d time.Duration, what string, r *siptest.Record, methods ...string) {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(w.T.Context(), d)
	defer cancel()
	var found siptest.Entries
	if r.Wait(ctx, func(es siptest.Entries) bool {
		found = es.Received().Requests("").After(mark).Select(func(e siptest.Entry) bool {
			return len(methods) == 0 || slices.Contains(methods, e.Method)
		})
		return len(found) > 0
	}) == nil {
		w.T.Errorf("%s:\n%s", what, found)
	}
}

// slack is how much later than due something may be seen, beside what this
// machine itself is late.
const slack = 60 * time.Millisecond

// times fails the test unless the entries came at the times, counted from the
// first one. A late machine may have delayed any of them, the first one too.
func (w *world) times(what string, es siptest.Entries, want ...time.Duration) {
	w.T.Helper()
	if len(es) == 0 {
		w.T.Errorf("no %s, want them at %v", what, want)
		return
	}
	w.timesFrom(es[0].At, what, es, want...)
}

func (w *world) timesFrom(start time.Time, what string, es siptest.Entries, want ...time.Duration) {
	w.T.Helper()
	if got := es.OffsetsFrom(start); !slices.EqualFunc(got, want, w.near) {
		w.T.Errorf("%s at %v, want %v (this machine was late by up to %v)\n%s", what, got, want, w.Stall(), es)
	}
}

func (w *world) near(got, want time.Duration) bool {
	return got > want-5*time.Millisecond-w.Stall() && got < want+slack+w.Stall()
}

// atOnce fails the test unless b came right after a.
func (w *world) atOnce(what string, a, b siptest.Entry) {
	w.T.Helper()
	if d := b.At.Sub(a.At); d > prompt+w.Stall() {
		w.T.Errorf("%s after %v, want it at once (this machine was late by up to %v)", what, d, w.Stall())
	}
}

// copies fails the test unless the entries are k copies of one request.
func (w *world) copies(what string, es siptest.Entries, k int) {
	w.T.Helper()
	if k == 1 && w.Stall() > t1/2 {
		es = firsts(es) // whoever should have kept the phone from a copy may have been late
	}
	if len(es) != k || len(es.Branches()) != 1 {
		w.T.Errorf("%s: %d datagrams, %d branches; want %d copies of one request\n%s", what, len(es), len(es.Branches()), k, es)
	}
}

// sameCall fails the test unless next is the INVITE first at another server: a
// new transaction of the same call.
func (w *world) sameCall(first, next siptest.Entry) {
	w.T.Helper()
	a, b := first.Message, next.Message
	if b.Branch == a.Branch {
		w.T.Errorf("the INVITE at the next server has the branch of the first one: %s", a.Branch)
	}
	if b.CallID != a.CallID || b.FromTag != a.FromTag || b.CSeq != a.CSeq || b.ToTag != "" {
		w.T.Errorf("not the same call: Call-ID %s %s, From tag %s %s, CSeq %d %d, To tag %q",
			a.CallID, b.CallID, a.FromTag, b.FromTag, a.CSeq, b.CSeq, b.ToTag)
	}
}

// told waits for a notice of the severity with the words, in any case.
func (w *world) told(p *lab.Phone, within time.Duration, severity string, words ...string) lab.Notice {
	w.T.Helper()
	return p.UntilNotice(within, severity+" "+strings.Join(words, ", "), func(n lab.Notice) bool {
		return n.Severity == severity && !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(n.Text, word) })
	})
}
