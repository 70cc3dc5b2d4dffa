package ua

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/sip/siptest"
)

// fuzzSeeds are messages with marks that are replaced: @c @t @f are Call-ID, the
// phone's tag and the far tag of the call that is up; @C @F @B @V Call-ID, From
// tag, branch and Via of an INVITE that waits for its answer.
var fuzzSeeds = []string{
	"",
	"\r\n\r\n",
	"raw:INVITE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\r\n\r\n",
	"OPTIONS sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=1\nTo: <sip:alice@x>\nCall-ID: q\nCSeq: 1 OPTIONS\n\n",
	"INVITE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: \"\\\" <sip:b@x>;tag=1\nTo: <sip:alice@x>\nCall-ID: q\nCSeq: 1 INVITE\nContact: *\nRecord-Route: <::A0>\n\n",
	"INVITE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 INVITE\nContact: <sip:b@[::1>\nContent-Type: application/sdp\n\nv=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nm=audio 99999 RTP/AVP 300 -1\r\n",
	"INVITE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 INVITE\nContact: <sip:b@10.0.0.4>\nContent-Type: application/sdp\n\nv=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\na=sendonly\r\n",
	"INFO sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 INFO\n\nSignal=5\r\n",
	"UPDATE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 UPDATE\nContact: <tel:+1>\n\n",
	"UPDATE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 UPDATE\nRequire: timer\nSession-Expires: 4294967295;refresher=uac\nMin-SE: 99999999999999999999\n\n",
	"UPDATE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 UPDATE\nk: timer\nRequire: timer\nx: 0;refresher=uas;refresher\n\n",
	"PRACK sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 PRACK\nRAck: 0 0 INVITE\n\n",
	"SIP/2.0 183 Early\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>;tag=z\nCall-ID: @C\nCSeq: 1 INVITE\nRequire: 100rel\nRSeq: 4294967295\nContact: <sip:z@10.0.0.4>\n\n",
	"SIP/2.0 422 Small\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>;tag=z\nCall-ID: @C\nCSeq: 1 INVITE\nMin-SE: 4294967295\n\n",
	"ACK sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 1 ACK\n\n",
	"CANCEL sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKin\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>\nCall-ID: @c\nCSeq: 1 CANCEL\n\n",
	"REFER sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKx\nFrom: <sip:b@x>;tag=@f\nTo: <sip:alice@x>;tag=@t\nCall-ID: @c\nCSeq: 9 REFER\nRefer-To: <sip:>\n\n",
	"SIP/2.0 180 Ringing\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>;tag=z\nCall-ID: @C\nCSeq: 1 INVITE\nContact: <sip:z@10.0.0.4>\n\n",
	"SIP/2.0 200 OK\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>;tag=z\nCall-ID: @C\nCSeq: 1 INVITE\nRecord-Route: <::A0>, <sip:x;lr>, <sip:10.0.0.4;lr\nContact: <sip:z@10.0.0.4>\n\n",
	"SIP/2.0 200 OK\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>\nCall-ID: @C\nCSeq: 1 INVITE\nContact: *\nContent-Type: application/sdp\n\nv=0\r\n",
	"SIP/2.0 407 No\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>;tag=z\nCall-ID: @C\nCSeq: 1 INVITE\nProxy-Authenticate: Digest realm=\"x, nonce=,,=\n\n",
	"SIP/2.0 302 Moved\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>;tag=z\nCall-ID: @C\nCSeq: 1 INVITE\nContact: <sip:evil@10.0.0.66>\nRetry-After: 99999999999999999999 (x\n\n",
	"SIP/2.0 999 Huge\nVia: @V\nFrom: <sip:alice@10.0.0.4>;tag=@F\nTo: <sip:600@10.0.0.4>;tag=z\nCall-ID: @C\nCSeq: 4294967296 INVITE\n\n",
}

// attack puts a phone into a call, with a second one ringing and a third not
// answered, sends it data, and demands that it serves on as before.
func attack(t *testing.T, data string) {
	var invite siptest.Message
	scripted(t, func(_ *actor, m siptest.Message) {
		if m.Is("INVITE") {
			invite = m
		}
	}, func(b *bench, a *actor) {
		a.say(a.request("INVITE", "z9hG4bKin", "the-call", "far", "", 1, description(a.addr.Addr())))
		up := next[Incoming](b, time.Second, nil)
		b.phone.Do(Answer{Call: up.Call, Media: media(4002)})
		tag := a.hears().Responses("INVITE").Status(200)[0].ToTag
		a.say(a.request("ACK", "z9hG4bKack", "the-call", "far", tag, 1))
		next[Established](b, time.Second, nil)
		a.say(a.request("INVITE", "z9hG4bKring", "ringing", "other", "", 1, description(a.addr.Addr())))
		ringing := next[Incoming](b, time.Second, nil)
		b.phone.Do(Ring{Call: ringing.Call})
		b.dial("600")
		synctest.Wait()

		text := strings.NewReplacer("@c", "the-call", "@t", tag, "@f", "far",
			"@C", invite.CallID, "@F", invite.FromTag, "@B", invite.Branch, "@V", invite.Header("Via")).Replace(data)
		for message := range strings.SplitSeq(text, "\x00") {
			if raw, ok := strings.CutPrefix(message, "raw:"); ok {
				a.send(raw)
			} else {
				a.say(message)
			}
			synctest.Wait()
		}
		time.Sleep(500 * time.Millisecond)

		// A BYE of the very dialog is no attack.
		if !strings.Contains(strings.ToUpper(text), "BYE") {
			none(b, func(e Ended) bool { return e.Call == up.Call })
			a.say(a.request("INFO", "z9hG4bKinfo", "the-call", "far", tag, 2_000_000_000,
				"Content-Type: application/dtmf-relay", "plain:Signal=5\r\nDuration=100\r\n"))
			b.same("the call answers", statuses(a.hears().Branch("z9hG4bKinfo"), "INFO"), []int{200})
		}
		a.say(a.request("OPTIONS", "z9hG4bKlast", "last", "l", "", 1))
		b.same("the phone answers", statuses(a.hears().Branch("z9hG4bKlast"), "OPTIONS"), []int{200})
	})
}

func TestHostileMessagesDoNotEndACall(t *testing.T) {
	for _, seed := range append(fuzzSeeds, torture(t)...) {
		attack(t, seed)
		attack(t, "raw:"+seed)
	}
	attack(t, strings.Join(fuzzSeeds, "\x00"))
}

// torture are the messages of RFC 4475 that sipgo carries along, if they are on
// this machine.
func torture(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "torture", "*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

func FuzzTheWholeShell(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if len(data) > 4000 || strings.Count(data, "\x00") > 20 {
			t.Skip()
		}
		attack(t, data)
	})
}
