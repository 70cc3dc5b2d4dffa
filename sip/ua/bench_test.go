package ua

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/sdp"
	"phoned/sip/siptest"
	"phoned/sip/wire"
)

var (
	phoneAddr   = netip.MustParseAddr("10.0.0.1")
	primaryAddr = netip.MustParseAddrPort("10.0.0.2:5060")
	backupAddr  = netip.MustParseAddrPort("10.0.0.3:5060")
	partyAddr   = netip.MustParseAddrPort("10.0.0.9:5060")
	codecs      = []sdp.Codec{{Name: "PCMA", Payload: 8, Clock: 8000}, {Name: "PCMU", Payload: 0, Clock: 8000}}
)

func TestMain(m *testing.M) {
	gosip.SetDefaultLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

// A bench is a phone, two servers and a far party on a network in memory.
type bench struct {
	t       *testing.T
	net     *siptest.Net
	primary *siptest.Server
	backup  *siptest.Server
	party   *siptest.Party
	shared  *siptest.Locations
	config  Config
	log     *lockedBuffer

	phone *UA
	start time.Time
	stop  func()
	mu    sync.Mutex
	heard []heardEvent
	grown chan struct{}
	calls CallID
}

type heardEvent struct {
	at time.Duration
	Event
}

// story runs a test in a bubble of its own time, with everything up and the
// phone not yet started.
func story(t *testing.T, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.end()
		f(b)
	})
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, net: siptest.NewNet(1), log: &lockedBuffer{}, grown: make(chan struct{}), shared: siptest.NewLocations(), calls: 1}
	var err error
	b.party, err = siptest.StartParty(siptest.PartyConfig{Host: b.net, Addr: partyAddr, Seed: 9})
	b.must(err)
	b.primary = b.server(primaryAddr, 2, nil)
	b.backup = b.server(backupAddr, 3, nil)
	machine := b.net.Machine(phoneAddr)
	b.config = Config{
		Wire: wire.Config{
			Port: 5060, ListenPacket: machine.ListenPacket, Listen: machine.Listen,
			DialContext: machine.DialContext, Source: machine.Source,
		},
		UserAgent: "phoned/test",
		Codecs:    codecs,
		Seed:      7,
		Log:       slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Lines: []Line{{
			Number: 1, Enabled: true, User: "alice", Password: "secret", DisplayName: "Alice", Rport: true,
			Failover: failover.Config{
				Servers:  []sip.Server{server(primaryAddr, sip.UDP), server(backupAddr, sip.UDP)},
				Register: true, Failback: true, FailbackInterval: 1800 * time.Second, Retries: 3,
				Timers: sip.DefaultTimers, RegFailInterval: 32 * time.Second,
			},
		}},
	}
	return b
}

func server(a netip.AddrPort, t sip.Transport) sip.Server {
	return sip.Server{Host: a.Addr().String(), Port: a.Port(), Transport: t, TTL: 3600 * time.Second}
}

func serversOf(hosts ...string) []sip.Server {
	var out []sip.Server
	for _, h := range hosts {
		out = append(out, sip.Server{Host: h, Port: 5060, TTL: time.Hour})
	}
	return out
}

