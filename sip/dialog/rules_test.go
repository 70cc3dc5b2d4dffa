package dialog_test

import (
	"fmt"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/dialog"
)

// A desk is a call and what it did in the last step.
type desk struct {
	*dialog.Call
	now  time.Duration
	acts []dialog.Action
}

func (d *desk) step(e dialog.Event) []dialog.Action {
	d.acts = d.Step(d.now, e, nil)
	for _, a := range d.acts {
		if send, ok := a.(dialog.Send); ok {
			d.NextCSeq(send.Req)
		}
	}
	return d.acts
}

// did is the first action of one type in the last step.
func did[A dialog.Action](d *desk) (a A, ok bool) {
	for _, act := range d.acts {
		if a, ok := act.(A); ok {
			return a, true
		}
	}
	return a, false
}

func dialled(seed uint64) *desk {
	d := &desk{Call: dialog.NewOutgoing(dialog.Config{CallID: "c", LocalTag: "us", Seed: seed})}
	d.step(dialog.Dial{Media: phone()})
	return d
}

func ok(req dialog.Req, tag string) dialog.Response {
	r := dialog.Response{Req: req, Status: 200, CSeq: 1, ToTag: tag, Contact: farContact}
	r.ContentType, r.Body = body(map[string]string{"sdp": "sendrecv"})
	return r
}

func arrived(seed uint64, sdp string) *desk {
	d := &desk{Call: dialog.NewIncoming(dialog.Config{CallID: "c", LocalTag: "us", Seed: seed})}
	d.step(asked(sip.INVITE, 1, 1, sdp))
	return d
}

func asked(m sip.Method, ref dialog.Ref, cseq uint32, sdp string) dialog.Request {
	r := dialog.Request{Ref: ref, Method: m, CSeq: cseq, FromTag: "bob", ToTag: "us", Contact: farContact}
	r.ContentType, r.Body = body(map[string]string{"sdp": sdp})
	return r
}

// A hang-up is accepted at once in every state, and what the network is told is
// what that state wants.
func TestHangupInEveryState(t *testing.T) {
	type step = func(*desk)
	does := func(e dialog.Event) step { return func(d *desk) { d.step(e) } }
	tests := []struct {
		name  string
		desk  *desk
		steps []step
		want  string
	}{
		{"calling", dialled(1), nil, "cancel"},
		{"rung", dialled(1), []step{does(dialog.Response{Req: 1, Status: 180, ToTag: "bob"})}, "cancel"},
		{"up", dialled(1), []step{does(ok(1, "bob"))}, "BYE"},
		{"hold under way", dialled(1), []step{does(ok(1, "bob")), does(dialog.Hold{})}, "BYE"},
		{"waiting after a glare", dialled(1), []step{does(ok(1, "bob")), does(dialog.Hold{}), does(dialog.Response{Req: 2, Status: 491})}, "BYE"},
		{"digit under way", dialled(1), []step{does(ok(1, "bob")), does(dialog.Info{Digit: '1'})}, "BYE"},
		{"their hold not acknowledged", dialled(1), []step{does(ok(1, "bob")), does(asked(sip.INVITE, 5, 1, "sendonly"))}, "BYE"},
		{"incoming", arrived(1, "sendrecv"), nil, "486"},
		{"incoming, rung", arrived(1, "sendrecv"), []step{does(dialog.Ring{})}, "486"},
		{"answered and acknowledged", arrived(1, "sendrecv"), []step{does(dialog.Answer{Media: phone()}), does(asked(sip.ACK, 0, 1, ""))}, "BYE"},
		{"answered", arrived(1, "sendrecv"), []step{does(dialog.Answer{Media: phone()})}, "later"},
		{"answered with an offer", arrived(1, ""), []step{does(dialog.Answer{Media: phone()})}, "later"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := test.desk
			for _, s := range test.steps {
				s(d)
			}
			d.step(dialog.Hangup{})
			if _, ended := did[dialog.Ended](d); !ended {
				t.Error("the user is not free")
			}
			got := "later"
			if send, ok := did[dialog.Send](d); ok {
				got = send.Method.String()
			} else if _, ok := did[dialog.Cancel](d); ok {
				got = "cancel"
			} else if r, ok := did[dialog.Respond](d); ok {
				got = fmt.Sprint(r.Status)
			}
			if got != test.want {
				t.Errorf("the network is told %s, want %s", got, test.want)
			}
			if d.step(dialog.Hangup{}); len(d.acts) != 0 {
				t.Errorf("hung up again: %v", d.acts)
			}
		})
	}
}

