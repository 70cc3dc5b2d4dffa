package wire

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A repeated request is told once, and answered again by its transaction; the
// answer goes to the source, with rport and the tag of the phone.
func TestServerTransaction(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		text := arriving("OPTIONS", newBranch(), "UDP 192.168.9.9:7777;rport", "")
		pbx.write(t, text)
		got := next[request](t, h)
		pbx.write(t, text) // before the answer
		got.tx.SetTag("phones")
		if err := got.tx.Respond(got.tx.Response(200, "OK", []byte("x"))); err != nil {
			t.Fatal(err)
		}
		first := pbx.read(t, time.Second)
		pbx.write(t, text)
		second := pbx.read(t, time.Second)
		res := parsed(t, first)
		via := res.Via()
		if first != second || via.Params.GetOr("received", "") != "10.0.0.2" || via.Params.GetOr("rport", "") != "5060" ||
			res.To().Params.GetOr("tag", "") != "phones" {
			t.Errorf("first %q, second %q", first, second)
		}
		none(t, h, time.Minute)
		if w.transactions() != 0 {
			t.Error("the transaction is kept for ever")
		}
		got.tx.SetTag("late")
		if got.tx.Tag() != "phones" {
			t.Error("the tag changed after the answer")
		}
	})
}

// An INVITE: 100 by itself, 180, then 200, which only its owner repeats, also
// long after; the ACK goes up.
func TestInvite(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		branch := newBranch()
		text := arriving("INVITE", branch, "UDP 10.0.0.2", "Record-Route: <sip:10.0.0.2;lr>\r\n")
		pbx.write(t, text)
		got := next[request](t, h)
		if line := startLine(pbx.read(t, time.Second)); line != "SIP/2.0 100 Trying" {
			t.Errorf("by itself: %q", line)
		}
		respond := func(status int) {
			t.Helper()
			if err := got.tx.Respond(got.tx.Response(status, "Word", nil)); err != nil {
				t.Fatal(err)
			}
			answer := pbx.read(t, time.Second)
			if tag := parsed(t, answer).To().Params.GetOr("tag", ""); tag != got.tx.Tag() || !strings.Contains(answer, "Record-Route: <sip:10.0.0.2;lr>") {
				t.Errorf("tag %q in %q", tag, answer)
			}
		}
		respond(180)
		pbx.write(t, text)
		if line := startLine(pbx.read(t, time.Second)); line != "SIP/2.0 180 Word" {
			t.Errorf("to the repeated INVITE: %q", line)
		}
		respond(200)
		if line := pbx.read(t, 10*time.Second); line != "" {
			t.Errorf("200 is repeated by the transaction: %q", line)
		}
		respond(200)
		pbx.write(t, text) // RFC 6026 §7.1: absorbed
		pbx.write(t, arriving("ACK", newBranch(), "UDP 10.0.0.2", ""))
		pbx.write(t, arriving("ACK", branch, "UDP 10.0.0.2", "")) // as some old ones do
		for range 2 {
			if ack := next[request](t, h); ack.tx != nil || !ack.req.IsAck() {
				t.Errorf("told %+v", ack)
			}
		}
		time.Sleep(time.Minute)
		if w.transactions() != 0 {
			t.Error("the transaction is kept for ever")
		}
		respond(200) // the owner still waits for its ACK
		if err := got.tx.Respond(got.tx.Response(486, "Busy Here", nil)); err == nil {
			t.Error("refused after it was accepted")
		}
	})
}

// A refusal is repeated until the ACK, which stays below.
func TestRefusedInvite(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		branch := newBranch()
		pbx.write(t, arriving("INVITE", branch, "UDP 10.0.0.2", ""))
		got := next[request](t, h)
		if err := got.tx.Respond(got.tx.Response(486, "Busy Here", nil)); err != nil {
			t.Fatal(err)
		}
		pbx.read(t, time.Second)
		if line := startLine(pbx.read(t, 600*time.Millisecond)); line != "SIP/2.0 486 Busy Here" {
			t.Errorf("after T1: %q", line)
		}
		pbx.write(t, arriving("ACK", branch, "UDP 10.0.0.2", ""))
		if text := pbx.read(t, 10*time.Second); text != "" {
			t.Errorf("after the ACK: %q", text)
		}
		none(t, h, time.Minute)
	})
}