func (b *bench) server(addr netip.AddrPort, seed uint64, change func(*siptest.Config)) *siptest.Server {
	b.t.Helper()
	config := siptest.Config{
		Host:    b.net,
		Binds:   []siptest.Bind{{Addr: addr}, {Transport: "TCP", Addr: addr}},
		Users:   map[string]string{"alice": "secret", "bob": "hidden"},
		Numbers: b.party.Routes(), AuthCalls: true, Locations: b.shared, Seed: seed,
	}
	if change != nil {
		change(&config)
	}
	s, err := siptest.Start(config)
	b.must(err)
	return s
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// run starts the phone.
func (b *bench) run() {
	b.t.Helper()
	var err error
	b.phone, err = New(b.config)
	b.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	b.start = time.Now()
	go func() {
		defer close(done)
		if err := b.phone.Run(ctx); err != nil {
			b.t.Error(err)
		}
	}()
	go func() {
		for e := range b.phone.Events() {
			b.mu.Lock()
			b.heard = append(b.heard, heardEvent{time.Since(b.start), e})
			close(b.grown)
			b.grown = make(chan struct{})
			b.mu.Unlock()
		}
	}()
	b.stop = func() {
		cancel()
		<-done
		b.stop = func() {}
	}
}

// end stops everything. A goroutine that outlives it fails the bubble.
func (b *bench) end() {
	if b.stop != nil {
		b.stop()
	}
	b.primary.Close()
	b.backup.Close()
	b.party.Close()
	if strings.Contains(b.log.String(), "panic") {
		b.t.Error("the log tells of a panic:\n" + b.log.String())
	}
	for _, secret := range []string{"secret", "response="} {
		if strings.Contains(b.log.String(), secret) {
			b.t.Errorf("the log holds %q", secret)
		}
	}
}

// fail ends the test with all that happened.
func (b *bench) fail(format string, args ...any) {
	b.t.Helper()
	b.t.Fatalf("%s\nphone: %s\nnetwork:\n%s", fmt.Sprintf(format, args...), b.told(), b.net.Record.Entries())
}

// told lists what the phone was told.
func (b *bench) told() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s strings.Builder
	for _, e := range b.heard {
		fmt.Fprintf(&s, "\n%9.3fs %T%+v", e.at.Seconds(), e.Event, e.Event)
	}
	return s.String()
}

// next waits for an event of type E that fits, among those not yet taken, and
// takes it; the others stay.
func next[E Event](b *bench, within time.Duration, fits func(E) bool) E {
	b.t.Helper()
	limit := time.After(within)
	for {
		synctest.Wait() // what is to happen now has happened, at the others too
		b.mu.Lock()
		for i, h := range b.heard {
			if e, ok := h.Event.(E); ok && (fits == nil || fits(e)) {
				b.heard = slices.Delete(b.heard, i, i+1)
				b.mu.Unlock()
				return e
			}
		}
		grown := b.grown
		b.mu.Unlock()
		select {
		case <-grown:
		case <-limit:
			var none E
			b.fail("no %T within %s", none, within)
		}
	}
}

// none fails if an event of type E that fits is waiting.
func none[E Event](b *bench, fits func(E) bool) {
	b.t.Helper()
	synctest.Wait()
	b.mu.Lock()
	var found *E
	for _, h := range b.heard {
		if e, ok := h.Event.(E); ok && (fits == nil || fits(e)) {
			found = &e
			break
		}
	}
	b.mu.Unlock()
	if found != nil {
		b.fail("an event that should not be: %T%+v", *found, *found)
	}
}

// registered waits for the registration at a server.
func (b *bench) registered(server int, within time.Duration) LineState {
	b.t.Helper()
	return next(b, within, func(s LineState) bool { return s.Phase == failover.Registered && s.Server == server })
}

// dial places a call and returns its number.
func (b *bench) dial(number string) CallID {
	id := b.calls
	b.calls += 2
	b.phone.Do(Dial{Call: id, Line: 1, Number: number, Media: media(4000)})
	return id
}

// call places a call and waits until it is up.
func (b *bench) call(number string) CallID {
	b.t.Helper()
	id := b.dial(number)
	next(b, 60*time.Second, func(e Established) bool { return e.Call == id })
	return id
}

func media(port uint16) sdp.Local {
	return sdp.Local{Port: port, Codecs: codecs, Event: 101, Ptime: 20 * time.Millisecond}
}

// offsets are the times of entries counted from t, in milliseconds.
func offsets(es siptest.Entries, t time.Time) []int {
	var out []int
	for _, d := range es.OffsetsFrom(t) {
		out = append(out, int(d.Round(time.Millisecond)/time.Millisecond))
	}
	return out
}

func (b *bench) same(what string, got, want any) {
	b.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.fail("%s: %v, want %v", what, got, want)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
