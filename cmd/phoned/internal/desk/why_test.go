package desk

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/journal"
	"phoned/sip/ua"
)

// The primary is silent while a number is dialled. Afterwards the phone can
// say why the call went elsewhere, and a record of it replays.
func TestThePhoneSaysWhy(t *testing.T) {
	for _, smart := range []bool{false, true} {
		inHouseWith(t, func(l *ua.Line) { l.Failover.Smart = smart }, func(h *house) {
			h.pass(time.Minute)
			h.primary.Silence()
			h.dial("600")
			h.pass(15 * time.Second)

			var moved *journal.Record
			early := false
			for _, r := range h.Decisions(100, 1) {
				if r.Decision == failover.MoveRequest {
					moved = &r
				}
				early = early || r.Decision == failover.MoveEarly
			}
			if moved == nil {
				t.Fatalf("smart %v: no call has moved: %+v", smart, h.Decisions(100, 0))
			}
			want := journal.Record{
				Time: moved.Time, Line: 1, Decision: failover.MoveRequest,
				From: journal.Target{Server: 1, Address: primaryAddr.String()},
				To:   journal.Target{Server: 2, Address: backupAddr.String()},
				Call: true, Method: sip.INVITE, Cause: failover.Silence, Cost: moved.Cost,
			}
			h.same("the decision", *moved, want)
			if late := moved.Cost > 2*time.Second; late == smart || early != smart {
				t.Errorf("smart %v: it cost %v, early %v", smart, moved.Cost, early)
			}
			h.same("of another line", len(h.Decisions(100, 2)), 0)
			h.same("the last one", h.Decisions(1, 0)[0], h.Decisions(100, 0)[len(h.Decisions(100, 0))-1])
			for _, s := range h.Health() {
				if s.Line != 1 || len(s.Targets) != 2 || s.Targets[0].State != health.Down || s.Targets[1].State != health.Up {
					t.Errorf("smart %v: health %+v", smart, s)
				}
			}
			h.same("lines with health", len(h.Health()), 1)

			h.press(hw.KeySpeaker)
			h.pass(time.Second)
			h.press(hw.KeyMenu, hw.KeyDown, hw.KeyOK)
			if s := strings.Join(h.Get().Screen, "\n"); !strings.Contains(s, "Call moved to Server 2") {
				t.Errorf("smart %v: the display shows\n%s", smart, s)
			}

			reply := make(chan []*journal.Recording, 1)
			h.Do(Record{Reply: reply})
			var text strings.Builder
			if err := journal.Write(&text, "test", <-reply); err != nil {
				t.Fatal(err)
			}
			report, err := journal.Replay(strings.NewReader(text.String()))
			if err != nil || !report.Same() {
				t.Fatalf("smart %v: %v %+v", smart, err, report)
			}
			if got, kept := len(report.Lines[0].Decisions), len(h.Decisions(1000, 1)); got != kept {
				t.Errorf("smart %v: %d decisions are recorded, %d were told", smart, got, kept)
			}
		})
	}
}

// A drill goes over and back while nothing else happens, and tells its times.
func TestADrillOverAndBack(t *testing.T) {
	inHouseWith(t, func(l *ua.Line) { l.Failover.Smart = true }, func(h *house) {
		h.pass(time.Minute)
		h.primary.Delay(20 * time.Millisecond)
		h.backup.Delay(300 * time.Millisecond)
		reply := make(chan phone.Refusal, 1)
		h.Do(Drill{Line: 1, Reply: reply})
		h.same("refused", <-reply, phone.NoRefusal)
		h.pass(100 * time.Millisecond)
		h.Do(Drill{Line: 1, Reply: reply})
		h.same("refused", <-reply, phone.RefusedRunning)
		h.pass(10 * time.Second)
		var over, done phone.Notice
		for _, n := range h.told {
			switch n.Kind {
			case phone.NoticeDrillOver:
				over = n.Notice
			case phone.NoticeDrillDone:
				done = n.Notice
			default:
				t.Errorf("told %+v", n.Notice)
			}
		}
		if over.Server != 2 || over.MS < 300 || over.MS > 2000 || done.Server != 1 || done.MS > 300 || done.MS == 0 {
			t.Errorf("over %+v, back %+v", over, done)
		}
		h.shows("alice: Registered")
		h.same("server", h.Get().Server, primaryAddr.String())

		h.dial("600")
		h.pass(time.Second)
		h.Do(Drill{Line: 1, Reply: reply})
		h.same("refused in a call", <-reply, phone.RefusedCall)
		h.Do(Drill{Line: 1}) // nobody asks
		h.Do(Drill{Line: 1, Reply: make(chan phone.Refusal)})
		h.pass(time.Second)
	})
}

// Who watches is told every decision and every change of the servers' health.
func TestWatchersSeeWhy(t *testing.T) {
	onBench(t, nil, func(t *testing.T, b *bench) {
		updates, cancel := b.Subscribe()
		defer cancel()
		at := time.Now()
		b.tell(
			ua.Decided{Line: 1, At: at, Decision: failover.Watch, From: 2, FromAddress: "10.0.0.3:5060", To: 1, ToAddress: "10.0.0.2:5060", Until: at.Add(time.Minute)},
			ua.Health{Line: 1, Targets: []ua.TargetHealth{{Server: 1, Address: "10.0.0.2:5060", State: health.Up, RTT: time.Millisecond}}},
		)
		synctest.Wait()
		want := journal.Record{
			Time: at, Line: 1, Decision: failover.Watch, From: journal.Target{Server: 2, Address: "10.0.0.3:5060"},
			To: journal.Target{Server: 1, Address: "10.0.0.2:5060"}, Until: at.Add(time.Minute),
		}
		decisions, healths := 0, 0
		for len(updates) > 0 {
			switch u := <-updates; {
			case u.Decision != nil:
				decisions++
				if !u.Decision.Time.Equal(at) || !u.Decision.Until.Equal(want.Until) {
					t.Errorf("decision at %v until %v", u.Decision.Time, u.Decision.Until)
				}
				u.Decision.Time, u.Decision.Until = want.Time, want.Until
				if *u.Decision != want {
					t.Errorf("decision %+v", *u.Decision)
				}
			case u.Health != nil:
				healths++
				if !equal(*u.Health, b.Health()[0]) || len(u.Health.Targets) != 1 {
					t.Errorf("health %+v, %+v", *u.Health, b.Health())
				}
			}
		}
		if decisions != 1 || healths != 1 {
			t.Errorf("%d decisions, %d changes of health", decisions, healths)
		}
		b.Do(Reload{Settings: testSettings()}) // which has no lines for the user agent
		synctest.Wait()
		if h := b.Health(); len(h) != 0 {
			t.Errorf("health of a line that is gone: %+v", h)
		}
	})
}
