package keypad

import (
	"fmt"
	"time"

	"phoned/hw"
)

// A phase is what a matrix is doing.
type phase uint8

const (
	away     phase = iota // the lines are not there
	starting              // the first scan: what is down already was not pressed
	watching              // all rows are driven, an edge wakes
	scanning              // something is or was down
)

// A Matrix is the keys of a phone. The zero value is of no use; see NewMatrix.
type Matrix struct {
	cfg      Config
	columns  int
	contacts []contact // row by row
	out      []Action

	phase phase
	asked Rows      // which rows a Scan is under way for
	next  time.Time // of the next Scan; zero = none

	frame     Frame     // of the last whole scan
	scannedAt time.Time // when that was
	still     time.Time // since when it is the same
}

// NewMatrix makes a matrix whose lines are not there yet: its first event is
// Ready.
func NewMatrix(cfg Config) (*Matrix, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	m := &Matrix{cfg: cfg, columns: len(cfg.Keys[0])}
	for _, row := range cfg.Keys {
		for _, k := range row {
			m.contacts = append(m.contacts, contact{key: k})
		}
	}
	// A step can tell at the most three things of every key.
	m.out = make([]Action, 0, 3*len(m.contacts)+1)
	return m, nil
}

// Deadline is when a Tick is due; zero = none.
func (m *Matrix) Deadline() time.Time {
	if m.asked != 0 {
		return time.Time{}
	}
	return m.next
}

// Step tells the matrix one event and returns what to do about it, in order.
// The slice is valid until the next Step.
func (m *Matrix) Step(now time.Time, ev Event) []Action {
	m.out = m.out[:0]
	switch ev.Kind {
	case Ready:
		if m.phase == away {
			m.phase = starting
			m.scan(m.rows())
		}
	case Edge:
		switch calm := m.scannedAt.Add(m.cfg.Scan); {
		case m.phase != watching || m.asked != 0:
		case now.Before(calm): // a contact that chatters does not set the pace
			m.phase, m.still, m.next = scanning, now, calm
		default:
			m.rouse(now)
		}
	case Tick:
		switch {
		case m.asked != 0 || m.next.IsZero() || now.Before(m.next):
		case m.phase == watching:
			m.scan(m.disordered())
		default:
			m.scan(m.rows())
		}
	case Scanned:
		if m.asked == 0 {
			break
		}
		asked := m.asked
		m.asked = 0
		for r := range m.rowCount() {
			ev.Frame[r] &= 1<<m.columns - 1
		}
		switch m.phase {
		case starting:
			m.start(now, &ev.Frame)
		case watching:
			m.look(now, asked, &ev.Frame)
		case scanning:
			m.scanned(now, &ev.Frame)
		}
	case Lost:
		m.lost()
	}
	return m.out
}

func (m *Matrix) rowCount() int { return len(m.cfg.Keys) }

func (m *Matrix) rows() Rows { return Rows(1<<m.rowCount() - 1) }

func (m *Matrix) at(row, column int) *contact { return &m.contacts[row*m.columns+column] }

// disordered are the rows with a contact that is out of order.
func (m *Matrix) disordered() (rows Rows) {
	for i := range m.contacts {
		if m.contacts[i].disorder != sound {
			rows |= 1 << (i / m.columns)
		}
	}
	return rows
}

func (m *Matrix) scan(rows Rows) {
	m.asked = rows
	m.out = append(m.out, Action{Kind: Scan, Rows: rows})
}

// watch goes to rest. A contact out of order would hold its column down and
// hide every other key of it, so its row is not driven: the other rows can
// wake, and that row is looked at now and then.
func (m *Matrix) watch(now time.Time) {
	m.phase, m.next = watching, time.Time{}
	bad := m.disordered()
	if bad != 0 {
		m.next = now.Add(lookEvery)
	}
	m.out = append(m.out, Action{Kind: Watch, Rows: m.rows() &^ bad})
}

// rouse begins to scan.
func (m *Matrix) rouse(now time.Time) {
	m.phase, m.still = scanning, now
	m.scan(m.rows())
}

// start takes the first scan. What is down was not pressed for this phone, or
// was so long ago: it counts when it has been up.
func (m *Matrix) start(now time.Time, f *Frame) {
	for r := range m.rowCount() {
		for c := range m.columns {
			o := m.at(r, c)
			if o.disorder == sound && f[r]>>c&1 != 0 {
				o.down, o.since = true, now
			}
		}
	}
	m.phase, m.still = scanning, now
	m.scanned(now, f)
}

