package failover

import (
	"flag"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"phoned/sip"
)

var deeper = flag.Int("deeper", 0, "levels beyond the usual depth of the exploration")

// exploredCase is a small world and how deep it is explored.
type exploredCase struct {
	name  string
	depth int
	shape bool // scenes that differ in no more than distant times are one
	mute  uint
	left  budget
	set   func(*Config)
}

var (
	justCalls  = budget{dials: 1}
	talks      = budget{dials: 1, requests: 2, links: 2}
	everything = budget{dials: 1, forks: 1, registers: 1, links: 2, resets: 1, hears: 2, drills: 1, stop: true}
)

var exploredCases = []exploredCase{
	{name: "calls", depth: 6, mute: muted(100, 180, 200, 401, 486, 503), left: justCalls},
	{name: "everything", depth: 5, left: budget{dials: 1, forks: 1, registers: 1, links: 2, stop: true}},
	{name: "silence", depth: 10, mute: muted(180, 200), left: justCalls, shape: true, set: func(c *Config) {
		c.Retries = 0
	}},
	{name: "tcp", depth: 5, left: budget{dials: 1, registers: 1, resets: 1}, set: func(c *Config) {
		c.Servers[0].Transport, c.Servers[1].Transport = sip.TCP, sip.TCP
	}},
	{name: "smart calls", depth: 6, mute: muted(100, 180, 200, 401, 486, 503), left: justCalls, set: func(c *Config) {
		c.Smart = true
	}},
	{name: "smart everything", depth: 5, left: everything, set: func(c *Config) {
		c.Smart, c.Device = true, 1<<31
	}},
	{name: "smart silence", depth: 8, mute: muted(100, 180, 200), left: justCalls, shape: true, set: func(c *Config) {
		c.Smart = true
	}},
	{name: "smart tcp", depth: 5, left: everything, set: func(c *Config) {
		c.Smart = true
		c.Servers[0].Transport = sip.TCP
	}},
	{name: "standby calls", depth: 6, mute: muted(100, 180, 200, 401, 486, 503), left: justCalls, set: func(c *Config) {
		c.Smart, c.Standby = true, true
	}},
	{name: "standby everything", depth: 4, left: everything, set: func(c *Config) {
		c.Smart, c.Standby = true, true
	}},
	{name: "standby, not smart", depth: 5, left: everything, set: func(c *Config) {
		c.Standby = true
	}},
	{name: "in dialog", depth: 6, mute: muted(100, 200, 503), left: talks, set: func(c *Config) {
		c.Retries = 0
	}},
	{name: "smart in dialog", depth: 6, mute: muted(100, 200, 503), left: talks, set: func(c *Config) {
		c.Smart = true
	}},
	{name: "keep-alive", depth: 6, mute: muted(200, 403, 503), left: budget{dials: 1, registers: 1}, set: func(c *Config) {
		c.KeepAlive, c.KeepAliveEvery = OptionsAlive, 15*time.Second
	}},
	{name: "smart keep-alive", depth: 6, mute: muted(200, 403, 503), left: budget{hears: 2, drills: 1}, set: func(c *Config) {
		c.KeepAlive, c.KeepAliveEvery = OptionsAlive, 15*time.Second
		c.Smart, c.Device = true, 1<<30
	}},
	{name: "two targets", depth: 6, mute: muted(100, 200, 486, 503), left: budget{dials: 1, names: 2}, set: oneServer},
	{name: "smart, two targets", depth: 6, mute: muted(100, 200, 486, 503), left: budget{dials: 1, names: 2, hears: 1}, set: func(c *Config) {
		oneServer(c)
		c.Smart = true
	}},
}

// oneServer has two targets instead of two servers with one each.
func oneServer(c *Config) { c.Servers, c.Targets = c.Servers[:1], exploredServers }

// smallConfig has the same rules as the defaults of the settings, with short
// intervals, so that few moves meet all of them.
func smallConfig() Config {
	cfg := testConfig(exploredServers)
	cfg.Retries = 1
	cfg.FailbackInterval = 40 * time.Second
	for i := range cfg.Servers {
		cfg.Servers[i].TTL = 100 * time.Second
	}
	return cfg
}

// TestExplore goes to every state that the small world can reach within so many
// moves, in every order in which they can happen, and holds each against the
// rules; and from each it lets the servers fall silent, recover, or the phone
// stop, and looks at what comes of it.
func TestExplore(t *testing.T) {
	for _, c := range exploredCases {
		t.Run(c.name, func(t *testing.T) {
			cfg := smallConfig()
			if c.set != nil {
				c.set(&cfg)
			}
			w := newSearch(cfg, c)
			began := time.Now()
			for range c.depth + *deeper - shallower() {
				w.level()
				if len(w.found) > 0 {
					break
				}
			}
			t.Logf("%d states, %d moves, depth %d after the start, in %v", w.states(), w.tried.Load(), w.depth, time.Since(began).Round(time.Millisecond))
			for _, f := range w.found {
				t.Errorf("%s\n%s", f.why, w.tell(f))
			}
		})
	}
}

