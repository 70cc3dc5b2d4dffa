package health

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

var (
	one = Target{Addr: netip.MustParseAddrPort("192.0.2.1:5060")}
	two = Target{Addr: netip.MustParseAddrPort("192.0.2.2:5061"), Transport: sip.TLS, Name: "sip.example"}
)

// A reader is a book whose actions are kept in words, each with its time in ms.
type reader struct {
	t    *testing.T
	book *Book
	now  time.Duration
	said []string
}

func read(t *testing.T) *reader { return &reader{t: t, book: New()} }

func (r *reader) step(e Event) {
	for _, a := range r.book.Step(r.now, e, nil) {
		at := r.now.Milliseconds()
		name := "one"
		if a.Target == two || a.Record.Target == two {
			name = "two"
		}
		switch a.Kind {
		case Send:
			r.said = append(r.said, fmt.Sprintf("%d send %s", at, name))
		case Resend:
			r.said = append(r.said, fmt.Sprintf("%d resend %s", at, name))
		case End:
			r.said = append(r.said, fmt.Sprintf("%d end %s", at, name))
		case News:
			s := fmt.Sprintf("%d %s %s", at, name, a.Record.State)
			if a.Record.State == Down {
				s += fmt.Sprintf(" cause %d status %d", a.Record.Cause, a.Record.Status)
			}
			if a.Changed {
				s += " changed"
			}
			if a.Asked {
				s += " asked"
			}
			r.said = append(r.said, s)
		}
	}
}

// wait lets time pass, with a Tick at each deadline.
func (r *reader) wait(d time.Duration) {
	end := r.now + d
	for r.book.Deadline() <= end {
		r.now = r.book.Deadline()
		r.step(Event{})
	}
	r.now = end
}

// says compares what was said since the last time.
func (r *reader) says(want ...string) {
	r.t.Helper()
	if got := strings.Join(r.said, "\n"); got != strings.Join(want, "\n") {
		r.t.Errorf("said:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	r.said = nil
}

func TestOneLinesDiscoveryIsNewsOnce(t *testing.T) {
	r := read(t)
	r.step(Event{Kind: Answer, Target: one, Method: sip.REGISTER, Status: 401})
	r.says("0 one up changed")
	r.step(Event{Kind: Answer, Target: one, Method: sip.REGISTER, Status: 200})
	r.says()
	r.now = time.Second
	r.step(Event{Kind: Dead, Target: one, Cause: failover.ICMP, Method: sip.INVITE, Urgent: true})
	r.says(fmt.Sprintf("1000 one down cause %d status 0 changed", failover.ICMP))
	r.step(Event{Kind: Dead, Target: one, Cause: failover.Silence})
	r.says()
	record, ok := r.book.Get(one)
	if !ok || record.Since != time.Second || record.Cause != failover.Silence {
		t.Errorf("record: %+v", record)
	}
	if _, ok := r.book.Get(two); ok {
		t.Error("an answer of one target says nothing about the other")
	}
	r.step(Event{Kind: Answer, Target: one, Method: sip.OPTIONS, Status: 404})
	r.says("1000 one up changed")
}

func TestWhatIsNoEvidence(t *testing.T) {
	for name, e := range map[string]Event{
		"our own network is down":             {Kind: Dead, Cause: failover.NoNetwork},
		"nothing was sent":                    {Kind: Dead, Cause: failover.Overload},
		"a fault of a probe that is over":     {Kind: Fault, Cause: failover.ICMP},
		"a 503, which its line has to judge":  {Kind: Answer, Method: sip.INVITE, Status: 503},
		"a 500 to REGISTER is judged as well": {Kind: Answer, Method: sip.REGISTER, Status: 500},
	} {
		r := read(t)
		e.Target = one
		r.step(e)
		if len(r.said) != 0 {
			t.Errorf("%s: %v", name, r.said)
		}
	}
}

func TestAProbeOverUDPIsSixteenCopiesAndTwoSeconds(t *testing.T) {
	r := read(t)
	r.step(Event{Kind: Ask, Target: one})
	r.now = 30 * time.Millisecond
	r.step(Event{Kind: Ask, Target: one}) // another line joins
	r.wait(3 * time.Second)
	want := []string{"0 send one"}
	for i := 1; i < 16; i++ {
		want = append(want, fmt.Sprintf("%d resend one", 80*i))
	}
	r.says(append(want, "2000 end one", fmt.Sprintf("2000 one down cause %d status 0 changed asked", failover.Silence))...)
	if r.book.Deadline() != failover.Never {
		t.Error("it waits for nothing")
	}
	r.step(Event{Kind: Ask, Target: one})
	r.wait(3 * time.Second)
	if last := r.said[len(r.said)-1]; !strings.HasSuffix(last, "asked") || strings.Contains(last, "changed") {
		t.Errorf("those who ask are told also what they know: %s", last)
	}
}

func TestAProbeOverTCPIsOneCopy(t *testing.T) {
	r := read(t)
	r.step(Event{Kind: Ask, Target: two})
	r.wait(3 * time.Second)
	r.says("0 send two", "2000 end two", fmt.Sprintf("2000 two down cause %d status 0 changed asked", failover.Silence))
}

func TestWhatEndsAProbe(t *testing.T) {
	down := func(cause failover.Cause, status int) string {
		return fmt.Sprintf("100 one down cause %d status %d changed asked", cause, status)
	}
	for name, c := range map[string]struct {
		event Event
		want  []string
	}{
		"its answer":                      {Event{Kind: Answer, Method: sip.OPTIONS, Status: 405, Probe: true}, []string{"100 end one", "100 one up changed asked"}},
		"the answer to a line's request":  {Event{Kind: Answer, Method: sip.INVITE, Status: 100}, []string{"100 end one", "100 one up changed asked"}},
		"its 503":                         {Event{Kind: Answer, Method: sip.OPTIONS, Status: 503, Probe: true}, []string{"100 end one", down(failover.Answered, 503)}},
		"ICMP":                            {Event{Kind: Fault, Cause: failover.ICMP}, []string{"100 end one", down(failover.ICMP, 0)}},
		"a line is refused":               {Event{Kind: Dead, Cause: failover.Refused}, []string{"100 end one", down(failover.Refused, 0)}},
		"a line meets a 503":              {Event{Kind: Dead, Cause: failover.Answered, Status: 503}, []string{"100 end one", down(failover.Answered, 503)}},
		"our own network goes":            {Event{Kind: Fault, Cause: failover.NoNetwork}, []string{"100 end one"}},
		"our own network has changed":     {Event{Kind: Reset}, []string{"100 end one"}},
		"silence to a line does not":      {Event{Kind: Dead, Cause: failover.Silence}, []string{fmt.Sprintf("100 one down cause %d status 0 changed", failover.Silence)}},
		"somebody else's 503 to OPTIONS ": {Event{Kind: Answer, Method: sip.OPTIONS, Status: 503}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t)
			r.step(Event{Kind: Ask, Target: one})
			r.wait(100 * time.Millisecond)
			r.said = nil
			c.event.Target = one
			r.step(c.event)
			r.says(c.want...)
		})
	}
}

