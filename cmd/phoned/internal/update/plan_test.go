package update

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A tale drives a plan on a clock of its own and writes down what it does.
type tale struct {
	*Plan
	t    *testing.T
	now  time.Time
	last Record
	told []string
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func begin(t *testing.T, r Running, record Record) *tale {
	x := &tale{t: t, now: noon, last: record}
	p, actions := Start(x.now, r, record)
	x.Plan = p
	x.note(actions)
	return x
}

func (x *tale) note(actions []Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case Save:
			x.last = a.Record
		case Tell:
			x.told = append(x.told, strings.TrimSpace(fmt.Sprintf("tell %v %s %v", a.News.Kind, a.News.Version, a.News.Reason)))
		case Mark:
			x.told = append(x.told, fmt.Sprintf("mark good=%v", a.Good))
		case Install:
			x.told = append(x.told, "install "+a.Path)
		case Restart:
			x.told = append(x.told, "restart")
		}
	}
}

func (x *tale) do(e Event) { x.note(x.Step(x.now, e)) }

// wait lets time go by, with every deadline in it.
func (x *tale) wait(d time.Duration) {
	end := x.now.Add(d)
	for {
		next := x.Deadline()
		if next.IsZero() || next.After(end) {
			break
		}
		if next.After(x.now) {
			x.now = next
		}
		before := x.Deadline()
		x.do(Tick{})
		if after := x.Deadline(); after.Equal(before) && !after.After(x.now) {
			x.t.Fatalf("a deadline that nothing is done about: %v", after)
		}
	}
	x.now = end
}

func (x *tale) want(lines ...string) {
	x.t.Helper()
	if got, want := strings.Join(x.told, "\n"), strings.Join(lines, "\n"); got != want {
		x.t.Errorf("at +%v:\n%s\nwant:\n%s", x.now.Sub(noon), got, want)
	}
	x.told = nil
}

var (
	onA   = Running{Slot: "A", Version: "1.2", Boot: "first"}
	onB   = Running{Slot: "B", Version: "1.3", Boot: "second"}
	tried = Record{FromSlot: "A", FromVersion: "1.2", ToVersion: "1.3", Registered: true, Boot: "first"}
)

// A firmware that has proved itself before is good as soon as it runs, servers
// or not: a dead server must not count the starts down.
func TestAnAccustomedFirmwareSettles(t *testing.T) {
	x := begin(t, onA, Record{})
	x.wait(SettleTime - 1)
	x.want()
	x.wait(1)
	x.want("mark good=true")
	x.do(Marked{})
	x.wait(24 * time.Hour)
	x.want()
	if x.Stage() != Settled {
		t.Errorf("stage %v", x.Stage())
	}
}

// An update is written while a call goes on, and waits for its end.
func TestAnUpdateWaitsForTheCall(t *testing.T) {
	x := begin(t, onA, Record{})
	x.do(Line{true})
	x.do(Calls{true})
	x.do(Ask{"/data/new"})
	x.want("tell installing", "install /data/new")
	for p := range 101 {
		x.do(Progress{p})
	}
	if len(x.told) != 10 {
		t.Errorf("%d tenths were told", len(x.told))
	}
	x.told = nil
	x.do(Written{"1.3"})
	x.want("tell installed 1.3")
	x.do(Ask{"/data/other"})
	x.want("tell not-installed  restart")
	x.wait(time.Minute)
	x.do(Marked{})
	x.told = nil
	x.do(Calls{false})
	x.want("restart")
	x.do(Calls{true})
	x.do(Calls{false})
	x.wait(time.Hour)
	x.want()
	want := tried
	if x.last != want {
		t.Errorf("record %+v", x.last)
	}
}

func TestTheNewFirmwareRegistersAndStays(t *testing.T) {
	x := begin(t, onB, tried)
	x.wait(10 * time.Second)
	x.want()
	x.do(Ask{"/data/third"})
	x.want("tell not-installed  trial")
	x.do(Network{true})
	x.wait(time.Minute)
	x.do(Line{true})
	x.want("mark good=true")
	x.do(Marked{Failed: true})
	x.wait(again)
	x.want("mark good=true")
	x.do(Marked{})
	x.want("tell stays 1.3")
	if x.last != (Record{}) {
		t.Errorf("record %+v", x.last)
	}
	x.do(Line{false})
	x.wait(24 * time.Hour)
	x.want()
}

