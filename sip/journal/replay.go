package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"phoned/sip/failover"
)

// A Report is what a replay has shown.
type Report struct {
	Program string // version that recorded
	Lines   []Replayed
}

// Same tells whether the present program did in every step what was recorded.
func (r *Report) Same() bool {
	return !slices.ContainsFunc(r.Lines, func(l Replayed) bool { return l.Decides != nil || l.Acts != nil })
}

// A Replayed is the replay of one line.
type Replayed struct {
	Line      int
	Steps     int
	Since     time.Time // of the first step
	Until     time.Time // of the last
	Decisions []Record  // as they were recorded
	// Decides is the first step at which the present program decides otherwise, and
	// where the replay of the line ended; nil = it decides the same.
	Decides *Difference
	// Acts is the first step at which it decides the same and yet does something
	// else: another packet, another notice, or the next one at another time.
	Acts *Difference
}

// A Difference is one step in which recording and present program differ.
type Difference struct {
	FileLine int
	Time     time.Time
	Event    string   // as it stands in the file
	Recorded []Record // decisions
	Present  []Record
	Actions  []string // all that the present program asks for
}

// errShort says that a file has no end, as one that was cut off has.
var errShort = errors.New("the file ends too early: it was cut off")

// Replay runs a text of Write through the present program. An error says what
// is wrong with the text, and in which of its lines.
func Replay(in io.Reader) (*Report, error) {
	p := player{report: &Report{}}
	text := bufio.NewScanner(in)
	text.Buffer(nil, maxWidth)
	for text.Scan() {
		p.number++
		s, _, _ := strings.Cut(text.Text(), "#")
		if err := p.take(strings.Fields(s)); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.number, err)
		}
	}
	switch err := text.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d: longer than %d bytes", p.number+1, maxWidth)
	case err != nil:
		return nil, fmt.Errorf("read the record: %w", err)
	case !p.begun:
		return nil, errors.New("an empty file")
	case p.line != nil:
		return nil, errShort
	}
	return p.report, nil
}

// A player reads a recording and replays it, line by line of the text.
type player struct {
	report *Report
	number int // of the line of the text
	begun  bool

	line    *Replayed // the one that is read; nil between two
	zero    time.Time
	seed    uint64
	cfg     failover.Config
	core    *failover.Line
	state   []byte // of the segment that begins
	fresh   bool   // that segment begins with New
	segment bool   // a segment has begun and has no step yet
	at      time.Duration
	actions []failover.Action

	// The step before, whose recorded decisions are still being read.
	step *played
}

// A played is one step, as it was and as it is.
type played struct {
	number   int
	at       time.Duration
	event    failover.Event
	sum      uint32 // as recorded
	decides  []failover.Action
	present  []failover.Action
	presence uint32 // the present sum
	skipped  bool   // the replay has ended already
}

func (p *player) take(words []string) error {
	switch {
	case len(words) == 0:
		return nil
	case !p.begun:
		if strings.Join(words, " ") != magic {
			return errors.New("this is no record of a phone, or one of another form")
		}
		p.begun = true
		return nil
	case words[0] == "decide":
		return p.decision(words)
	}
	p.settle()
	switch words[0] {
	case "program":
		if len(words) == 2 {
			p.report.Program, _ = url.PathUnescape(words[1])
		}
		return nil
	case "line":
		return p.begin(words)
	}
	if p.line == nil {
		return fmt.Errorf("%.40q stands outside of a line's record", words[0])
	}
	if c := words[0][0]; c >= '0' && c <= '9' {
		return p.play(words)
	}
	return p.head(words)
}

// begin is the start of a line's record.
func (p *player) begin(words []string) error {
	if p.line != nil {
		return errShort
	}
	if len(words) != 2 {
		return errors.New("a line needs a number")
	}
	n, err := strconv.Atoi(words[1])
	if err != nil || n < 1 {
		return fmt.Errorf("%.40q is no line", words[1])
	}
	*p = player{report: p.report, number: p.number, begun: true, actions: p.actions, line: &Replayed{Line: n}}
	return nil
}

