package phone

import (
	"time"

	"phoned/audio"
	"phoned/hw"
)

const (
	maxCalls   = 2  // in the ear, held or waiting, together
	maxDigits  = 64 // of a dialled number
	maxDTMF    = 32 // digits of a call kept for the display
	failedTime = 5 * time.Second
	bannerTime = 10 * time.Second
	hintTime   = 4 * time.Second
	menuTime   = 60 * time.Second
	toneTime   = 60 * time.Second // dial tone without a digit
	saveDelay  = 3 * time.Second  // a volume is kept when it rests: flash wears out
	// A re-INVITE lives at most 64*T1 = 32 s (RFC 3261 §17.1.1.2); after that the
	// user agent has told its end, or the phone may ask again.
	holdTime = 40 * time.Second
	// A dialled call that rang nowhere is given up so long after the last server
	// was asked: well after the end of every attempt that has a limit.
	callingTime = 180 * time.Second
)

// Phone is one telephone: its calls, its hook, its display. The zero value is
// of no use; see New. It belongs to one goroutine.
type Phone struct {
	cfg Config
	now time.Time
	out []Action

	lines   []line
	offline bool   // the link is down
	address string // of the phone in the network
	fault   string // what of the hardware fails, in words
	dnd     bool   // for all lines, by the user

	calls []*call // alive, in the order in which they began
	focus *call   // the one shown, and in the ear if it is up; nil = none
	next  CallID  // of the next dialled call

	hook    bool // the handset is lifted
	headset bool // plugged in
	ear     ear
	mute    bool
	volumes [volumeCount]int

	dial        *dialling
	failed      *failure
	menu        *menu
	banner      banner
	newFirmware *Firmware // the last news of one; nil = none
	missed      missed
	last        struct { // for redial
		number string
		line   int
	}
	unsaved [volumeCount]bool
	saveAt  time.Time

	shown shown
}

// A banner is a sentence that shows for a while beside everything else.
type banner struct {
	text     string
	alert    bool
	standing bool   // the idle display says the same by itself, and for longer
	asking   bool   // another server is asked: true until one has taken the call
	call     CallID // it goes with the call; 0 = none
	until    time.Time
}

// missed are the calls nobody took, until the user looks.
type missed struct {
	count int
	who   string
	at    time.Time
}

// A failure is a call that ended and still shows why.
type failure struct {
	title  word
	text   string
	detail string // for the administrator
	number string
	line   int
	sound  audio.Sound
	until  time.Time
}

// shown is what the world was told last, so that only changes are told.
type shown struct {
	begun      bool
	talk       CallID
	sound      audio.Sound
	route      audio.Route
	mute       bool
	volume     int
	ringVolume int
	lamps      [hw.LampCount]hw.Light
	screen     hw.Screen
}

// New makes a phone at rest: on hook, no call, no line registered.
func New(cfg Config) *Phone {
	p := &Phone{next: 1}
	p.configure(cfg)
	return p
}

// Step tells the phone one event and returns what to do about it, in order.
// The slice is valid until the next Step. Time never runs back: an earlier now
// counts as the last one.
func (p *Phone) Step(now time.Time, ev Event) []Action {
	if now.After(p.now) {
		p.now = now
	}
	p.out = p.out[:0]
	p.tick()
	switch ev := ev.(type) {
	case Input:
		p.input(ev.Input)
	case LineState:
		p.lineState(ev)
	case LineNotice:
		p.lineNotice(ev)
	case Decided:
		p.decided(ev.Record)
	case Health:
		p.healthTold(ev)
	case Incoming:
		p.incoming(ev)
	case Asking:
		p.asking(ev)
	case Progress:
		p.progress(ev)
	case Established:
		p.established(ev)
	case MediaChanged:
		p.mediaChanged(ev)
	case HoldFailed:
		p.holdFailed(ev)
	case Ended:
		p.ended(ev)
	case Link:
		p.link(ev)
	case Fault:
		p.hardware(ev.Text)
	case Firmware:
		p.firmware(ev)
	case RegisterNow:
		p.registerNow(ev.Line)
	case DrillNow:
		p.drillNow(ev.Line)
	case Reload:
		p.configure(ev.Config)
	}
	p.settle()
	p.tell()
	return p.out
}

func (p *Phone) do(a Action) { p.out = append(p.out, a) }

// configure takes settings; what the phone is in the middle of goes on.
func (p *Phone) configure(cfg Config) {
	cfg.repair()
	p.cfg = cfg
	old := p.lines
	p.lines = make([]line, len(cfg.Lines))
	p.dnd = false
	for i, lc := range cfg.Lines {
		for j := range old {
			if old[j].Number == lc.Number {
				p.lines[i] = old[j]
			}
		}
		p.lines[i].Line = lc
		p.dnd = p.dnd || lc.Enabled && lc.DND
	}
	for v, level := range [volumeCount]int{cfg.HandsetVolume, cfg.SpeakerVolume, cfg.HeadsetVolume, cfg.RingVolume} {
		if !p.unsaved[v] {
			p.volumes[v] = level
		}
	}
}

func (c *Config) repair() {
	orDefault := func(v *int, def int, ok bool) {
		if !ok {
			*v = def
		}
	}
	finalStatus := func(s int) bool { return s >= 300 && s <= 699 }
	orDefault(&c.DNDStatus, 480, finalStatus(c.DNDStatus))
	orDefault(&c.BusyStatus, 486, finalStatus(c.BusyStatus))
	orDefault(&c.RejectStatus, 603, finalStatus(c.RejectStatus))
	for _, v := range []*int{&c.HandsetVolume, &c.SpeakerVolume, &c.HeadsetVolume, &c.RingVolume} {
		*v = min(max(*v, 0), MaxVolume)
	}
	if c.DialTimeout <= 0 {
		c.DialTimeout = 10 * time.Second
	}
	if c.RingTimeout <= 0 {
		c.RingTimeout = 120 * time.Second
	}
	if c.FixedLength <= 0 || c.FixedLength > maxDigits {
		c.DialFixed = false
	}
	if c.Language >= languageCount {
		c.Language = English
	}
}

// hint answers a key that can do nothing now.
func (p *Phone) hint(w word, args ...any) {
	p.notifyFor(hintTime, 0, NoticeHint, Info, p.say(w, args...))
}

// notify tells a notice to those who watch, and to the display as a banner.
func (p *Phone) notify(line int, kind NoticeKind, severity Severity, text string) {
	p.notifyFor(bannerTime, line, kind, severity, text)
}

func (p *Phone) notifyFor(d time.Duration, line int, kind NoticeKind, severity Severity, text string) {
	p.notifyWith(d, Notice{Line: line, Kind: kind, Severity: severity, Text: text})
}

func (p *Phone) notifyWith(d time.Duration, n Notice) {
	p.do(Notify{n})
	p.banner = banner{text: p.withLine(n.Line, n.Text), alert: n.Severity == Error, until: p.now.Add(d)}
	switch n.Kind {
	case NoticeTrying:
		p.banner.asking = true
	case NoticeAllFailed, NoticeRefused, NoticeMoved, NoticeCertificate, NoticeNoNetwork:
		p.banner.standing = true
	case NoticeHardware:
		p.banner.standing = n.Severity == Error
	}
}