// The time without a network does not count: no firmware could register then.
func TestTheNewFirmwareDoesNotRegister(t *testing.T) {
	x := begin(t, onB, tried)
	x.wait(time.Hour)
	x.do(Network{true})
	x.wait(10 * time.Minute)
	x.do(Network{false})
	x.wait(time.Hour)
	x.do(Network{true})
	x.wait(5*time.Minute - 1)
	x.want()
	x.do(Calls{true})
	x.wait(1)
	x.want("tell given-up 1.3", "mark good=false")
	x.do(Marked{})
	x.want()
	x.do(Calls{false})
	x.want("restart")
	if !x.last.Rejected {
		t.Error("the record does not tell")
	}
	x.wait(24 * time.Hour)
	x.want()

	back := begin(t, Running{Slot: "A", Version: "1.2", Boot: "third"}, x.last)
	back.want("tell fell-back 1.3")
	back.wait(SettleTime)
	back.want("mark good=true")
}

// A slot that was given up and runs all the same is kept: nothing else runs.
func TestWhatWasGivenUpIsBetterThanNothing(t *testing.T) {
	r := tried
	r.Rejected = true
	x := begin(t, onB, r)
	x.wait(SettleTime)
	x.want("mark good=true")
}

func TestWithoutALineBeforeTimeProves(t *testing.T) {
	r := tried
	r.Registered = false
	x := begin(t, onB, r)
	x.do(Network{true})
	x.wait(FreshTime - 1)
	x.want()
	x.wait(1)
	x.want("mark good=true")
	x.do(Marked{})
	x.want("tell stays 1.3")
}

func TestAnInstallationThatFails(t *testing.T) {
	x := begin(t, onA, Record{})
	x.wait(SettleTime)
	x.do(Marked{})
	x.told = nil
	x.do(Ask{"/data/bad"})
	x.do(Ask{"/data/worse"})
	x.do(Failed{ReasonSignature})
	x.want("tell installing", "install /data/bad", "tell not-installed  busy", "tell not-installed  signature")
	if x.Stage() != Settled || x.last != (Record{}) {
		t.Errorf("stage %v, record %+v", x.Stage(), x.last)
	}
	x.do(Ask{"/data/good"})
	x.want("tell installing", "install /data/good")
}

// What a start of the process alone, or a power cut, leaves behind.
func TestStartsInTheMiddle(t *testing.T) {
	begun := Record{FromSlot: "A", FromVersion: "1.2", Registered: true, Boot: "first"}
	later := onA
	later.Boot = "second"
	still := onA
	still.Writing = true
	for _, c := range []struct {
		name   string
		runs   Running
		record Record
		stage  Stage
		want   string
	}{
		{"the process crashed, the bundle is still being written", still, begun, Installing, ""},
		{"the process crashed, and so did the writing", onA, begun, Proving, "tell not-installed  interrupted"},
		{"the process crashed between the writing and the restart", onA, tried, Installed, "tell installed 1.3"},
		{"the power was cut while the bundle was written", later, begun, Proving, "tell not-installed  interrupted"},
		{"the new firmware was started, and did not come up", later, tried, Proving, "tell fell-back 1.3"},
		{"the new firmware runs", onB, tried, Proving, ""},
	} {
		x := begin(t, c.runs, c.record)
		if x.Stage() != c.stage {
			t.Errorf("%s: stage %v", c.name, x.Stage())
		}
		if got := strings.Join(x.told, "\n"); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
		if c.stage == Installed {
			x.told = nil
			x.do(Calls{false})
			x.want("restart")
		}
	}
}

// Whatever comes in whatever order: never a restart in a call, never a second
// installation at once, never bad for a firmware that has registered, and no
// deadline in the past without an end.
func FuzzPlan(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, uint8(0))
	f.Fuzz(func(t *testing.T, steps []byte, start uint8) {
		records := []Record{{}, tried, {FromSlot: "A", FromVersion: "1", Boot: "first"}, {FromSlot: "A", ToVersion: "1.3", Boot: "first"}}
		runs := []Running{onA, onB}[start&1]
		x := begin(t, runs, records[start>>1&3])
		calls, writing, registered := false, x.Stage() == Installing, false
		for _, s := range steps {
			all := []Event{
				Tick{},
				Line{true},
				Line{false},
				Network{true},
				Network{false},
				Calls{true},
				Calls{false},
				Ask{"x"},
				Progress{int(s)},
				Written{"1.4"},
				Failed{ReasonWrite},
				Marked{},
				Marked{true},
			}
			e := all[int(s)%len(all)]
			switch e := e.(type) {
			case Calls:
				calls = e.Any
			case Line:
				registered = e.Registered
			case Written, Failed:
				writing = false
			}
			x.now = x.now.Add(time.Duration(s) * time.Second)
			for _, a := range x.Step(x.now, e) {
				switch a := a.(type) {
				case Install:
					if writing {
						t.Fatal("two at once")
					}
					writing = true
				case Restart:
					if calls {
						t.Fatal("restart in a call")
					}
				case Mark:
					if !a.Good && registered {
						t.Fatal("bad although it is registered")
					}
				}
			}
		}
	})
}