// RFC 3261 §14.1: the waits after 491, for both roles.
func TestGlareWaits(t *testing.T) {
	for seed := range uint64(300) {
		for _, outgoing := range []bool{true, false} {
			low, high := time.Duration(0), 2*time.Second
			d := arrived(seed, "sendrecv")
			if outgoing {
				low, high = 2100*time.Millisecond, 4*time.Second
				d = dialled(seed)
				d.step(ok(1, "bob"))
			} else {
				d.step(dialog.Answer{Media: phone()})
				d.step(asked(sip.ACK, 0, 1, ""))
			}
			d.step(dialog.Hold{})
			invite, _ := did[dialog.Send](d)
			d.step(dialog.Response{Req: invite.Req, Status: 491})
			at, waits := d.Deadline()
			if !waits {
				// A wait of 0 is over at once.
				_, again := did[dialog.Send](d)
				waits = again
			}
			if !waits || at < 0 || at > high || at != 0 && at < low || at%(10*time.Millisecond) != 0 {
				t.Fatalf("seed %d, outgoing %v: waits %v until %v", seed, outgoing, waits, at)
			}
		}
	}
}

// Two sides that refuse each other for ever come to an end.
func TestGlareEnds(t *testing.T) {
	d := dialled(1)
	d.step(ok(1, "bob"))
	d.step(dialog.Hold{})
	for n := range 100 {
		invite, sent := did[dialog.Send](d)
		if !sent {
			if failed, ok := did[dialog.HoldFailed](d); !ok || failed.Status != 491 || n > 10 {
				t.Errorf("after %d offers: %v", n, d.acts)
			}
			return
		}
		d.step(dialog.Response{Req: invite.Req, Status: 491})
		if at, ok := d.Deadline(); ok {
			d.now = at
			d.step(dialog.Tick{})
		}
	}
	t.Error("it has no end")
}

// RFC 3261 §13.2.2: every failure is the result of the call.
func TestFailures(t *testing.T) {
	for _, status := range []int{300, 302, 400, 401, 403, 404, 407, 408, 480, 482, 486, 487, 488, 500, 503, 600, 603, 699} {
		d := dialled(1)
		d.step(dialog.Response{Req: 1, Status: status, Reason: "No", ToTag: "bob"})
		if ended, ok := did[dialog.Ended](d); !ok || ended != (dialog.Ended{ByRemote: true, Status: status, Reason: "No"}) {
			t.Errorf("%d: %v", status, d.acts)
		}
		if !d.Closed() {
			t.Errorf("%d: not closed", status)
		}
	}
}

// A far side that makes dialogs without end costs no memory without end, and
// every 2xx still gets its ACK.
func TestForkFlood(t *testing.T) {
	d := dialled(1)
	for n := range 100 {
		d.step(dialog.Response{Req: 1, Status: 180, ToTag: fmt.Sprint("early", n)})
	}
	d.step(ok(1, "bob"))
	if _, up := did[dialog.Established](d); !up {
		t.Fatalf("the answer found no place: %v", d.acts)
	}
	byes := 0
	for n := range 100 {
		d.step(ok(1, fmt.Sprint("fork", n)))
		if ack, ok := did[dialog.Ack](d); !ok || ack.Dialog.RemoteTag != fmt.Sprint("fork", n) {
			t.Fatalf("fork %d: %v", n, d.acts)
		}
		if _, ok := did[dialog.Send](d); ok {
			byes++
		}
	}
	if byes < 8 || byes > 16 {
		t.Errorf("%d dialogs were ended", byes)
	}
	known := 0
	for n := range 100 {
		for _, kind := range []string{"early", "fork"} {
			if d.Matches("us", fmt.Sprint(kind, n)) {
				known++
			}
		}
	}
	if known > 16 {
		t.Errorf("%d dialogs are kept", known)
	}
	if !d.Matches("us", "bob") || d.Matches("them", "bob") {
		t.Error("the call does not know itself")
	}
}