// look takes a scan of the rows with contacts out of order.
func (m *Matrix) look(now time.Time, asked Rows, f *Frame) {
	moved := false
	for r := range m.rowCount() {
		if asked>>r&1 == 0 {
			continue
		}
		for c := range m.columns {
			o, closed := m.at(r, c), f[r]>>c&1 != 0
			switch {
			case o.disorder == sound:
				moved = moved || closed
			case o.heal(now, closed):
				m.fault(r, c, "")
			}
		}
	}
	if moved {
		m.rouse(now)
		return
	}
	m.watch(now)
}

// scanned takes a scan of all rows.
func (m *Matrix) scanned(now time.Time, f *Frame) {
	m.scannedAt = now
	if *f != m.frame {
		m.frame, m.still = *f, now
	}
	var doubt Frame
	if !m.cfg.Diodes {
		doubt = doubtful(f, m.rowCount())
	}
	restless := false
	for r := range m.rowCount() {
		for c := range m.columns {
			o, closed, doubted := m.at(r, c), f[r]>>c&1 != 0, doubt[r]>>c&1 != 0
			switch {
			case doubted:
				o.doubt()
			case o.disorder != sound:
				if o.heal(now, closed) {
					m.fault(r, c, "")
				}
			case o.read(now, closed, m.cfg.Debounce):
				m.turn(now, r, c)
			}
			if o.disorder == sound && o.down {
				m.held(now, r, c, doubted)
			}
			restless = restless || o.restless()
		}
	}
	bad := m.disordered()
	for r := range m.rowCount() {
		restless = restless || bad>>r&1 == 0 && f[r] != 0
	}
	switch {
	case !restless:
		m.watch(now)
	case now.Sub(m.still) >= m.cfg.Stuck: // something lies on the keys
		m.next = now.Add(lookEvery)
	default:
		m.next = now.Add(m.cfg.Scan)
	}
}

// turn takes a contact that has gone up or down.
func (m *Matrix) turn(now time.Time, row, column int) {
	o := m.at(row, column)
	switch {
	case !o.down:
		m.release(o)
	case !o.taps.take(now, tapEvery, mostTaps):
		m.disorder(row, column, chattering)
	default:
		o.since, o.long, o.repeats, o.repeat = now, false, 0, now.Add(m.cfg.RepeatAfter)
		if o.key != hw.NoKey {
			o.told = true
			m.tell(hw.Press, o.key)
		}
	}
}

// held takes the time of a contact that is down, or was before the doubt.
func (m *Matrix) held(now time.Time, row, column int, doubted bool) {
	o := m.at(row, column)
	if now.Sub(o.since) >= m.cfg.Stuck {
		m.disorder(row, column, stuck)
		return
	}
	if !o.told || doubted {
		return
	}
	if !o.long && now.Sub(o.since) >= m.cfg.Long {
		o.long = true
		m.tell(hw.Long, o.key)
	}
	if repeats(o.key) && o.repeats < mostRepeats && !now.Before(o.repeat) {
		o.repeats++
		o.repeat = now.Add(m.cfg.RepeatEvery)
		m.tell(hw.Repeat, o.key)
	}
}

// disorder stops listening to a contact until it is well again.
func (m *Matrix) disorder(row, column int, why disorder) {
	o := m.at(row, column)
	m.release(o)
	*o = contact{key: o.key, disorder: why}
	switch {
	case o.key == hw.NoKey:
		m.fault(row, column, fmt.Sprintf("The keypad has a short circuit (row %d, column %d).", row+1, column+1))
	case why == stuck:
		m.fault(row, column, fmt.Sprintf("Key %s seems to be stuck.", o.key))
	default:
		m.fault(row, column, fmt.Sprintf("Key %s makes bad contact.", o.key))
	}
}

// lost forgets what is down: nobody sees it go up.
func (m *Matrix) lost() {
	for i := range m.contacts {
		o := &m.contacts[i]
		m.release(o)
		*o = contact{key: o.key, disorder: o.disorder, taps: o.taps}
	}
	m.phase, m.asked, m.next, m.frame = away, 0, time.Time{}, Frame{}
}

func (m *Matrix) release(o *contact) {
	if o.told {
		o.told = false
		m.tell(hw.Release, o.key)
	}
}

func (m *Matrix) tell(kind hw.InputKind, k hw.Key) {
	m.out = append(m.out, Action{Kind: Tell, Input: hw.Input{Kind: kind, Key: k}})
}

// fault tells that a contact is out of order, or that it is not any more.
func (m *Matrix) fault(row, column int, text string) {
	m.out = append(m.out, Action{Kind: Tell, Input: hw.Input{Kind: hw.Fault, Key: m.at(row, column).key, Text: text}})
}
