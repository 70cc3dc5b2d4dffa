package phone

import (
	"fmt"
	"strings"
	"time"

	"phoned/audio"
	"phoned/hw"
	"phoned/sip/failover"
	"phoned/sip/health"
	"phoned/sip/journal"
)

// A world is everything around a phone, moved by chance: a user who presses
// anything, a user agent whose answers come late, twice or never, servers that
// fail. It knows what must hold after every step.
type world struct {
	p       *Phone
	now     time.Time
	lastKey time.Time       // when it was pressed
	chance  func(n int) int // 0 <= chance(n) < n
	agent   map[CallID]*agentCall
	next    CallID // of the next call that arrives
	lastOwn CallID
	hook    bool
	talk    CallID
	sound   audio.Sound
	route   audio.Route
	faults  []string
}

// An agentCall is a call as the user agent sees it.
type agentCall struct {
	dialled  bool
	answered bool // Answer came
	up       bool
	early    bool // sent sound before it answered, at some server
	holding  bool // a Hold or Resume waits for its end
	told     bool // the phone ended it, or was told its end
}

func newWorld(chance func(int) int) *world {
	w := &world{p: New(randomConfig(chance)), now: epoch, chance: chance, agent: map[CallID]*agentCall{}, next: 2}
	w.step(Tick{})
	return w
}

func randomConfig(chance func(int) int) Config {
	cfg := Config{
		DialByPound: chance(2) == 0, DialByTimeout: chance(2) == 0, DialTimeout: 5 * time.Second,
		DialFixed: chance(3) == 0, FixedLength: 3, CallWaiting: chance(4) != 0, Language: Language(chance(2)),
	}
	for n := 1; n <= 1+chance(3); n++ {
		cfg.Lines = append(cfg.Lines, Line{
			Number: n, User: "1", Enabled: chance(8) != 0, Register: chance(4) != 0, DTMF: DTMF(chance(4)),
		})
	}
	return cfg
}

func (w *world) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// happen lets time pass and one thing happen.
func (w *world) happen() {
	w.pass(time.Duration(w.chance(3000)) * time.Millisecond)
	if w.chance(3) == 0 {
		w.agentActs()
		return
	}
	switch w.chance(28) {
	case 0, 1, 2:
		w.turnHook(!w.hook)
	case 3:
		w.step(Input{hw.Input{Kind: hw.HookDown}}) // once more, or too early
	case 4:
		w.step(Input{hw.Input{Kind: []hw.InputKind{hw.HeadsetIn, hw.HeadsetOut}[w.chance(2)]}})
	case 5, 6:
		id := w.next
		w.next += 2
		w.agent[id] = &agentCall{}
		w.step(Incoming{Call: id, Line: 1 + w.chance(4), Number: "300", Private: w.chance(4) == 0})
	case 7:
		phase := failover.Phase(w.chance(6))
		w.step(LineState{
			Line: 1 + w.chance(4), Phase: phase, Registered: phase == failover.Registered || w.chance(4) == 0,
			Server: 1 + w.chance(2), Status: 400 + w.chance(20), Next: w.now.Add(time.Duration(w.chance(90)) * time.Second),
		})
	case 8:
		w.step(LineNotice{
			Line: 1 + w.chance(4), Kind: []failover.NoticeKind{failover.NoticeKind(w.chance(13)), NoRedundancy}[w.chance(2)], Server: 1 + w.chance(2),
			Cause: failover.Cause(w.chance(10)), Call: w.lastOwn, Next: w.now.Add(time.Duration(w.chance(90)) * time.Second),
		})
	case 9:
		w.step(Link{Up: w.chance(3) != 0, Address: "10.0.0.2"})
	case 10:
		w.step(Fault{[]string{"", "broken"}[w.chance(2)]})
	case 11:
		if w.chance(3) == 0 {
			w.step(Reload{randomConfig(w.chance)})
		}
		w.pass(time.Duration(w.chance(200)) * time.Second)
	case 12:
		w.step(Decided{journal.Record{
			Time: w.now, Line: 1 + w.chance(4), Decision: failover.Decision(w.chance(22)), From: journal.Target{Server: w.chance(3)},
			To: journal.Target{Server: w.chance(3), Address: "10.0.0.2:5060"}, Cause: failover.Cause(w.chance(11)),
			Cost: time.Duration(w.chance(5)) * time.Second, Until: w.now.Add(time.Minute),
		}})
	case 13:
		ev := Health{Line: 1 + w.chance(4)}
		for n := range w.chance(4) {
			ev.Targets = append(ev.Targets, TargetHealth{
				Server: 1 + n/2, Address: "10.0.0.2:5060", State: health.State(w.chance(3)), Since: w.now,
				Cause: failover.Cause(w.chance(11)), Until: w.now.Add(time.Minute), RTT: time.Duration(w.chance(3)) * time.Millisecond,
			})
		}
		w.step(ev)
	case 14:
		w.step(DrillNow{1 + w.chance(4)})
	default:
		k := hw.Key(w.chance(int(hw.KeySoft4) + 2))
		w.step(Input{hw.Input{Kind: hw.Press, Key: k}})
		if !w.now.Before(w.lastKey.Add(time.Second)) { // it was held
			w.step(Input{hw.Input{Kind: hw.Repeat, Key: k}})
			w.step(Input{hw.Input{Kind: hw.Long, Key: k}})
		}
		w.lastKey = w.now
	}
}