// Floods of other kinds.
func TestBounds(t *testing.T) {
	d := dialled(1)
	r := ok(1, "bob")
	for range 1000 {
		r.RecordRoute = append(r.RecordRoute, "<sip:p;lr>")
	}
	d.step(r)
	if up, _ := did[dialog.Established](d); len(up.Dialog.Routes) > 32 {
		t.Errorf("%d routes", len(up.Dialog.Routes))
	}
	for range 1000 {
		d.step(dialog.Info{Digit: '5'})
	}
	sent := 1
	for ; ; sent++ {
		d.step(dialog.Response{Req: dialog.Req(sent + 1), Status: 200})
		if _, more := did[dialog.Send](d); !more {
			break
		}
	}
	if sent > 65 {
		t.Errorf("%d digits of 1000 were kept", sent)
	}
}

// The ACK bears a number that we sent, whatever the response says; a CANCEL
// counts for its own transaction alone.
func TestForeignNumbers(t *testing.T) {
	d := dialled(1)
	r := ok(1, "bob")
	r.CSeq = 1 << 31
	d.step(r)
	if ack, _ := did[dialog.Ack](d); ack.CSeq != 1 {
		t.Errorf("ACK with CSeq %d", ack.CSeq)
	}
	d.step(dialog.Info{Digit: '1'})
	d.step(dialog.Hold{})
	r = ok(3, "bob")
	r.CSeq = 0
	d.step(r)
	if ack, _ := did[dialog.Ack](d); ack.CSeq != 3 {
		t.Errorf("ACK of the re-INVITE with CSeq %d", ack.CSeq)
	}
	in := arrived(1, "sendrecv")
	if in.step(dialog.Cancelled{Ref: 9}); len(in.acts) != 0 {
		t.Errorf("a foreign CANCEL: %v", in.acts)
	}
	if in.step(dialog.Cancelled{Ref: 1}); len(in.acts) == 0 {
		t.Error("our CANCEL did nothing")
	}
}

// A call that was held many times still knows its first answer: a copy of it is
// no second call to be ended.
func TestFirstAnswerRepeatedLate(t *testing.T) {
	d := dialled(1)
	d.step(ok(1, "bob"))
	for n := range dialog.Req(100) {
		if n%2 == 0 {
			d.step(dialog.Hold{})
		} else {
			d.step(dialog.Resume{})
		}
		d.step(ok(2+n, "bob"))
		if _, acked := did[dialog.Ack](d); !acked {
			t.Fatalf("re-INVITE %d: %v", n, d.acts)
		}
	}
	d.step(ok(1, "bob"))
	if ack, acked := did[dialog.Ack](d); !acked || !ack.Again || len(d.acts) != 1 {
		t.Errorf("a copy of the first answer: %v", d.acts)
	}
	d.step(ok(2, "bob"))
	if len(d.acts) != 0 {
		t.Errorf("all the ACKs of the call are kept: %v", d.acts)
	}
}

// What was handed out is never changed afterwards.
func TestSnapshots(t *testing.T) {
	d := dialled(1)
	r := ok(1, "bob")
	r.RecordRoute = []string{"<sip:p2;lr>", "<sip:p1;lr>"}
	d.step(r)
	snapshot, _ := d.Dialog()
	r.RecordRoute[0] = "<sip:evil;lr>"
	snapshot.Routes[0] = "<sip:mine;lr>"
	again, up := d.Dialog()
	if !up || again.Routes[0] != "<sip:p1;lr>" || again.Routes[1] != "<sip:p2;lr>" {
		t.Errorf("routes %q", again.Routes)
	}
	if _, ok := dialled(1).Dialog(); ok {
		t.Error("a dialog before any answer")
	}
}
