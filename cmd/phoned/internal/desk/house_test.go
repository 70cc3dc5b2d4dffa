package desk

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/audio"
	"phoned/cmd/phoned/internal/phone"
	"phoned/hw"
	"phoned/sip"
	"phoned/sip/failover"
	"phoned/sip/siptest"
	"phoned/sip/ua"
	"phoned/sip/wire"
)

func TestMain(m *testing.M) {
	gosip.SetDefaultLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

var (
	phoneAddr   = netip.MustParseAddr("10.0.0.1")
	primaryAddr = netip.MustParseAddrPort("10.0.0.2:5060")
	backupAddr  = netip.MustParseAddrPort("10.0.0.3:5060")
	partyAddr   = netip.MustParseAddrPort("10.0.0.9:5060")
)

// A house is the whole phone but for its sound and its metal: keys on a fake
// board, the real user agent, two servers and a far party on a network in
// memory, all in a bubble of its own time.
type house struct {
	*bench
	t       *testing.T
	primary *siptest.Server
	backup  *siptest.Server
	party   *siptest.Party
	start   time.Time
	updates <-chan Update
	told    []told
}

// told is a notice and when it came.
type told struct {
	at time.Duration
	phone.Notice
}

func inHouse(t *testing.T, story func(h *house)) { inHouseWith(t, func(*ua.Line) {}, story) }

// inHouseWith is a house whose line has other settings.
func inHouseWith(t *testing.T, change func(*ua.Line), story func(h *house)) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, bench: &bench{media: newFakeMedia(), board: newFakeBoard()}}
		network := siptest.NewNet(1)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		var err error
		h.party, err = siptest.StartParty(siptest.PartyConfig{Host: network, Addr: partyAddr, Seed: 9})
		must(err)
		defer h.party.Close()
		shared := siptest.NewLocations()
		serve := func(addr netip.AddrPort, seed uint64) *siptest.Server {
			s, err := siptest.Start(siptest.Config{
				Host: network, Binds: []siptest.Bind{{Addr: addr}}, Users: map[string]string{"alice": "secret"},
				Numbers: h.party.Routes(), AuthCalls: true, Locations: shared, Seed: seed,
			})
			must(err)
			return s
		}
		h.primary, h.backup = serve(primaryAddr, 2), serve(backupAddr, 3)
		defer h.primary.Close()
		defer h.backup.Close()

		server := func(a netip.AddrPort) sip.Server {
			return sip.Server{Host: a.Addr().String(), Port: a.Port(), TTL: time.Hour}
		}
		machine := network.Machine(phoneAddr)
		line := ua.Line{
			Number: 1, Enabled: true, User: "alice", Password: "secret", Rport: true,
			Failover: failover.Config{
				Servers:  []sip.Server{server(primaryAddr), server(backupAddr)},
				Register: true, Failback: true, FailbackInterval: 30 * time.Minute, Retries: 3,
				Timers: sip.DefaultTimers, RegFailInterval: 32 * time.Second,
			},
		}
		change(&line)
		agent, err := ua.New(ua.Config{
			Wire: wire.Config{
				Port: 5060, ListenPacket: machine.ListenPacket, Listen: machine.Listen,
				DialContext: machine.DialContext, Source: machine.Source,
			},
			UserAgent: "phoned/test", Seed: 7, Lines: []ua.Line{line},
		})
		must(err)
		settings := testSettings()
		settings.Phone.Lines[0].User = "alice"
		h.Desk = New(Config{Settings: settings, UA: agent, Media: h.media, Board: h.board})

		ctx, cancel := context.WithCancel(t.Context())
		agentEnded, deskEnded := make(chan error), make(chan error)
		h.start = time.Now()
		go func() { agentEnded <- agent.Run(ctx) }()
		go func() { deskEnded <- h.Run(context.Background()) }()
		h.updates, _ = h.Subscribe()
		h.pass(time.Second)
		story(h)
		cancel()
		if err := <-agentEnded; err != nil {
			t.Errorf("the user agent ended with %v", err)
		}
		if err := <-deskEnded; err != nil {
			t.Errorf("the desk ended with %v", err)
		}
	})
}

// pass lets time pass and gathers the notices of it.
func (h *house) pass(d time.Duration) {
	for range int(d / (100 * time.Millisecond)) {
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		for len(h.updates) > 0 {
			if u := <-h.updates; u.Notice != nil {
				h.told = append(h.told, told{time.Since(h.start), *u.Notice})
			}
		}
	}
}

// dial presses a number and Send, and remembers when.
func (h *house) dial(number string) (at time.Time) {
	for _, c := range number {
		k, _ := hw.ParseKey(string(c))
		h.press(k)
	}
	at = time.Now()
	h.press(hw.KeySend)
	return at
}

// is checks what the phone as a whole does, and what it sounds.
func (h *house) is(call phone.CallState, sound audio.Sound) {
	h.t.Helper()
	if got, heard := h.Get().Call, h.media.sounds(); got != call || heard != sound {
		h.t.Errorf("after %v the phone is %q with sound %v, want %q with %v", time.Since(h.start), got, heard, call, sound)
	}
}

// shows checks that a line of the display begins so.
func (h *house) shows(text string) {
	h.t.Helper()
	if !slices.ContainsFunc(h.Get().Screen, func(l string) bool { return strings.HasPrefix(l, text) }) {
		h.t.Errorf("after %v the display shows %q, want %q", time.Since(h.start), h.Get().Screen, text)
	}
}

// errors are the notices of requests and passes that failed for good.
func (h *house) errors() (all []told) {
	for _, n := range h.told {
		if n.Severity == phone.Error {
			all = append(all, n)
		}
	}
	return all
}

func (h *house) same(what string, got, want any) {
	h.t.Helper()
	if !equal(got, want) {
		h.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func milliseconds(es siptest.Entries, from time.Time) (at []int) {
	for _, d := range es.OffsetsFrom(from) {
		at = append(at, int(d.Milliseconds()))
	}
	return at
}
