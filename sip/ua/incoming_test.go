package ua

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

const serverActor = "10.0.0.4:5060"

// scripted runs a story in which the line's only server is an actor.
func scripted(t *testing.T, play func(a *actor, m siptest.Message), f func(b *bench, a *actor)) {
	t.Helper()
	story(t, func(b *bench) {
		a := b.actor(serverActor)
		a.registrar(func(m siptest.Message) {
			if play != nil {
				play(a, m)
			}
		})
		b.config.Lines[0].Failover.Servers = b.config.Lines[0].Failover.Servers[:1]
		b.config.Lines[0].Failover.Servers[0].Host = a.addr.Addr().String()
		b.run()
		b.registered(1, time.Second)
		f(b, a)
	})
}

func statuses(es siptest.Entries, method string) []int {
	var out []int
	for _, e := range es.Responses(method) {
		out = append(out, e.Message.Status)
	}
	return out
}

func TestStrangersLearnNothing(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		id := b.call("600")
		stranger := b.actor("10.0.0.66:5060")
		for _, method := range []string{"INVITE", "OPTIONS", "REGISTER", "BYE", "NOTIFY", "CANCEL", "FOO"} {
			stranger.say(stranger.request(method, "z9hG4bK"+method, "x-"+method, "a", "", 1))
			stranger.say(stranger.request(method, "z9hG4bK2"+method, "y-"+method, "a", "b", 1))
		}
		stranger.say("\r\n\r\n")
		time.Sleep(40 * time.Second)
		b.same("heard", len(stranger.hears()), 0)
		none[Incoming](b, nil)
		none[Ended](b, func(e Ended) bool { return e.Call == id })
	})
}

func TestWhatAServerMayAsk(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   func(a *actor) string
		method string
		status int
		header string // that must be there
	}{
		{"OPTIONS", func(a *actor) string { return a.request("OPTIONS", "z9hG4bK1", "c", "f", "", 1) }, "OPTIONS", 200, "Allow"},
		{"REGISTER", func(a *actor) string { return a.request("REGISTER", "z9hG4bK1", "c", "f", "", 1) }, "REGISTER", 405, "Allow"},
		{"MESSAGE", func(a *actor) string { return a.request("MESSAGE", "z9hG4bK1", "c", "f", "", 1) }, "MESSAGE", 405, "Allow"},
		{"REFER", func(a *actor) string { return a.request("REFER", "z9hG4bK1", "c", "f", "", 1) }, "REFER", 405, "Allow"},
		{"NOTIFY", func(a *actor) string {
			return a.request("NOTIFY", "z9hG4bK1", "c", "f", "", 1, "Event: check-sync")
		}, "NOTIFY", 489, ""},
		{"unknown method", func(a *actor) string { return a.request("FOO", "z9hG4bK1", "c", "f", "", 1) }, "FOO", 501, ""},
		{"BYE to no call", func(a *actor) string { return a.request("BYE", "z9hG4bK1", "c", "f", "t", 1) }, "BYE", 481, ""},
		{"INFO to no call", func(a *actor) string { return a.request("INFO", "z9hG4bK1", "c", "f", "", 1) }, "INFO", 481, ""},
		{"an extension", func(a *actor) string {
			return a.request("INVITE", "z9hG4bK1", "c", "f", "", 1, "Require: 100rel, timer")
		}, "INVITE", 420, "Unsupported"},
		{"packed body", func(a *actor) string {
			return a.request("INVITE", "z9hG4bK1", "c", "f", "", 1, "Content-Encoding: gzip", description(a.addr.Addr()))
		}, "INVITE", 415, "Accept-Encoding"},
		{"an offer of video only", func(a *actor) string {
			return a.request("INVITE", "z9hG4bK1", "c", "f", "", 1, "body:v=0\r\no=- 1 1 IN IP4 10.0.0.4\r\ns=-\r\nc=IN IP4 10.0.0.4\r\nt=0 0\r\nm=video 6000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")
		}, "INVITE", 488, ""},
		{"a codec nobody has", func(a *actor) string {
			return a.request("INVITE", "z9hG4bK1", "c", "f", "", 1, "body:v=0\r\no=- 1 1 IN IP4 10.0.0.4\r\ns=-\r\nc=IN IP4 10.0.0.4\r\nt=0 0\r\nm=audio 6000 RTP/AVP 18\r\n")
		}, "INVITE", 488, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			scripted(t, nil, func(b *bench, a *actor) {
				a.say(c.text(a))
				answers := a.hears().Responses(c.method)
				if len(answers) == 0 {
					b.fail("no answer")
				}
				last := answers[len(answers)-1].Message
				b.same("status", last.Status, c.status)
				b.same("a To tag", last.ToTag != "", true)
				if c.header != "" {
					b.same(c.header, last.Header(c.header) != "", true)
				}
				none[Incoming](b, nil)
			})
		})
	}
}

