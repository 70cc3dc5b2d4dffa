//go:build linux

package inside

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"phoned/scripts/emulate/guest"
	"phoned/sip/siptest"
)

// The servers and the far party have addresses of their own on the loopback
// interface; the image's settings name them.
var (
	primaryAddr = netip.MustParseAddrPort("10.78.0.1:5060")
	backupAddr  = netip.MustParseAddrPort("10.78.0.2:5060")
	partyAddr   = netip.MustParseAddrPort("10.78.0.3:5060")
)

// A world is all that is around the phone. The phone is the one that init has
// started; it lives through all tests.
type world struct {
	desk            guest.Desk
	primary, backup *siptest.Server
	party           *siptest.Party
	conn            net.Conn

	mu     sync.Mutex
	states []state
	news   chan struct{}
}

// A state is what the phone's control socket tells (docs/CONTROL.md).
type state struct {
	At         time.Time
	Registered bool     `json:"registered"`
	Server     string   `json:"server"`
	Call       *string  `json:"call"`
	Sound      string   `json:"sound"`
	Screen     []string `json:"screen"`
}

var theWorld *world

// enter gives a test the world, healed, with the phone on the hook, no call, and
// registered at its primary.
func enter(t *testing.T) *world {
	t.Helper()
	if os.Getenv("HANDSET") != "emulated" {
		t.Skip("SKIPPED: this runs inside the emulated handset; make test-handset starts it")
	}
	if theWorld == nil {
		theWorld = newWorld(t)
	}
	w := theWorld
	must(t, w.primary.Heal())
	must(t, w.backup.Heal())
	must(t, w.desk.HangUp())
	w.until(t, 3*time.Minute, "no call", func(s state) bool { return *s.Call == "idle" })
	if s := w.state(); s.Server != primaryAddr.String() {
		w.do(t, `{"do":"register","line":1}`)
	}
	w.until(t, 10*time.Minute, "registered at the primary", func(s state) bool {
		return s.Registered && s.Server == primaryAddr.String()
	})
	w.primary.Record.Reset()
	w.backup.Record.Reset()
	w.party.Record.Reset()
	return w
}

func newWorld(t *testing.T) *world {
	t.Helper()
	for _, a := range []netip.AddrPort{primaryAddr, backupAddr, partyAddr} {
		// The test binary may be started twice on one machine.
		_ = exec.Command("ip", "addr", "add", a.Addr().String()+"/32", "dev", "lo").Run()
	}
	w := &world{news: make(chan struct{})}
	var err error
	start := func(a netip.AddrPort) *siptest.Server {
		s, err := siptest.Start(siptest.Config{
			Binds: []siptest.Bind{{Transport: "UDP", Addr: a}, {Transport: "TCP", Addr: a}},
			Realm: "lab.test", Users: map[string]string{"100": "secret"}, AuthCalls: true,
			Numbers: map[string]netip.AddrPort{"600": partyAddr, "603": partyAddr}, Keep: 1000,
		})
		must(t, err)
		return s
	}
	w.primary, w.backup = start(primaryAddr), start(backupAddr)
	w.party, err = siptest.StartParty(siptest.PartyConfig{Addr: partyAddr, Media: true, Keep: 1000})
	must(t, err)
	for range 600 {
		if w.conn, err = net.Dial("unix", "/run/phoned/control"); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	must(t, err)
	go w.read()
	w.do(t, `{"do":"get"}`)
	w.until(t, 10*time.Second, "the phone's state", func(state) bool { return true })
	return w
}

func (w *world) read() {
	lines := bufio.NewScanner(w.conn)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s := state{At: time.Now()}
		if json.Unmarshal(lines.Bytes(), &s) != nil || s.Call == nil {
			continue
		}
		w.mu.Lock()
		if len(w.states) > 1000 {
			w.states = slices.Delete(w.states, 0, 500)
		}
		w.states = append(w.states, s)
		close(w.news)
		w.news = make(chan struct{})
		w.mu.Unlock()
	}
}

func (w *world) do(t *testing.T, command string) {
	t.Helper()
	_, err := w.conn.Write([]byte(command + "\n"))
	must(t, err)
}

// state is the phone's latest.
func (w *world) state() state {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.states[len(w.states)-1]
}

// until waits for a state, the present one or one to come. It asks now and then:
// a clock that stands still would wait for ever.
func (w *world) until(t *testing.T, within time.Duration, what string, done func(state) bool) state {
	t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		w.mu.Lock()
		news := w.news
		var s state
		found := false
		if n := len(w.states); n > 0 {
			s, found = w.states[n-1], done(w.states[n-1])
		}
		w.mu.Unlock()
		if found {
			return s
		}
		select {
		case <-news:
		case <-late.C:
			t.Fatalf("not within %v: %s; the phone is registered=%v at %q, call %s, screen %q\nprimary:\n%s\nbackup:\n%s", within, what,
				s.Registered, s.Server, text(s.Call), strings.Join(s.Screen, " | "), last(w.primary), last(w.backup))
		}
	}
}

func text(s *string) string {
	if s == nil {
		return "unknown"
	}
	return *s
}

// last are the latest messages of a server.
func last(s *siptest.Server) siptest.Entries {
	es := s.Record.Entries()
	return es[max(0, len(es)-20):]
}

func (w *world) untilCall(t *testing.T, within time.Duration, call string) state {
	t.Helper()
	return w.until(t, within, "the call is "+call, func(s state) bool { return *s.Call == call })
}

// dial lifts the handset and dials with the keys of the matrix; it is when the
// last key went down.
func (w *world) dial(t *testing.T, number string) time.Time {
	t.Helper()
	must(t, w.desk.Lift())
	time.Sleep(300 * time.Millisecond)
	must(t, w.desk.Press(strings.Split(number, "")...))
	at := time.Now()
	must(t, w.desk.Press("#"))
	return at
}

// requests waits for so many requests of a method at a server.
func requests(t *testing.T, r *siptest.Record, method string, n int, within time.Duration) siptest.Entries {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	es, err := r.WaitRequests(ctx, method, n)
	if err != nil {
		t.Fatalf("%d %s: %v\n%s", n, method, err, r.Entries())
	}
	return es
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