func TestRetryAfterIsNewsToAll(t *testing.T) {
	r := read(t)
	r.step(Event{Kind: Dead, Target: one, Cause: failover.Silence})
	r.said = nil
	r.step(Event{Kind: Dead, Target: one, Cause: failover.Answered, Status: 503, Until: time.Minute})
	r.says(fmt.Sprintf("0 one down cause %d status 503 changed", failover.Answered))
	r.step(Event{Kind: Dead, Target: one, Cause: failover.Answered, Status: 503, Until: time.Second})
	r.says()
	if record, _ := r.book.Get(one); record.Until != time.Minute {
		t.Errorf("the longest counts: %s", record.Until)
	}
}

func TestAnotherNetworkMakesEverythingUnknown(t *testing.T) {
	r := read(t)
	r.step(Event{Kind: Dead, Target: one, Cause: failover.ICMP})
	r.said = nil
	r.step(Event{Kind: Reset})
	r.says("0 one unknown")
	r.step(Event{Kind: Dead, Target: one, Cause: failover.ICMP})
	r.says(fmt.Sprintf("0 one down cause %d status 0 changed", failover.ICMP))
}

func TestALoopThatWakesLateSendsOneCopy(t *testing.T) {
	r := read(t)
	r.step(Event{Kind: Ask, Target: one})
	r.now = time.Second
	r.step(Event{})
	r.says("0 send one", "1000 resend one")
	if d := r.book.Deadline(); d != 1080*time.Millisecond {
		t.Errorf("the next copy: %s", d)
	}
}

func TestRoundTripIsSmoothed(t *testing.T) {
	r := read(t)
	for range 2 {
		r.step(Event{Kind: Answer, Target: one, Method: sip.OPTIONS, Status: 200, RTT: 80 * time.Millisecond})
	}
	r.step(Event{Kind: Answer, Target: one, Method: sip.OPTIONS, Status: 200, RTT: 160 * time.Millisecond})
	if record, _ := r.book.Get(one); record.RTT != 90*time.Millisecond {
		t.Errorf("RTT %s", record.RTT)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	r := read(t)
	port := func(i int) Target {
		return Target{Addr: netip.AddrPortFrom(one.Addr.Addr(), uint16(1000+i))}
	}
	r.step(Event{Kind: Ask, Target: port(0)}) // is being asked, so not forgotten
	for i := 1; i <= maxTargets; i++ {
		r.now += time.Millisecond
		r.step(Event{Kind: Answer, Target: port(i), Method: sip.OPTIONS, Status: 200})
	}
	if _, ok := r.book.Get(port(0)); !ok {
		t.Error("a target is forgotten while it is probed")
	}
	if _, ok := r.book.Get(port(1)); ok {
		t.Error("the oldest is kept")
	}
	if _, ok := r.book.Get(port(maxTargets)); !ok || len(r.book.records) != maxTargets || len(r.book.index) != maxTargets {
		t.Errorf("%d records, %d in the index", len(r.book.records), len(r.book.index))
	}
}

func TestAStepAllocatesNothing(t *testing.T) {
	b := New()
	buf := make([]Action, 0, 16)
	now := time.Duration(0)
	turn := func() {
		for _, e := range []Event{
			{Kind: Ask, Target: one},
			{Kind: Answer, Target: one, Method: sip.OPTIONS, Status: 200, Probe: true, RTT: time.Millisecond},
			{Kind: Ask, Target: two},
			{Kind: Dead, Target: one, Cause: failover.ICMP},
			{Kind: Fault, Target: two, Cause: failover.Refused},
		} {
			now += time.Millisecond
			buf = b.Step(now, e, buf[:0])
			_ = b.Deadline()
		}
	}
	turn()
	if n := testing.AllocsPerRun(100, turn); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStep(b *testing.B) {
	book := New()
	buf := make([]Action, 0, 16)
	for i := range maxTargets {
		t := Target{Addr: netip.AddrPortFrom(one.Addr.Addr(), uint16(1000+i))}
		buf = book.Step(0, Event{Kind: Answer, Target: t, Method: sip.OPTIONS, Status: 200}, buf[:0])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buf = book.Step(time.Duration(i), Event{Kind: Answer, Target: Target{Addr: netip.AddrPortFrom(one.Addr.Addr(), uint16(1000+i%maxTargets))}, Method: sip.OPTIONS, Status: 200}, buf[:0])
	}
}
