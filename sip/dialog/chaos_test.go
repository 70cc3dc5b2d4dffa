package dialog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/dialog"
	"phoned/sip/sdp"
)

// Whatever the user, the network and a hostile far side do in whatever order:
// the promises of the package hold.
func TestChaos(t *testing.T) {
	const seeds = 4000
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 7))
		script := make([]byte, 3*(5+r.IntN(60)))
		for i := range script {
			script[i] = byte(r.Uint32())
		}
		w := run(script)
		if len(w.faults) > 0 {
			t.Fatalf("seed %d:\n%s\n%s", seed, strings.Join(w.log, "\n"), strings.Join(w.faults, "\n"))
		}
	}
}

func FuzzCall(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 20, 4, 1})
	f.Add([]byte{1, 0, 0, 1, 0, 0, 3, 0, 0, 60, 3, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		if w := run(script); len(w.faults) > 0 {
			t.Fatalf("%s\n%s", strings.Join(w.log, "\n"), strings.Join(w.faults, "\n"))
		}
	})
}

// A world is everything around one call, and the judge of it.
type world struct {
	call     *dialog.Call
	outgoing bool
	now      time.Duration
	log      []string
	faults   []string

	started   bool
	ended     int
	open      map[dialog.Req]dialog.Send
	numbers   map[string]uint32     // last CSeq of ours, by the far side's tag
	asked     map[dialog.Ref]string // server transactions without final answer
	nextRef   dialog.Ref
	first     dialog.Ref      // their first INVITE
	unacked   dialog.Ref      // our 2xx that is not released
	confirmed map[string]bool // dialogs with a 2xx, by the far side's tag
	finished  map[string]bool // dialogs with a BYE from either side
	cancelled bool
	refused   bool // their first INVITE has a final failure
	failed    bool // our first INVITE has a final failure, or nobody took it
	farCSeq   uint32
	rseq      uint32 // of our last reliable provisional response
}

func run(script []byte) *world {
	w := &world{
		open: map[dialog.Req]dialog.Send{}, numbers: map[string]uint32{}, asked: map[dialog.Ref]string{},
		confirmed: map[string]bool{}, finished: map[string]bool{}, nextRef: 1, farCSeq: 100,
	}
	if len(script) == 0 {
		return w
	}
	script = script[:min(len(script), 400)] // a longer life shows nothing new
	w.outgoing = script[0]%2 == 0
	config := dialog.Config{
		CallID: "c", LocalTag: "us", Seed: uint64(script[0]),
		SessionTimer: script[0]&2 != 0, SessionExpires: time.Duration(script[0]&0x18) * 10 * time.Second, Reliable: script[0]&4 != 0,
	}
	if w.outgoing {
		w.call = dialog.NewOutgoing(config)
		w.step(dialog.Dial{Media: phone()})
	} else {
		w.call = dialog.NewIncoming(config)
		w.first = w.nextRef
		w.ask(sip.INVITE, script[0]>>1, 0)
	}
	for i := 1; i+2 < len(script) && len(w.faults) == 0; i += 3 {
		w.happen(script[i], script[i+1], script[i+2])
	}
	w.finish()
	return w
}

var (
	chaosStatus = []int{
		100, 180, 183, 200, 200, 202, 299, 302, 401, 404, 408, 422, 481, 486, 487, 488, 491, 500, 503, 603, 699, 0, -1, 99,
		700, 1 << 30, 180, 200, 491, 183, 422,
	}
	chaosTags    = []string{"bob", "desk", "hall", "", "bob"}
	chaosMethods = []sip.Method{
		sip.INVITE, sip.ACK, sip.BYE, sip.UPDATE, sip.INFO, sip.OPTIONS, sip.CANCEL, sip.PRACK, sip.REFER,
		sip.UnknownMethod, sip.Method(200), sip.INVITE, sip.ACK,
	}
	chaosBodies = []map[string]string{
		{},
		{"sdp": "sendrecv"},
		{"sdp": "sendonly"},
		{"sdp": "inactive"},
		{"sdp": "sendrecv@0"},
		{"sdp": "gsm"},
		{"sdp": "broken"},
		{"type": "text/plain", "body": "x"},
		{"type": "application/dtmf-relay", "body": "Signal=1"},
		{"type": "application/dtmf", "body": "#"},
		{"type": "multipart/mixed;boundary=b", "body": "--b|Content-Type:application/sdp||v=0|--b--"},
		{"sdp": "sendrecv"},
		{"sdp": "sendrecv@4008"},
		{"sdp": "recvonly"},
	}
)

// happen lets one thing happen.
func (w *world) happen(what, a, b byte) {
	switch what % 24 {
	case 0:
		w.step(dialog.Hangup{})
	case 1, 2:
		w.step(dialog.Ring{})
	case 3, 4:
		w.step(dialog.Answer{Media: phone()})
	case 5:
		w.step(dialog.Reject{Status: int(a) * 4})
	case 6:
		w.step(dialog.Hold{})
	case 7:
		w.step(dialog.Resume{})
	case 8:
		w.step(dialog.Refresh{})
	case 9:
		w.step(dialog.Info{Digit: a})
	case 10:
		media := phone()
		media.Port += uint16(a)
		w.step(dialog.Change{Media: media})
	case 11:
		w.failed = w.failed || a%8 == 1
		delete(w.open, dialog.Req(a%8))
		w.step(dialog.NoAnswer{Req: dialog.Req(a % 8)})
	case 12:
		w.step(dialog.Cancelled{Ref: dialog.Ref(a % 8)})
	case 13:
		w.step(dialog.Dial{Media: sdp.Local{}})
	case 14:
		w.call.Offer(phone().Addr)
		w.call.Matches("us", "bob")
		w.call.NextCSeq(dialog.Req(a))
	case 15, 16, 17:
		w.pass(time.Duration(a) * time.Duration(b) * 3 * time.Millisecond)
	case 18, 19, 20:
		w.ask(chaosMethods[int(a)%len(chaosMethods)], b, a)
	default:
		w.reply(dialog.Req(1+a%4), chaosStatus[int(b)%len(chaosStatus)], a>>2, b)
	}
}