func TestANumberThatIsNoLineIsNotFound(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		a.say("INVITE sip:carol@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4:5060;branch=z9hG4bKq\nFrom: <sip:bob@10.0.0.4>;tag=f\nTo: <sip:carol@10.0.0.4>\nCall-ID: c\nCSeq: 1 INVITE\nContact: <sip:bob@10.0.0.4>\nContent-Length: 0\n\n")
		b.same("status", statuses(a.hears(), "INVITE"), []int{404})
	})
}

func TestALineTakesCallsFromItsOwnServersOnly(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		bob := b.config.Lines[0]
		bob.Number, bob.User, bob.Password = 2, "bob", "hidden"
		bob.Failover.Servers = serversOf(primaryAddr.Addr().String())
		b.phone.Do(Reload{Lines: []Line{b.config.Lines[0], bob}})
		next(b, 5*time.Second, func(s LineState) bool { return s.Line == 2 && s.Phase == failover.Registered })
		text := strings.ReplaceAll(a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, description(a.addr.Addr())), "sip:alice@", "sip:bob@")
		a.say(text)
		b.same("status", statuses(a.hears(), "INVITE"), []int{404})
	})
}

func TestAContactThatCanNotBeAddressedMakesNoCall(t *testing.T) {
	for _, contact := range []string{"<sip:a b@10.0.0.4>", "<sip:a\x01@10.0.0.4>", "<sip:bob@10.0.0.4;x=a b>"} {
		scripted(t, nil, func(b *bench, a *actor) {
			a.say(a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, "Contact: "+contact, description(a.addr.Addr())))
			synctest.Wait()
			for _, h := range b.heard {
				if in, ok := h.Event.(Incoming); ok {
					b.phone.Do(Answer{Call: in.Call, Media: media(4000)})
					time.Sleep(40 * time.Second) // no ACK: BYE
				}
			}
			for _, m := range a.hears() {
				b.same("well formed", m.Valid, true)
			}
			none[Established](b, nil)
		})
	}
}

func TestTheSameCallRingsOnce(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		sdp := description(a.addr.Addr())
		a.say(a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, sdp))
		in := next[Incoming](b, time.Second, nil)
		b.same("name", []string{in.Number, in.Name}, []string{"bob", "Bob"})
		// Another path brings the same INVITE (RFC 3261 §8.2.2.2).
		a.say(a.request("INVITE", "z9hG4bKtwo", "c", "f", "", 1, sdp))
		b.same("merged", a.hears().Branch("z9hG4bKtwo").Status(482)[0].Message.Status, 482)
		none[Incoming](b, nil)
		b.phone.Do(Hangup{Call: in.Call})
		next[Ended](b, time.Second, nil)
		// Also when the first copy is over already.
		a.say(a.request("INVITE", "z9hG4bKthree", "c", "f", "", 1, sdp))
		b.same("merged late", len(a.hears().Branch("z9hG4bKthree").Status(482)), 1)
		// A new attempt of the same caller is a new call.
		a.say(a.request("INVITE", "z9hG4bKfour", "c", "f", "", 2, sdp))
		next[Incoming](b, time.Second, nil)
	})
}

func TestTheSameCallOverBothServersRingsOnce(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		far := b.party.Call("600", "alice", primaryAddr, backupAddr)
		in := next[Incoming](b, time.Second, nil)
		b.phone.Do(Ring{Call: in.Call})
		synctest.Wait()
		none[Incoming](b, nil)
		b.same("482 for the second copy", len(b.primary.Record.Responses("INVITE").Status(482))+len(b.backup.Record.Responses("INVITE").Status(482)), 1)
		b.phone.Do(Answer{Call: in.Call, Media: media(4002)})
		next[Established](b, time.Second, nil)
		b.same("the far party", far.State(), siptest.Up)
	})
}

