package phone

import (
	"testing"
	"time"
	"unicode"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/journal"
)

// columns is how wide a text is where a Chinese character takes two columns.
func columns(s string) (n int) {
	for _, r := range s {
		n++
		if unicode.Is(unicode.Han, r) || r > 0xff00 || r >= 0x3000 && r < 0x3040 {
			n++
		}
	}
	return n
}

// everyDecision is each decision with each evidence.
func everyDecision(f func(journal.Record)) {
	for d := failover.MoveRequest; d <= failover.DrillEnd; d++ {
		for cause := failover.NoCause; cause <= failover.Overload; cause++ {
			r := journal.Record{
				Time: epoch, Line: 1, Decision: d, From: journal.Target{Server: 1, Address: "192.0.2.1:5060"},
				To: journal.Target{Server: 2, Address: "192.0.2.2:5060"}, Method: sip.REGISTER, Cause: cause,
				Cost: 1400 * time.Millisecond, Until: epoch.Add(time.Minute),
			}
			if cause == failover.Answered {
				r.Status = 503
			}
			f(r)
		}
	}
}

// On the smallest picture of the display a row of a list has 37 columns, and a
// sentence three rows of them.
func TestDecisionsFitTheDisplay(t *testing.T) {
	everyDecision(func(r journal.Record) {
		for l := range languageCount {
			s := speaker{language: l, zone: time.UTC, seconds: true}
			if title := s.clock(r.Time) + " " + s.title(r); columns(title) > 37 {
				t.Errorf("%d columns: %s", columns(title), title)
			}
			if text := s.explain(r); columns(text) > 111 {
				t.Errorf("%d columns: %s", columns(text), text)
			}
		}
	})
}

// What `phoned explain` prints.
func TestExplain(t *testing.T) {
	r := journal.Record{
		Time: epoch.Add(67 * time.Second), Line: 1, Decision: failover.MoveEarly,
		From: journal.Target{Server: 1, Address: "192.0.2.1:5060"}, To: journal.Target{Server: 2, Address: "192.0.2.2:5060"},
		Method: sip.INVITE, Cause: failover.Silence, Call: true, Cost: 1300 * time.Millisecond,
	}
	for l, want := range map[Language]string{
		English: "14:03:07 Line 1: Server 1 (192.0.2.1:5060) was silent for 1.3 s, Server 2 (192.0.2.2:5060) is alive: " +
			"the call need not wait longer. [INVITE: silence]",
		Chinese: "14:03:07 线路1:服务器1(192.0.2.1:5060)已1.3秒无响应,服务器2(192.0.2.2:5060)正常:呼叫不再等待。 [INVITE: silence]",
	} {
		if got := Explain(l, time.UTC, r); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	zone := time.FixedZone("CST", 8*3600)
	if got := Explain(99, zone, journal.Record{Time: epoch, Line: 2, Decision: failover.LinkLost}); got != "22:02:00 线路2:电话网络未连接:不做转移。" {
		t.Error(got)
	}
}

func TestSayDrill(t *testing.T) {
	for l, want := range map[Language]string{
		English: "Test passed: over to Server 2 in 34 ms, back to Server 1 in 1.2 s.",
		Chinese: "测试通过:转到服务器2用时34毫秒,返回服务器1用时1.2秒。",
	} {
		if got := SayDrill(l, 2, 34*time.Millisecond, 1, 1234*time.Millisecond); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for r := RefusedNoLine; r <= RefusedRunning; r++ {
		back, ok := ParseRefusal(r.String())
		if !ok || back != r || r.Say(English) == r.Say(Chinese) {
			t.Errorf("%d: %q is %d %v", r, r, back, ok)
		}
	}
	if r, ok := ParseRefusal("else"); ok || r != NoRefusal {
		t.Errorf("%v %v", r, ok)
	}
}
