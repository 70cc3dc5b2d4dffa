//go:build linux

package handset

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"phoned/cmd/phoned/internal/lab"
	"phoned/scripts/emulate/machine"
)

// controlSocket is where phoned-keep tells phoned to open it.
const controlSocket = "/run/phoned/control"

// A Watch is a connection to the phone's control socket.
type Watch struct {
	socket *machine.Socket

	mu      sync.Mutex
	states  []lab.State
	notices []lab.Notice
	over    error
}

// Watch connects to phoned as soon as it is there; it is done anew after phoned
// has ended.
func (p *Phone) Watch() *Watch {
	p.T.Helper()
	if p.watch != nil && p.watch.open() {
		return p.watch
	}
	agent := p.Inside()
	var socket *machine.Socket
	p.Until(60*time.Second, "phoned's control socket", func() bool {
		ctx, cancel := p.within(5 * time.Second)
		defer cancel()
		var err error
		socket, err = agent.Dial(ctx, controlSocket)
		return err == nil
	})
	w := &Watch{socket: socket}
	p.watch = w
	p.T.Cleanup(func() { _ = socket.Close() })
	go w.read()
	w.do(p, map[string]any{"do": "get"})
	return w
}

func (w *Watch) open() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over == nil
}

func (w *Watch) read() {
	lines := bufio.NewScanner(w.socket)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var kind struct {
			Call *string `json:"call"`
			Kind *string `json:"kind"`
		}
		if json.Unmarshal(lines.Bytes(), &kind) != nil {
			continue
		}
		w.mu.Lock()
		switch {
		case kind.Kind != nil:
			n := lab.Notice{At: time.Now()}
			_ = json.Unmarshal(lines.Bytes(), &n)
			w.notices = append(w.notices, n)
		case kind.Call != nil:
			s := lab.State{At: time.Now()}
			_ = json.Unmarshal(lines.Bytes(), &s)
			w.states = append(w.states, s)
		}
		w.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = errGone
}

func (w *Watch) do(p *Phone, command map[string]any) {
	p.T.Helper()
	text, err := json.Marshal(command)
	p.must(err)
	_, err = w.socket.Write(append(text, '\n'))
	p.must(err)
}

// Do gives phoned one command of docs/CONTROL.md.
func (p *Phone) Do(command map[string]any) {
	p.T.Helper()
	p.Watch().do(p, command)
}

// State is the phone's latest.
func (p *Phone) State() lab.State {
	p.T.Helper()
	w := p.Watch()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.states) == 0 {
		return lab.State{}
	}
	return w.states[len(w.states)-1]
}

// UntilState waits for a state of the phone, the present one or one to come, that
// done is true of.
func (p *Phone) UntilState(within time.Duration, what string, done func(lab.State) bool) lab.State {
	p.T.Helper()
	w := p.Watch()
	w.mu.Lock()
	seen := max(0, len(w.states)-1)
	w.mu.Unlock()
	var found lab.State
	p.Until(within, what, func() bool {
		if !w.open() {
			w, seen = p.Watch(), 0
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for ; seen < len(w.states); seen++ {
			if done(w.states[seen]) {
				found = w.states[seen]
				return true
			}
		}
		return false
	})
	return found
}

// UntilAt waits until the phone is registered at a node's server.
func (p *Phone) UntilAt(within time.Duration, n *lab.Node) lab.State {
	p.T.Helper()
	return p.UntilState(within, "registered at "+n.SIP(), func(s lab.State) bool { return s.Registered && s.Server == n.SIP() })
}

// UntilCall waits for a state of the call.
func (p *Phone) UntilCall(within time.Duration, call string) lab.State {
	p.T.Helper()
	return p.UntilState(within, "the call is "+call, func(s lab.State) bool { return s.Call == call })
}

// UntilNotice waits for a notice of a kind, also one of the past of this watch.
func (p *Phone) UntilNotice(within time.Duration, kinds ...string) lab.Notice {
	p.T.Helper()
	w := p.Watch()
	var found lab.Notice
	p.Until(within, "a notice "+strings.Join(kinds, " or "), func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.IndexFunc(w.notices, func(n lab.Notice) bool { return slices.Contains(kinds, n.Kind) })
		if i >= 0 {
			found = w.notices[i]
		}
		return i >= 0
	})
	return found
}

// story is what the phone told, for a test's complaint.
func (w *Watch) story() string {
	if w == nil {
		return "nothing: nobody has listened"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, s := range w.states {
		fmt.Fprintf(&b, "%s registered=%v server=%s call=%s sound=%s screen=%q\n", s.At.Format("15:04:05.000"), s.Registered, s.Server, s.Call, s.Sound, s.Screen)
	}
	for _, n := range w.notices {
		fmt.Fprintf(&b, "%s NOTICE line %d %s %s: %s\n", n.At.Format("15:04:05.000"), n.Line, n.Kind, n.Severity, n.Text)
	}
	return b.String()
}