// CANCEL is answered with the INVITE's tag and told once; after the final answer
// it changes nothing; without an INVITE it gets 481.
func TestCancel(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		branch := newBranch()
		pbx.write(t, arriving("INVITE", branch, "UDP 10.0.0.2", ""))
		got := next[request](t, h)
		got.tx.SetTag("phones")
		if err := got.tx.Respond(got.tx.Response(180, "Ringing", nil)); err != nil {
			t.Fatal(err)
		}
		pbx.read(t, time.Second)
		cancel := arriving("CANCEL", branch, "UDP 10.0.0.2", "")
		pbx.write(t, cancel)
		ok := pbx.read(t, time.Second)
		if startLine(ok) != "SIP/2.0 200 OK" || parsed(t, ok).To().Params.GetOr("tag", "") != "phones" {
			t.Errorf("to CANCEL: %q", ok)
		}
		if c := next[cancelled](t, h); c.tx != got.tx {
			t.Error("another INVITE is cancelled")
		}
		pbx.write(t, cancel)
		if again := pbx.read(t, time.Second); again != ok {
			t.Errorf("to the repeated CANCEL: %q", again)
		}
		if err := got.tx.Respond(got.tx.Response(487, "Request Terminated", nil)); err != nil {
			t.Fatal(err)
		}
		pbx.read(t, time.Second)
		pbx.write(t, arriving("ACK", branch, "UDP 10.0.0.2", ""))
		pbx.write(t, arriving("CANCEL", newBranch(), "UDP 10.0.0.2", ""))
		if line := startLine(pbx.read(t, time.Second)); line != "SIP/2.0 481 Call/Transaction Does Not Exist" {
			t.Errorf("to a CANCEL of nothing: %q", line)
		}
		none(t, h, time.Minute)
	})
}

// Flawed requests of a server are refused and forgotten; flawed responses are
// dropped. None goes up.
func TestFlawedMessages(t *testing.T) {
	good := arriving("INVITE", "z9hG4bKx", "UDP 10.0.0.2", "Record-Route: <sip:a;lr>\r\n")
	change := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not there", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	requests := map[string]string{ // the text, and the status that answers it
		change(";tag=bobs", ""):                                      "400",
		change("7 INVITE", "7 OPTIONS"):                              "400",
		change("sip:a;lr", "::A0"):                                   "400",
		change("<sip:bob@127.0.0.1>", "<tel:1>"):                     "400",
		change("Contact: <sip:bob@127.0.0.1>\r\n", ""):               "400",
		change("<sip:bob@127.0.0.1>", "*"):                           "400",
		change("z9hG4bKx", "old"):                                    "400",
		change("From:", "From: <sip:x@y>;tag=z\r\nFrom:"):            "400",
		change("sip:alice@127.0.0.1 SIP/2.0", "tel:1 SIP/2.0"):       "416",
		change("sip:alice@127.0.0.1 SIP/2.0", "sip: SIP/2.0"):        "400",
		change("127.0.0.1 SIP/2.0", "127.0.0.1 SIP/7.0"):             "505",
		change("Max-Forwards", strings.Repeat("A: b\r\n", 300)+"M"):  "",
		change("From: <sip:bob@pbx.example>;tag=bobs\r\n", ""):       "",
		change("INVITE sip", "sip"):                                  "",
		change("CSeq: 7", "CSeq: -7"):                                "",
		strings.ReplaceAll(change(";tag=bobs", ""), "INVITE", "ACK"): "",
	}
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		for text, status := range requests {
			pbx.write(t, text)
			answer := pbx.read(t, time.Second)
			if got, _, _ := strings.Cut(strings.TrimPrefix(startLine(answer), "SIP/2.0 "), " "); got != status {
				t.Errorf("%q, want %q: to %q", got, status, text)
			}
		}
		f := flight(pbxUDP, "INVITE")
		w.Start(f)
		ok := reply(t, pbx.read(t, time.Second), 200, "Record-Route: <sip:a;lr>", "Contact: <sip:b@c>")
		for old, new := range map[string]string{
			"200":               "99",
			"sip:a;lr":          "::A0",
			"<sip:b@c>":         "<tel:1>",
			";tag=from-tag":     "",
			"Call-ID":           "X",
			"Via: ":             "Via: SIP/2.0/UDP other;branch=z9hG4bKother\r\nVia: ",
			"From: ":            "Via: SIP/2.0/UDP other;branch=z9hG4bKother\r\nFrom: ",
			"CSeq: 1 INVITE":    "CSeq: 1 REGISTER",
			"SIP/2.0 200":       "SIP/3.0 200",
			"Content-Length: 0": "Content-Length: 9",
		} {
			if !strings.Contains(ok, old) {
				t.Fatalf("%q is not in %q", old, ok)
			}
			pbx.write(t, strings.Replace(ok, old, new, 1))
		}
		none(t, h, time.Second)
		pbx.write(t, ok)
		next[response](t, h)
	})
}