// reply is a response to one of our requests, sensible or not.
func (w *world) reply(req dialog.Req, status int, a, b byte) {
	r := dialog.Response{
		Req: req, Status: status, CSeq: uint32(b % 5), ToTag: chaosTags[int(a)%len(chaosTags)],
		Contact: farContact, Unwanted: b%11 == 0, RetryAfter: time.Duration(b%4) * 5 * time.Second,
		RecordRoute: routes("p2,p1"), Allow: methods([]string{"", "UPDATE,INVITE", "INVITE"}[int(b)%3]),
	}
	r.ContentType, r.Body = body(chaosBodies[int(a^b)%len(chaosBodies)])
	r.Require, r.RSeq, r.Expiry = dialog.Tags(b%4), uint32(b>>4), chaosExpiry(a, b)
	r.Server = int(b % 3)
	sent, known := w.open[req]
	if status >= 200 && status <= 699 && (!r.Unwanted || req != 1 || !w.outgoing) {
		delete(w.open, req)
	}
	w.step(r)
	if !known && req != 1 || status < 200 || status > 699 {
		return
	}
	if again := w.did(func(act dialog.Action) bool {
		send, ok := act.(dialog.Send)
		return ok && send.Req == 1
	}); again && status != 422 {
		w.fault("the INVITE is sent again after %d", status)
	} else if status >= 300 && !r.Unwanted && req == 1 && !again {
		w.failed = true
	}
	// Every copy of every 2xx to an INVITE is acknowledged in the same step.
	if status < 300 && (req == 1 && w.outgoing || sent.Method == sip.INVITE) && !w.did(func(act dialog.Action) bool {
		ack, ok := act.(dialog.Ack)
		return ok && ack.Req == req
	}) {
		w.fault("a 2xx to INVITE %d has no ACK", req)
	}
	if status < 300 && req == 1 && w.outgoing {
		w.confirmed[r.ToTag] = true
	}
}

// chaosExpiry is a session interval, sensible or not.
func chaosExpiry(a, b byte) dialog.Expiry {
	return dialog.Expiry{
		Interval:  time.Duration(a%16) * 15 * time.Second,
		Refresher: dialog.Refresher(b % 4),
		Min:       time.Duration(b%8) * 30 * time.Second,
	}
}

// ask is a request that arrives.
func (w *world) ask(m sip.Method, a, b byte) {
	r := dialog.Request{
		Ref: w.nextRef, Method: m, CSeq: w.farCSeq - uint32(a%7/6)*3, FromTag: chaosTags[int(b>>4)%len(chaosTags)],
		Contact: farContact, RecordRoute: routes("p1,p2"),
	}
	if m != sip.ACK {
		w.farCSeq++
	} else {
		r.CSeq, r.Ref = w.farCSeq-1-uint32(a%2), 0
	}
	if w.started || w.outgoing {
		r.ToTag = []string{"us", "us", "us", "other"}[b%4]
	} else {
		r.FromTag = "bob"
	}
	r.ContentType, r.Body = body(chaosBodies[int(a)%len(chaosBodies)])
	r.Supported, r.Require, r.Expiry = dialog.Tags(a>>2%4), dialog.Tags(b>>3%4), chaosExpiry(b, a)
	r.RAck = dialog.RAck{RSeq: w.rseq + uint32(a%2), CSeq: 100, Method: sip.INVITE}
	if r.Ref != 0 {
		w.nextRef++
		w.asked[r.Ref] = m.String()
	}
	first := !w.started
	w.step(r)
	// All but the first INVITE are answered at once.
	if _, waits := w.asked[r.Ref]; waits && r.Ref != 0 && !first {
		w.fault("%v has no answer", m)
	}
	if m == sip.BYE && w.did(func(act dialog.Action) bool {
		answer, ok := act.(dialog.Respond)
		return ok && answer.Ref == r.Ref && answer.Status == 200
	}) {
		w.finished[r.FromTag] = true
	}
}

// pass lets time go by, with the ticks that were asked for.
func (w *world) pass(d time.Duration) {
	until := w.now + d
	for range 300 {
		at, ok := w.call.Deadline()
		if !ok || at > until {
			w.now = until
			return
		}
		w.now = max(w.now, at)
		w.step(dialog.Tick{})
		if next, ok := w.call.Deadline(); ok && next <= w.now {
			w.fault("the deadline %v does not go on", next)
			return
		}
	}
	w.fault("the deadlines have no end")
}

func (w *world) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf("FAULT at %v: ", w.now)+fmt.Sprintf(format, args...))
}

var last []dialog.Action

func (w *world) did(f func(dialog.Action) bool) bool { return slices.ContainsFunc(last, f) }

// step tells the call one event and judges what it does.
func (w *world) step(e dialog.Event) {
	w.log = append(w.log, fmt.Sprintf("%v %s", w.now, brief(e)))
	last = w.call.Step(w.now, e, nil)
	for _, act := range last {
		w.log = append(w.log, "\t"+brief(act))
		w.judge(act)
	}
	w.started = true
}

// brief is an event or action without the bytes of its body.
func brief(v any) string {
	text := fmt.Sprintf("%T %+v", v, v)
	if i := strings.Index(text, " Body:["); i >= 0 {
		if j := strings.Index(text[i:], "]"); j >= 0 {
			text = text[:i] + text[i+j+1:]
		}
	}
	return text
}