var walks = flag.Int("walks", 2000, "random walks of the exploration in each small world")

// TestExploreWalks goes far instead of everywhere: it takes one move after the
// other at random, with a user who goes on calling.
func TestExploreWalks(t *testing.T) {
	var moves atomic.Int64
	for _, c := range exploredCases {
		cfg := smallConfig()
		if c.set != nil {
			c.set(&cfg)
		}
		left := c.left
		left.dials, left.registers, left.links, left.forks, left.stop = 4, 3, 4, 3, false
		var told atomic.Bool
		eachSeed(*walks>>shallower(), func(seed uint64) {
			x := &explorer{cfg: cfg}
			moves.Add(int64(x.walk(left, seed)))
			if x.broken != "" && told.CompareAndSwap(false, true) {
				x.trace = new(strings.Builder)
				x.walk(left, seed)
				lines := strings.Split(x.trace.String(), "\n")
				t.Errorf("%s, walk %d: %s\n%s", c.name, seed, x.broken, strings.Join(lines[max(0, len(lines)-60):], "\n"))
			}
		})
	}
	t.Logf("%d moves", moves.Load())
}

// walk makes moves at random and returns how many; x.broken tells what went
// wrong.
func (x *explorer) walk(left budget, seed uint64) (n int) {
	s := newScene(x.cfg, left)
	r := random(seed)
	rootWays[seed%uint64(len(rootWays))](x, s)
	for n = 0; n < 150 && s.broken == ""; n++ {
		m := x.enumerate(s)
		if len(m) == 0 || s.n > maxSceneTxs-4 || s.nc > maxSceneCalls-3 {
			break
		}
		next := m[r.next()%uint64(len(m))]
		if r.next()%3 == 0 && m[0].kind == wait {
			next = m[0]
		}
		x.do(s, next)
	}
	if s.broken == "" {
		fates[r.next()%uint64(len(fates))](x, s)
	}
	x.broken = s.broken
	return n
}

// shallower is how many levels less are explored on an emulated processor and
// where `go test -short` is asked for.
func shallower() int {
	if testing.Short() || runtime.GOARCH == "arm" {
		return 2
	}
	return 0
}

// node is a state that was found: the move that led there from another one.
type node struct {
	parent int32 // below 0: root -1-parent
	move   move
}

// finding is a broken rule.
type finding struct {
	why    string
	parent int32
	move   move
	fate   int // which end of the scene broke it; -1: the move itself
}

// search is a breadth-first search over the scenes of one small world. A state
// is kept as the way to it; only its key is remembered.
type search struct {
	cfg    Config
	roots  []*scene
	nodes  []node
	from   int // where the last level begins in nodes
	depth  int
	seen   [256]seen
	tried  atomic.Int64
	mu     sync.Mutex
	found  []finding
	known  map[string]bool
	worker []*worker
}

// seen remembers by which way a state is reached: the level, the state before
// and the move, in one number. Of two ways of one level it is the smaller one,
// whoever comes first, so that a search is the same each time.
type seen struct {
	mu   sync.Mutex
	ways map[uint64]uint64
}

func wayOf(level int, parent int32, m move) uint64 {
	return uint64(level)<<56 | uint64(parent)<<24 | uint64(m.kind)<<16 | uint64(m.arg)<<8 | uint64(m.say)
}

func nodeOf(way uint64) node {
	return node{
		parent: int32(way >> 24 & math.MaxUint32),
		move:   move{kind: moveKind(way >> 16), arg: uint8(way >> 8), say: uint8(way)},
	}
}

// worker explores on one processor.
type worker struct {
	explorer
	search *search
	path   []*scene // scenes on the way to the state that is explored
	ids    []int32  // their nodes
	next   *scene
	fate   *scene
}

func newSearch(cfg Config, c exploredCase) *search {
	w := &search{cfg: cfg, known: map[string]bool{}}
	for i := range w.seen {
		w.seen[i].ways = map[uint64]uint64{}
	}
	for range runtime.GOMAXPROCS(0) {
		w.worker = append(w.worker, &worker{
			explorer: explorer{cfg: cfg, mute: c.mute}, search: w, next: newScene(cfg, c.left), fate: newScene(cfg, c.left),
		})
	}
	x := &w.worker[0].explorer
	for i, way := range rootWays {
		s := newScene(cfg, c.left)
		s.shape = c.shape
		way(x, s)
		w.roots = append(w.roots, s)
		if w.first(s.key(), 0) {
			w.nodes = append(w.nodes, node{parent: int32(-1 - i)})
		}
	}
	return w
}

func begin(x *explorer, s *scene) {
	if x.cfg.Targets > 1 {
		x.do(s, move{kind: names, arg: 2})
		s.left.names++
	}
	x.step(s, Event{Kind: Start})
}