// With every place taken by requests that wait for an answer, new ones are
// turned away without memory; answered ones make room.
func TestFlood(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		var waiting []request
		for range maxServerTx {
			pbx.write(t, arriving("INFO", newBranch(), "UDP 10.0.0.2", ""))
			waiting = append(waiting, next[request](t, h))
		}
		pbx.write(t, arriving("INVITE", newBranch(), "UDP 10.0.0.2", ""))
		if text := pbx.read(t, time.Second); !strings.HasPrefix(text, "SIP/2.0 503") || !strings.Contains(text, "Retry-After: 5") {
			t.Errorf("answer %q", text)
		}
		if err := waiting[100].tx.Respond(waiting[100].tx.Response(200, "OK", nil)); err != nil {
			t.Fatal(err)
		}
		pbx.read(t, time.Second)
		pbx.write(t, arriving("INVITE", newBranch(), "UDP 10.0.0.2", ""))
		next[request](t, h)
		if n := w.transactions(); n != maxServerTx {
			t.Errorf("%d transactions", n)
		}
	})
}

// A panic above is caught, and the next message is handled.
func TestPanicAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNews(quiet)
		done := make(chan struct{})
		var after bool
		go n.run(done)
		n.push(false, func() { panic("above") })
		n.push(false, func() { after = true })
		synctest.Wait()
		if !after {
			t.Error("the news ended")
		}
		close(done)
	})
}

// What nobody answers is forgotten when its sender has given up; a call that
// rings is not. Who is no server hears nothing, not even the automatic 100, until
// the phone has chosen to answer.
func TestLeftWithoutAnswer(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		requests := func() (invite *ServerTx, branch string) {
			branch = newBranch()
			pbx.write(t, arriving("INVITE", branch, "UDP 10.0.0.2", ""))
			invite = next[request](t, h).tx
			pbx.write(t, arriving("BYE", newBranch(), "UDP 10.0.0.2", ""))
			next[request](t, h)
			return invite, branch
		}
		requests()
		ringing, _ := requests()
		if err := ringing.Respond(ringing.Response(180, "Ringing", nil)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(patience + time.Second)
		if n := w.transactions(); n != 1 {
			t.Errorf("%d transactions, want the call that rings", n)
		}
		for pbx.read(t, time.Second) != "" {
			continue
		}

		w.SetServers(nil)
		w.SetPeers([]netip.Addr{pbxAddr.Addr()})
		_, branch := requests()
		pbx.write(t, arriving("CANCEL", branch, "UDP 10.0.0.2", ""))
		pbx.write(t, arriving("CANCEL", newBranch(), "UDP 10.0.0.2", ""))
		pbx.write(t, strings.Replace(arriving("OPTIONS", newBranch(), "UDP 10.0.0.2", ""), ";tag=bobs", "", 1))
		if text := pbx.read(t, time.Minute); text != "" {
			t.Errorf("a dialog's peer hears %q", text)
		}
		if n := w.transactions(); n != 1 {
			t.Errorf("%d transactions, want the call that rings", n)
		}
		invite, branch := requests()
		if err := invite.Respond(invite.Response(180, "Ringing", nil)); err != nil {
			t.Fatal(err)
		}
		if line := startLine(pbx.read(t, time.Second)); line != "SIP/2.0 180 Ringing" {
			t.Errorf("answer %q", line)
		}
		pbx.write(t, arriving("CANCEL", branch, "UDP 10.0.0.2", ""))
		if line := startLine(pbx.read(t, time.Second)); line != "SIP/2.0 200 OK" {
			t.Errorf("to CANCEL %q", line)
		}
		next[cancelled](t, h)
	})
}

// The end of the wire ends every server transaction, and with it its timers.
func TestCloseEndsEveryTransaction(t *testing.T) {
	virtual(t, func(t *testing.T, w *Wire, h *told, pbx memoryServer) {
		for range 6 {
			pbx.write(t, arriving("INVITE", newBranch(), "UDP 10.0.0.2", ""))
			next[request](t, h)
		}
		w.Close()
		if n := w.transactions(); n != 0 {
			t.Errorf("%d transactions outlive the wire", n)
		}
	})
}
