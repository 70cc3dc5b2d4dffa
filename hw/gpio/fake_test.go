package gpio

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"phoned/hw"
	"phoned/hw/hwtest"
)

// layout is the keypad of the tests.
var layout = [][]hw.Key{
	{hw.Key1, hw.Key2, hw.Key3, hw.KeyLine1, hw.KeyLine2, hw.KeyLine3},
	{hw.Key4, hw.Key5, hw.Key6, hw.KeyLine4, hw.KeyHold, hw.KeyTransfer},
	{hw.Key7, hw.Key8, hw.Key9, hw.KeyMute, hw.KeySpeaker, hw.KeyRedial},
	{hw.KeyStar, hw.Key0, hw.KeyPound, hw.KeySend, hw.KeyReject, hw.KeyMenu},
	{hw.KeyVolumeUp, hw.KeyVolumeDown, hw.KeyUp, hw.KeyDown, hw.KeyOK, hw.KeyBack},
	{hw.KeySoft1, hw.KeySoft2, hw.KeySoft3, hw.KeySoft4, hw.NoKey, hw.NoKey},
}

func names(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(prefix, i))
	}
	return all
}

// config is that of a board of which every other lamp and the headset are
// active low.
func config() Config {
	cfg := Config{
		Chip:    "phone-sim",
		Keypad:  Keypad{Rows: names("ROW", 6), Columns: names("COL", 6), Keys: layout},
		Hook:    Switch{Line: "HOOK"},
		Headset: Switch{Line: "HEADSET", ActiveLow: true},
	}
	for i, name := range names("LAMP", int(hw.LampCount)) {
		cfg.Lamps[i] = Lamp{Line: name, ActiveLow: i%2 == 1}
	}
	return cfg
}

// A machine is a host with the copper of a phone behind its lines: levels, not
// meanings. Everything is pulled up; the hook pulls down while the handset
// lies, the plug of a headset while it is in.
type machine struct {
	mu     sync.Mutex
	copper hwtest.Copper
	low    map[string]bool // switches that pull their line down
	out    map[string]bool // the levels of driven lines
	driven uint16          // rows
	banks  []*fakeBank
	absent map[string]string // lines that can not be had, and why
	gone   error             // of every call
	calls  int
}

func newMachine() *machine {
	return &machine{low: map[string]bool{"HOOK": true}, out: map[string]bool{}, absent: map[string]string{}}
}

func (m *machine) find(chip string, lines []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var missing []string
	for _, l := range lines {
		if m.absent[l] != "" {
			missing = append(missing, l+" "+m.absent[l])
		}
	}
	if missing != nil {
		return fmt.Errorf("on %s: %s", chip, strings.Join(missing, ", "))
	}
	return m.gone
}

func (m *machine) take(_ string, r request) (bank, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone != nil {
		return nil, m.gone
	}
	for _, o := range m.banks {
		for _, l := range r.lines {
			if slices.Contains(o.lines, l) {
				return nil, fmt.Errorf("line %s is taken twice", l)
			}
		}
	}
	b := &fakeBank{machine: m, request: r, edge: make(chan struct{}, 1)}
	m.banks = append(m.banks, b)
	b.drive(^uint64(0), 0)
	b.old = b.active()
	return b, nil
}

func (*machine) settle(time.Duration) {}

// change does something to the copper, and the lines see it.
func (m *machine) change(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
	for _, b := range m.banks {
		now := b.active()
		switch b.use {
		case asColumn:
			b.pending = b.pending || now&^b.old != 0
		case asSwitch:
			b.pending = b.pending || now != b.old
		}
		b.old = now
		b.deliver()
	}
}

// fakeBank is a bank of a machine.
type fakeBank struct {
	*machine
	request
	edge           chan struct{}
	armed, pending bool
	old            uint64
}

func (b *fakeBank) deliver() {
	if b.armed && b.pending {
		b.armed, b.pending = false, false
		select {
		case b.edge <- struct{}{}:
		default:
		}
	}
}

// drive sets levels; machine.mu is held.
func (b *fakeBank) drive(mask, values uint64) {
	for i, line := range b.lines {
		if mask>>i&1 == 0 {
			continue
		}
		high := (values^b.activeLow)>>i&1 != 0
		switch b.use {
		case asLamp:
			b.out[line] = high
		case asRow: // an open drain
			b.driven &^= 1 << i
			if !high {
				b.driven |= 1 << i
			}
		}
	}
}

// active are the lines as they read; machine.mu is held.
func (b *fakeBank) active() (values uint64) {
	high := ^uint64(0)
	switch b.use {
	case asColumn:
		high = ^uint64(b.copper.Columns(b.driven))
	case asSwitch:
		if b.low[b.lines[0]] {
			high = 0
		}
	}
	return (high ^ b.activeLow) & (1<<len(b.lines) - 1)
}

func (b *fakeBank) set(mask, values uint64) error {
	b.mu.Lock()
	gone := b.gone
	b.calls++
	b.mu.Unlock()
	if gone != nil {
		return gone
	}
	b.change(func() { b.drive(mask, values) })
	return nil
}

func (b *fakeBank) get() (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	return b.active(), b.gone
}

func (b *fakeBank) watch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = true
	b.deliver()
}

func (b *fakeBank) edges() <-chan struct{} { return b.edge }

func (b *fakeBank) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.banks = slices.DeleteFunc(b.banks, func(o *fakeBank) bool { return o == b })
}

// A hand moves the copper and looks at the lamps. What it does takes the time
// that it takes a person.
type hand struct {
	*machine
	cfg *Config
}

const fingerTime = 60 * time.Millisecond

func (h hand) key(k hw.Key, down bool) {
	for r, row := range layout {
		if c := slices.Index(row, k); c >= 0 {
			h.change(func() { h.copper.Set(r, c, down) })
		}
	}
	time.Sleep(fingerTime)
}

func (h hand) Press(k hw.Key)   { h.key(k, true) }
func (h hand) Release(k hw.Key) { h.key(k, false) }

func (h hand) Hook(up bool) {
	h.change(func() { h.low["HOOK"] = !up })
	time.Sleep(fingerTime)
}

func (h hand) Headset(in bool) {
	h.change(func() { h.low["HEADSET"] = in })
	time.Sleep(fingerTime)
}

// shines tells whether a lamp shines.
func (h hand) shines(l hw.Lamp) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out[h.cfg.Lamps[l].Line] != h.cfg.Lamps[l].ActiveLow
}

// Light watches a lamp for a while.
func (h hand) Light(l hw.Lamp) hw.Light {
	const every = 125 * time.Millisecond
	time.Sleep(every / 2)
	var seen uint32
	for i := range 32 {
		if h.shines(l) {
			seen |= 1 << i
		}
		time.Sleep(every)
	}
	switch changes := bits.OnesCount32((seen ^ seen>>1) &^ (1 << 31)); {
	case seen == 0:
		return hw.Off
	case seen == 1<<32-1:
		return hw.On
	case changes >= 15:
		return hw.Fast
	case changes >= 3 && changes <= 4:
		return hw.Slow
	default:
		return hw.Light(99)
	}
}

func (h hand) Shows(string) bool { return false }

// errNoDevice is what the kernel says of lines whose chip has gone.
var errNoDevice = errors.New("no such device")

// openPanel makes a panel on a new machine.
func openPanel(t *testing.T, change func(*Config)) (*Panel, hand) {
	t.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	m := newMachine()
	p, err := open(cfg, m)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(fingerTime)
	return p, hand{m, &cfg}
}
