//go:build linux

package peertest

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"phoned/sip/siptest"
)

// captured is an entry as the lab's capture makes it.
func captured(at int, sent bool, from, to, first, method, more string) siptest.Entry {
	text := fmt.Sprintf("%s\r\nVia: SIP/2.0/UDP 10.77.0.5:5060;branch=z9hG4bK%d\r\nFrom: <sip:100@lab.test>;tag=a\r\nTo: <sip:100@lab.test>\r\nCall-ID: c\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
		first, at, method, more)
	return siptest.Entry{
		At: time.Unix(int64(at), 0), Sent: sent, Transport: "UDP",
		From: netip.MustParseAddrPort(from), To: netip.MustParseAddrPort(to), Message: siptest.Parse([]byte(text)),
	}
}

const (
	s1, s2, far, desk = "10.77.0.1:5060", "10.77.0.2:5060", "10.77.0.3:5060", "10.77.0.5:5060"
	ok                = "SIP/2.0 200 OK"
	contact           = "Contact: <sip:100@10.77.0.5>;expires=30\r\n"
)

func TestARegistrationIsA200WithABindingThatLeftTheServer(t *testing.T) {
	es := siptest.Entries{
		captured(1, true, s2, desk, ok, "REGISTER", contact), // before
		captured(11, false, desk, s2, "REGISTER sip:lab.test SIP/2.0", "REGISTER", contact),
		captured(12, true, s2, desk, "SIP/2.0 401 Unauthorized", "REGISTER", ""),
		captured(13, true, s2, desk, ok, "OPTIONS", contact),
		captured(14, true, s2, desk, ok, "REGISTER", ""),       // a removal
		captured(15, false, s2, desk, ok, "REGISTER", contact), // not the server's own
		captured(16, true, s2, desk, ok, "REGISTER", contact),
		captured(17, true, s2, desk, ok, "REGISTER", contact),
	}
	judge(t, 16, es, func(es siptest.Entries) (time.Time, bool) { return registered(es, time.Unix(10, 0)) })
}

func TestACallIsAnsweredThroughTheServerThatTheFarPartyAnswers(t *testing.T) {
	es := siptest.Entries{
		captured(1, true, far, s2, ok, "INVITE", ""),
		captured(11, true, far, s1, ok, "INVITE", ""),
		captured(12, true, far, s2, "SIP/2.0 180 Ringing", "INVITE", ""),
		captured(13, true, far, s2, ok, "INVITE", ""),
	}
	judge(t, 13, es, func(es siptest.Entries) (time.Time, bool) {
		return answered(es, netip.MustParseAddr("10.77.0.2"), time.Unix(10, 0))
	})
}

func TestACallHasEndedWhenTheFarPartyGotTheBYE(t *testing.T) {
	es := siptest.Entries{
		captured(1, false, s2, far, "BYE sip:200@10.77.0.3 SIP/2.0", "BYE", ""),
		captured(11, true, far, s1, "BYE sip:100@10.77.0.5 SIP/2.0", "BYE", ""),
		captured(12, false, s1, far, ok, "BYE", ""),
		captured(13, false, s2, far, "BYE sip:200@10.77.0.3 SIP/2.0", "BYE", ""),
	}
	judge(t, 13, es, func(es siptest.Entries) (time.Time, bool) { return ended(es, time.Unix(10, 0)) })
}

// judge finds what happened at a time, and nothing before it is captured.
func judge(t *testing.T, want int64, es siptest.Entries, found func(siptest.Entries) (time.Time, bool)) {
	t.Helper()
	for i, e := range es {
		if !e.Valid {
			t.Fatalf("entry %d is no message", i)
		}
		at, ok := found(es[:i+1])
		if ok != (e.At.Unix() >= want) || ok && at.Unix() != want {
			t.Errorf("after %s: %v %v", e, at.Unix(), ok)
		}
	}
	if at, ok := found(nil); ok {
		t.Errorf("of nothing: %v", at)
	}
}
