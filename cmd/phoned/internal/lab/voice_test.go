//go:build linux

package lab

import (
	"strings"
	"testing"
	"time"
)

// The tones: what baresip says, and what the phone says.
const (
	farTone  = 440.0
	nearTone = 1000.0
)

// sure fails the test unless the tone fills the sound for so long, without a
// gap that an ear would notice.
func (w *world) sure(who string, s Sound, err error, hz float64, long time.Duration) {
	t := w.T
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", who, err)
		return
	}
	from, to := s.Span(hz)
	_, gap := s.Share(hz)
	if to-from < long || gap > tolerance+w.Stall() {
		t.Errorf("%s heard the tone from %v to %v with a gap of %v; want %v without one (this machine was late by up to %v)",
			who, from, to, gap, long, w.Stall())
	}
}

func TestACallCarriesVoiceBothWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("")
	w.call(p)
	<-time.After(4 * time.Second)
	p.Down()
	w.baresip.Await("CALL_CLOSED", 1, 5*time.Second)
	heard, err := w.baresip.Ear()
	w.sure("baresip", heard, err, nearTone, 3*time.Second)
	heard, err = p.Ear()
	w.sure("the phone", heard, err, farTone, 3*time.Second)
}

func TestDigitsArriveAsTelephoneEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("")
	w.call(p)
	w.Until(3*time.Second, "voice", func() bool { return w.far.Arrived(w.desk).Length() > 0 })
	const digits = "159*0#"
	for _, c := range digits {
		p.Press(string(c))
	}
	w.Until(5*time.Second, "every digit on the wire", func() bool { return len(w.far.Digits(w.desk)) >= len(digits) })
	if got := w.far.Digits(w.desk); got != digits {
		t.Errorf("on the wire %q, want %q", got, digits)
	}
	w.baresip.Await("CALL_DTMF_START", len(digits), 3*time.Second)
	var got strings.Builder
	for _, e := range w.baresip.Events("CALL_DTMF_START") {
		got.WriteString(e.Param)
	}
	if got.String() != digits {
		t.Errorf("baresip got %q, want %q", got.String(), digits)
	}
	if info := w.s1.Capture.Requests("INFO"); len(info) > 0 {
		t.Errorf("digits went as INFO:\n%s", info)
	}
}

func TestHoldAndResumeFromBothSides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("")
	const hold = 2 * time.Second
	w.call(p)
	began := time.Now()
	<-time.After(time.Second)

	p.Press("hold")
	p.UntilCall(3*time.Second, "held")
	offers := w.s1.Got("INVITE", began, 1)
	if last := offers[len(offers)-1]; !strings.Contains(last.Body(), "a=sendonly") {
		t.Errorf("the phone's hold offers:\n%s", last.Body())
	}
	<-time.After(hold)
	mark := time.Now()
	p.Press("hold")
	p.UntilCall(3*time.Second, "up")
	offers = w.s1.Got("INVITE", mark, 1)
	if last := offers[len(offers)-1]; strings.Contains(last.Body(), "a=sendonly") || strings.Contains(last.Body(), "a=inactive") {
		t.Errorf("the phone's resume offers:\n%s", last.Body())
	}
	<-time.After(time.Second)

	mark = time.Now()
	w.baresip.Do("hold", "")
	held := w.s1.Got("INVITE", mark, 1)[0]
	if !strings.Contains(held.Body(), "a=sendonly") && !strings.Contains(held.Body(), "a=inactive") {
		t.Errorf("baresip's hold offers:\n%s", held.Body())
	}
	<-time.After(hold)
	mark = time.Now()
	w.baresip.Do("resume", "")
	w.s1.Got("INVITE", mark, 1)
	<-time.After(2 * time.Second)
	if s := p.State(); s.Call != "up" {
		t.Errorf("the call is %s", s.Call)
	}
	p.Down()
	lasted := time.Since(began)
	w.baresip.Await("CALL_CLOSED", 1, 5*time.Second)

	// What each has got of the other: the call without both holds. (baresip's own
	// recording ends at the first re-INVITE.)
	for who, arrived := range map[string]struct {
		Sound
		hz float64
	}{"baresip": {w.far.Arrived(w.desk), nearTone}, "the phone": {w.desk.Arrived(w.far), farTone}} {
		share, _ := arrived.Share(arrived.hz)
		tone := time.Duration(share * float64(arrived.Length()))
		if want := lasted - 2*hold; tone > want+500*time.Millisecond || tone < want-time.Second {
			t.Errorf("%s got %v of the tone, want about %v: all but the holds", who, tone, want)
		}
		if _, to := arrived.Span(arrived.hz); to < lasted-time.Second {
			t.Errorf("%s got no tone after the last resume: until %v of %v", who, to, lasted)
		}
	}
	// And what the phone played of it.
	heard, err := p.Ear()
	if err != nil {
		t.Fatal(err)
	}
	share, _ := heard.Share(farTone)
	if tone := time.Duration(share * float64(heard.Length())); tone < lasted-2*hold-time.Second {
		t.Errorf("the phone played %v of the tone of a call of %v", tone, lasted)
	}
}

func TestKillingEitherServerDoesNotInterruptTheVoice(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"primary", "backup"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "NAT UDPUpdate:2", "UDPUpdate TTL:1")
			p := w.phone("")
			w.call(p)
			<-time.After(time.Second)
			if which == "primary" {
				w.k1.Kill()
				p.UntilAt(12*time.Second, w.s2)
			} else {
				w.k2.Kill()
			}
			<-time.After(4 * time.Second)
			if s := p.State(); s.Call != "up" {
				t.Errorf("the call is %s", s.Call)
			}
			p.Down()
			w.baresip.Await("CALL_CLOSED", 1, 12*time.Second)
			heard, err := w.baresip.Ear()
			w.sure("baresip", heard, err, nearTone, 4*time.Second)
			heard, err = p.Ear()
			w.sure("the phone", heard, err, farTone, 4*time.Second)
		})
	}
}

func TestAnIncomingCallRingsIsAnsweredAndEndedByTheCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone("")
	w.baresip.Dial("100", w.s1)
	s := p.UntilCall(5*time.Second, "incoming")
	if s.Sound != "ring" {
		s = p.Until(time.Second, "the ring", func(s State) bool { return s.Sound == "ring" })
	}
	w.sentence(s, "200")
	p.Lift()
	p.UntilCall(3*time.Second, "up")
	w.baresip.Await("CALL_ESTABLISHED", 1, 3*time.Second)
	<-time.After(2 * time.Second)
	w.baresip.Do("hangup", "")
	p.UntilCall(3*time.Second, "idle")
	heard, err := w.baresip.Ear()
	w.sure("baresip", heard, err, nearTone, 1500*time.Millisecond)
	if got := w.far.Digits(w.desk); got != "" {
		t.Errorf("digits %q were sent", got)
	}
}