// head takes what stands before the steps of a segment.
func (p *player) head(words []string) (err error) {
	one := func() string {
		if len(words) == 2 {
			return words[1]
		}
		return ""
	}
	if p.core != nil && (words[0] == "zero" || words[0] == "seed" || words[0] == "config" || words[0] == "server") {
		return fmt.Errorf("%s after the first step", words[0])
	}
	switch words[0] {
	case "zero":
		if p.zero, err = time.Parse(time.RFC3339Nano, one()); err != nil {
			return fmt.Errorf("%.40q is no date", one())
		}
	case "seed":
		if p.seed, err = strconv.ParseUint(one(), 16, 64); err != nil {
			return fmt.Errorf("%.40q is no seed", one())
		}
	case "config":
		servers := p.cfg.Servers
		p.cfg, err = readConfig(words[1:])
		p.cfg.Servers = servers
	case "server":
		s, err := readServer(words[1:])
		if err != nil {
			return err
		}
		if len(p.cfg.Servers) == maxServers {
			return errors.New("too many servers")
		}
		p.cfg.Servers = append(p.cfg.Servers, s)
	case "segment":
		p.segment, p.state, p.fresh = true, nil, one() == "new"
		if !p.fresh {
			p.at, err = readSeconds(one())
		}
	case "state":
		if !p.segment || p.fresh {
			return errors.New("a state that belongs to no segment")
		}
		p.state, err = readState(p.state, one())
	case "end":
		p.report.Lines = append(p.report.Lines, *p.line)
		p.line = nil
	default:
		return fmt.Errorf("%.40q: %w", words[0], errField)
	}
	return err
}

// play replays one step.
func (p *player) play(words []string) error {
	at, e, sum, err := readStep(words)
	if err != nil {
		return err
	}
	if p.segment {
		if err := p.open(); err != nil {
			return err
		}
	}
	if p.core == nil {
		return errors.New("a step before the first segment")
	}
	if at < p.at {
		return fmt.Errorf("%s is before the step before", words[0])
	}
	p.at = at
	date := p.zero.Add(at)
	if p.line.Steps == 0 {
		p.line.Since = date
	}
	p.line.Until = date
	p.line.Steps++
	p.step = &played{number: p.number, at: at, event: e, sum: sum, skipped: p.line.Decides != nil}
	if p.step.skipped {
		return nil
	}
	if err := p.run(at, e); err != nil {
		return err
	}
	p.step.presence = hashOf(p.actions, p.core.Deadline())
	for _, a := range p.actions {
		if a.Kind == failover.Decide && len(p.step.present) < decidesMax {
			p.step.present = append(p.step.present, plain(a))
		}
	}
	return nil
}

// run tells the core one event. A core that panics is a finding, not an end of
// the program that looks for it.
func (p *player) run(at time.Duration, e failover.Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the present program panics at this step: %v", r)
		}
	}()
	p.actions = p.core.Step(at, e, p.actions[:0])
	return nil
}

// open makes the core with which a segment begins.
func (p *player) open() error {
	p.segment = false
	if p.fresh {
		p.core = failover.New(p.cfg, p.seed)
		return nil
	}
	core, err := failover.Restore(p.cfg, p.state)
	switch {
	case err == nil && p.line.Decides == nil:
		p.core = core
	case p.core == nil:
		return fmt.Errorf("begin with the recorded state: %w", err)
	}
	// A core that has come here by itself goes on.
	return nil
}

// decision takes a recorded decision of the step before it.
func (p *player) decision(words []string) error {
	if p.step == nil {
		return errors.New("a decision without a step")
	}
	a, err := readDecision(words)
	if err != nil {
		return err
	}
	p.step.decides = append(p.step.decides, a)
	return nil
}

// settle compares a step, of which all is read now.
func (p *player) settle() {
	s := p.step
	if s == nil {
		return
	}
	p.step = nil
	recorded := p.records(s, s.decides)
	p.line.Decisions = append(p.line.Decisions, recorded...)
	if s.skipped {
		return
	}
	same := slices.Equal(s.decides, s.present)
	if same && (s.sum == s.presence || p.line.Acts != nil) {
		return
	}
	d := &Difference{
		FileLine: s.number, Time: p.zero.Add(s.at), Event: string(appendEvent(nil, s.event)),
		Recorded: recorded, Present: p.records(s, s.present),
	}
	for _, a := range p.actions {
		d.Actions = append(d.Actions, describe(a))
	}
	if same {
		p.line.Acts = d
	} else {
		p.line.Decides = d
	}
}

// plain is a decision without what the file does not hold.
func plain(a failover.Action) failover.Action {
	return failover.Action{
		Kind: a.Kind, Decision: a.Decision, Method: a.Method, Cause: a.Cause, From: a.From, Server: a.Server,
		Status: a.Status, ID: a.ID, Tx: a.Tx, Cost: a.Cost, At: a.At,
	}
}

func (p *player) records(s *played, decides []failover.Action) (out []Record) {
	for _, a := range decides {
		out = append(out, Of(p.line.Line, p.zero.Add(s.at), a, p.zero.Add, p.target))
	}
	return out
}

// target is a server of an action. Which address was meant by a name is not
// recorded, only the how manieth.
func (p *player) target(i int8) Target {
	each := min(max(p.cfg.Targets, 1), failover.MaxTargets)
	server := int(i) / each
	if i < 0 || server >= len(p.cfg.Servers) {
		return Target{}
	}
	t := Target{Server: server + 1, Address: p.cfg.Servers[server].String()}
	if n := int(i) % each; n > 0 {
		t.Address += " #" + strconv.Itoa(n+1)
	}
	return t
}