// rootWays lead to where the exploration starts.
var rootWays = []func(*explorer, *scene){
	begin,
	func(x *explorer, s *scene) { // registered at the primary
		begin(x, s)
		x.answer(s, 0, &reply{status: 200})
	},
	func(x *explorer, s *scene) { // registered at the backup
		begin(x, s)
		x.do(s, move{kind: icmp})
		x.answer(s, 0, &reply{status: 200})
	},
}

// first tells whether key k is new, and remembers the way to it.
func (w *search) first(k, way uint64) bool {
	s := &w.seen[k>>56]
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.ways[k]
	if !ok || old > way { // a later level is never smaller
		s.ways[k] = way
	}
	return !ok
}

func (w *search) states() (n int) {
	for i := range w.seen {
		n += len(w.seen[i].ways)
	}
	return n
}

// level explores every state of the last level.
func (w *search) level() {
	var next atomic.Int64
	var wg sync.WaitGroup
	from, to := w.from, len(w.nodes)
	const chunk = 64
	for _, k := range w.worker {
		wg.Go(func() {
			for {
				a := from + int(next.Add(chunk)) - chunk
				if a >= to {
					return
				}
				for i := a; i < min(a+chunk, to); i++ {
					k.expand(int32(i))
				}
			}
		})
	}
	wg.Wait()
	w.from = to
	w.depth++
	var ways []uint64
	for i := range w.seen {
		for _, way := range w.seen[i].ways {
			if way>>56 == uint64(w.depth) {
				ways = append(ways, way)
			}
		}
	}
	slices.Sort(ways)
	for _, way := range ways {
		w.nodes = append(w.nodes, nodeOf(way))
	}
}

// scene goes to state i and returns it.
func (k *worker) scene(i int32) *scene {
	var way [64]int32
	n := 0
	for j := i; j >= 0; j = k.search.nodes[j].parent {
		way[n] = j
		n++
	}
	for len(k.path) < n {
		k.path = append(k.path, newScene(k.cfg, budget{}))
		k.ids = append(k.ids, -1)
	}
	for j := range n {
		id := way[n-1-j]
		if k.ids[j] == id {
			continue
		}
		for l := j; l < len(k.ids); l++ {
			k.ids[l] = -1
		}
		k.ids[j] = id
		v := &k.search.nodes[id]
		if j == 0 {
			k.path[0].set(k.search.roots[-1-v.parent])
			continue
		}
		k.path[j].set(k.path[j-1])
		k.do(k.path[j], v.move)
	}
	return k.path[n-1]
}

// expand makes every move that is possible in state i.
func (k *worker) expand(i int32) {
	s := k.scene(i)
	moves := append([]move(nil), k.enumerate(s)...)
	k.search.tried.Add(int64(len(moves)))
	for _, m := range moves {
		k.next.set(s)
		k.do(k.next, m)
		if k.next.broken != "" {
			k.search.report(finding{why: k.next.broken, parent: i, move: m, fate: -1})
			continue
		}
		key := k.next.key()
		if !k.search.first(key, wayOf(k.search.depth+1, i, m)) {
			continue
		}
		if k.search.depth >= allFates && key%someFates != 0 {
			continue
		}
		for f, fate := range fates {
			k.fate.set(k.next)
			fate(&k.explorer, k.fate)
			if k.fate.broken != "" {
				k.search.report(finding{why: k.fate.broken, parent: i, move: m, fate: f})
			}
		}
	}
}

// Every state is followed to its ends up to this depth, then one in so many: by
// then the rules have nearly always been met before.
const (
	allFates  = 3
	someFates = 16
)

// fates are what may become of a scene in the end.
var fates = []func(*explorer, *scene){
	(*explorer).silence,
	(*explorer).health,
	func(x *explorer, s *scene) { x.only(s, 0) },
	func(x *explorer, s *scene) { x.only(s, 1) },
	(*explorer).end,
}

// report keeps the first few findings that are not alike.
func (w *search) report(f finding) {
	alike := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, f.why)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.known[alike] && len(w.found) < 6 {
		w.known[alike] = true
		w.found = append(w.found, f)
	}
}

// tell writes what led to a finding.
func (w *search) tell(f finding) string {
	var way []move
	root := int32(0)
	for j := f.parent; ; j = w.nodes[j].parent {
		if w.nodes[j].parent < 0 {
			root = -1 - w.nodes[j].parent
			break
		}
		way = append(way, w.nodes[j].move)
	}
	x := &explorer{cfg: w.cfg, trace: new(strings.Builder)}
	s := newScene(w.cfg, w.roots[root].left)
	rootWays[root](x, s)
	for i := range way {
		x.do(s, way[len(way)-1-i])
	}
	x.do(s, f.move)
	if f.fate >= 0 {
		x.trace.WriteString("# and in the end:\n")
		fates[f.fate](x, s)
	}
	return x.trace.String()
}