func TestA200IsRepeatedUntilTheACK(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		a.say(a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, description(a.addr.Addr())))
		in := next[Incoming](b, time.Second, nil)
		b.phone.Do(Answer{Call: in.Call, Media: media(4002)})
		time.Sleep(2 * time.Second)
		ok := a.hears().Responses("INVITE").Status(200)
		b.same("copies", len(ok), 3) // 0, 0.5, 1.5 s
		b.same("Contact", ok[0].ContactTo, "sip:alice@10.0.0.1:5060")
		tag := ok[0].ToTag
		a.say(a.request("ACK", "z9hG4bKack", "c", "f", tag, 1))
		time.Sleep(10 * time.Second)
		b.same("no more copies", len(a.hears().Responses("INVITE").Status(200)), 3)
		a.say(a.request("BYE", "z9hG4bKbye", "c", "f", tag, 2))
		e := next[Ended](b, time.Second, nil)
		b.same("by the far side", e.ByRemote, true)
		b.same("answered", statuses(a.hears(), "BYE"), []int{200})
	})
}

func TestRequestsInsideADialogMayComeFromTheFarSideItself(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		far := b.actor("10.0.0.77:5060")
		invite := a.request("INVITE", "z9hG4bKone", "c", "f", "", 1, "Contact: <sip:bob@10.0.0.77:5060>", description(far.addr.Addr()))
		a.say(invite)
		in := next[Incoming](b, time.Second, nil)
		b.phone.Do(Answer{Call: in.Call, Media: media(4002)})
		tag := a.hears().Responses("INVITE").Status(200)[0].ToTag
		a.say(a.request("ACK", "z9hG4bKack", "c", "f", tag, 1, "Contact: <sip:bob@10.0.0.77:5060>"))
		next[Established](b, time.Second, nil)

		far.say(far.request("OPTIONS", "z9hG4bKo", "other", "f", "", 1))
		far.say(far.request("BYE", "z9hG4bKw", "c", "wrong", tag, 3))
		b.same("what is not of the dialog is not answered", len(far.hears()), 0)
		// The far side of another call knows as little as any stranger.
		a.say(a.request("INVITE", "z9hG4bKtwo", "d", "g", "", 1, "Contact: <sip:eve@10.0.0.88:5060>", description(far.addr.Addr())))
		second := next[Incoming](b, time.Second, nil)
		b.phone.Do(Answer{Call: second.Call, Media: media(4004)})
		a.say(a.request("ACK", "z9hG4bKack2", "d", "g", a.hears().Responses("INVITE").CallID("d").Status(200)[0].ToTag, 1))
		next[Established](b, time.Second, nil)
		eve := b.actor("10.0.0.88:5060")
		eve.say(eve.request("BYE", "z9hG4bKe", "c", "f", tag, 5))
		b.same("another call's far side", len(eve.hears()), 0)
		none[Ended](b, nil)

		far.say(far.request("BYE", "z9hG4bKb", "c", "f", tag, 4))
		b.same("what is of it is", statuses(far.hears(), "BYE"), []int{200})
		b.same("ended", next[Ended](b, time.Second, nil).Call, in.Call)
	})
}

func TestACallRingsAtTheLineItIsFor(t *testing.T) {
	story(t, func(b *bench) {
		bob := b.config.Lines[0]
		bob.Number, bob.User, bob.Password = 2, "bob", "hidden"
		b.config.Lines = append(b.config.Lines, bob)
		b.run()
		next(b, time.Second, func(s LineState) bool { return s.Line == 2 && s.Phase == failover.Registered })
		b.party.Call("600", "bob", primaryAddr)
		b.same("line", next[Incoming](b, time.Second, nil).Line, 2)
		b.party.Call("600", "alice", primaryAddr)
		b.same("line", next[Incoming](b, time.Second, nil).Line, 1)
	})
}

func TestTheWordsOfStrangersAreCleaned(t *testing.T) {
	scripted(t, nil, func(b *bench, a *actor) {
		text := strings.Replace(a.request("INVITE", "z9hG4bKin", "c", "f", "", 1, "Privacy: id", description(a.addr.Addr())),
			`"Bob"`, "\"B\\\"o\u202eb\x07 \\\\ x\"", 1)
		a.say(text)
		in := next[Incoming](b, time.Second, nil)
		b.same("name", in.Name, `B"ob \ x`)
		b.same("private", in.Private, true)
	})
}