// agentActs lets the user agent tell something about one of its calls.
func (w *world) agentActs() {
	// In the order of their numbers, so that a seed replays.
	ids := make([]CallID, 0, 16)
	for id := CallID(1); id < max(w.next, w.lastOwn+2); id++ {
		if w.agent[id] != nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	id := ids[max(0, len(ids)-1-w.chance(4))]
	c := w.agent[id]
	switch w.chance(6) {
	case 0:
		w.step(Asking{id, 1 + w.chance(3)})
	case 1:
		if c.dialled && !c.up {
			media := w.chance(2) == 0
			c.early = c.early || media
			w.step(Progress{id, 100 + w.chance(90), media})
		}
	case 2, 3:
		if !c.up && (c.dialled || c.answered) {
			c.up = true
			w.step(Established{id, 1 + w.chance(2), w.chance(2) == 0})
		}
	case 4:
		switch {
		case c.holding && w.chance(4) == 0:
			c.holding = false
			w.step(HoldFailed{id, 488})
		case c.up:
			c.holding = false
			w.step(MediaChanged{Call: id, LocalHold: w.chance(2) == 0, RemoteHold: w.chance(2) == 0})
		}
	case 5:
		if c.told || w.chance(3) == 0 {
			c.told = true
			w.step(Ended{Call: id, ByRemote: w.chance(2) == 0, Status: []int{0, 486, 404, 503, 200}[w.chance(5)], Cause: failover.Cause(w.chance(10))})
			delete(w.agent, id)
		}
	}
}

func (w *world) turnHook(up bool) {
	w.hook = up
	kind := hw.HookDown
	if up {
		kind = hw.HookUp
	}
	w.step(Input{hw.Input{Kind: kind}})
	if !up && w.talk != 0 && w.route == audio.Handset {
		w.fault("the handset is down and call %d is in the ear", w.talk)
	}
}

// pass lets time pass, with a tick at each deadline.
func (w *world) pass(d time.Duration) {
	until := w.now.Add(d)
	for !w.p.Deadline().After(until) {
		at := w.p.Deadline()
		if !at.After(w.now) {
			w.fault("the deadline %v does not move", at)
			return
		}
		w.now = at
		w.step(Tick{})
	}
	w.now = until
}

func (w *world) step(ev Event) {
	if in, ok := ev.(Input); ok {
		switch in.Kind {
		case hw.HookUp:
			w.hook = true
		case hw.HookDown:
			w.hook = false
		}
	}
	dials := 0
	for _, a := range w.p.Step(w.now, ev) {
		w.action(a)
		if _, ok := a.(Dial); ok {
			dials++
		}
	}
	if dials > 1 {
		w.fault("%T placed %d calls", ev, dials)
	}
	w.check()
}

// live is a call that the phone may still move.
func (w *world) live(id CallID, doing string) *agentCall {
	c := w.agent[id]
	if c == nil || c.told {
		w.fault("%s of call %d, which is over", doing, id)
		return &agentCall{}
	}
	return c
}

func (w *world) action(a Action) {
	switch a := a.(type) {
	case Dial:
		if a.Call%2 != 1 || a.Call <= w.lastOwn {
			w.fault("dialled call %d after %d", a.Call, w.lastOwn)
		}
		for id, c := range w.agent {
			if c.dialled && !c.told && !c.up {
				w.fault("dialled call %d while call %d is not up yet", a.Call, id)
			}
		}
		w.lastOwn = a.Call
		w.agent[a.Call] = &agentCall{dialled: true}
	case Ring:
		w.live(a.Call, "Ring")
	case Answer:
		c := w.live(a.Call, "Answer")
		if c.dialled || c.answered {
			w.fault("call %d is answered again", a.Call)
		}
		c.answered = true
	case Reject:
		if c := w.live(a.Call, "Reject"); c.dialled || c.answered {
			w.fault("call %d is rejected, not hung up", a.Call)
		} else {
			c.told = true
		}
	case Hangup:
		w.live(a.Call, "Hangup").told = true
	case Hold:
		w.holds(a.Call)
	case Resume:
		w.holds(a.Call)
	case SendDigit:
		if !w.live(a.Call, "SendDigit").up || a.Mode == AutoDTMF {
			w.fault("digit in call %d, mode %d", a.Call, a.Mode)
		}
	case Talk:
		w.talk = a.Call
	case Play:
		w.sound = a.Sound
	case Route:
		w.route = a.Route
	case Show:
		if text := strings.Join(Text(a.Screen), "\n"); strings.Contains(text, "%!") || strings.Contains(text, "%d") {
			w.fault("the display shows %q", text)
		}
	case Notify:
		if n := a.Notice; n.Text == "" || strings.Contains(n.Text, "%!") {
			w.fault("notice %+v", n)
		}
	}
}

func (w *world) holds(id CallID) {
	c := w.live(id, "Hold or Resume")
	// A lost answer ends its time: the phone asks again after 40 s at the earliest.
	if c.holding && w.p.find(id) == nil {
		w.fault("call %d is asked to hold once more", id)
	}
	if !c.up {
		w.fault("call %d is asked to hold and is not up", id)
	}
	c.holding = true
}

// check looks for what must hold between any two steps.
func (w *world) check() {
	p := w.p
	if !p.Deadline().After(w.now) {
		w.fault("the deadline is past")
	}
	for id, c := range w.agent {
		if !c.told && p.find(id) == nil {
			w.fault("call %d is forgotten and was never ended", id)
			c.told = true
		}
	}
	up := 0
	for _, c := range p.calls {
		if a := w.agent[c.id]; a == nil || a.told {
			w.fault("call %d is over and the phone has it still", c.id)
		}
		if c.state == CallUp {
			up++
		}
	}
	if up > 1 {
		w.fault("%d calls are in the ear", up)
	}
	if len(p.calls) > maxCalls {
		w.fault("%d calls", len(p.calls))
	}
	if (p.focus == nil) != (len(p.calls) == 0) || p.focus != nil && p.find(p.focus.id) != p.focus {
		w.fault("%d calls, the one shown is %v", len(p.calls), p.focus)
	}
	if p.inEar() != nil && p.ear == earClosed {
		w.fault("call %d goes on with everything on hook", p.focus.id)
	}
	if up == 1 && (p.inEar() == nil || p.inEar().state != CallUp) {
		w.fault("a call is up and not the one in the ear")
	}
	if p.hook != w.hook || p.hook && p.ear == earClosed || !p.hook && p.ear == earHandset {
		w.fault("hook %v (%v), ear %d", p.hook, w.hook, p.ear)
	}
	if w.talk != 0 {
		if a := w.agent[w.talk]; a == nil || a.told || !a.up && !a.early {
			w.fault("call %d is in the ear and has no voice", w.talk)
		}
	}
	if w.sound == audio.Ring && p.ear != earClosed || w.sound == audio.DialTone && (w.talk != 0 || p.dial == nil) {
		w.fault("sound %d with the ear at %d", w.sound, p.ear)
	}
	if s := p.Snapshot(); (s.Call == CallIdle) != (len(s.Calls) == 0) {
		w.fault("the phone is %s with %d calls", s.Call, len(s.Calls))
	}
}

// end puts everything down and ends every call by the keys a user has.
func (w *world) end() {
	w.turnHook(false)
	for range 4 {
		w.step(Input{hw.Input{Kind: hw.Press, Key: hw.KeyReject}})
	}
	if len(w.p.calls) != 0 || w.p.dial != nil && w.p.ear != earClosed {
		w.fault("%d calls can not be ended", len(w.p.calls))
	}
	w.pass(5 * time.Minute)
	if w.sound != audio.Silence || w.talk != 0 || w.p.ear != earClosed {
		w.fault("at rest: sound %d, call %d, ear %d", w.sound, w.talk, w.p.ear)
	}
}
