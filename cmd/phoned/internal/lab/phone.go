//go:build linux

package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A State is what the phone's control socket shows.
type State struct {
	At         time.Time // when the test got it
	Registered bool      `json:"registered"`
	Server     string    `json:"server"`
	Call       string    `json:"call"`
	Lines      []struct {
		Line       int    `json:"line"`
		Registered bool   `json:"registered"`
		Server     string `json:"server"`
	} `json:"lines"`
	Screen []string          `json:"screen"`
	Lamps  map[string]string `json:"lamps"`
	Sound  string            `json:"sound"`
	Route  string            `json:"route"`
}

// A Notice is something the phone told its owner.
type Notice struct {
	At       time.Time
	Line     int    `json:"line"`
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	Text     string `json:"text"`
}

// A Phone is phoned on a node, moved and watched through its control socket.
type Phone struct {
	*Process
	Node *Node

	dir  string
	conn net.Conn

	mu      sync.Mutex
	states  []State
	notices []Notice
	bad     []string // answers that are errors
	news    chan struct{}
}

// built is the one phoned of this run.
var built = sync.OnceValues(func() (string, error) { return Build("phoned/cmd/phoned") })

// Build builds a program of this module for the run, and returns where it is. It
// is removed by a later run.
func Build(program string) (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("phoned-lab-%d", os.Getpid()))
	path := filepath.Join(dir, filepath.Base(program))
	argv := []string{"go", "build", "-o", path, program}
	if chrt, err := find("chrt"); err == nil { // not in the hurry of this process
		argv = append([]string{chrt, "--other", "0"}, argv...)
	}
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("lab: build %s: %w\n%s", program, err, out)
	}
	return path, nil
}

// Line is the settings of a line with two servers; what it names is set, the
// rest are the phone's defaults.
type Line struct {
	User, Password  string // "100" and "secret" if empty
	Domain          string // Local Domain; empty = the server's address
	Primary, Backup *Node
	Transport       int      // of both: 0 UDP, 1 TCP, 3 TLS
	Port            int      // of both; 5060 if 0
	More            []string // other keys of the line, "Failback Interval:20"
}

// Settings writes the configuration file of a phone. More are whole modules.
func Settings(lines []Line, more ...string) string {
	var b strings.Builder
	b.WriteString("<<VOIP CONFIG FILE>>Version:2.0000000000\n\n<SIP CONFIG MODULE>\nSIP  Port          :5060\n--SIP Line List--  :\n")
	for i, l := range lines {
		set := func(key string, value any) { fmt.Fprintf(&b, "SIP%d %s:%v\n", i+1, key, value) }
		if l.User == "" {
			l.User = "100"
		}
		if l.Password == "" {
			l.Password = "secret"
		}
		if l.Port == 0 {
			l.Port = 5060
		}
		set("Phone Number", l.User)
		set("Enable Reg", 1)
		set("Register Addr", l.Primary.Addr)
		set("Register Port", l.Port)
		set("Register User", l.User)
		set("Register Pswd", l.Password)
		set("Transport", l.Transport)
		if l.Backup != nil {
			set("Backup Addr", l.Backup.Addr)
			set("Backup Port", l.Port)
			set("Backup Transport", l.Transport)
		}
		set("Local Domain", l.Domain)
		for _, m := range l.More {
			fmt.Fprintf(&b, "SIP%d %s\n", i+1, m)
		}
	}
	for _, m := range more {
		b.WriteString(m + "\n")
	}
	b.WriteString("<<END OF FILE>>\n")
	return b.String()
}

// Phone starts phoned on the node and waits for its control socket. Audio is
// the flag's value; "" is a mouth that hears a tone of 1 kHz and an ear that is
// recorded.
func (n *Node) Phone(settings, audio string, flags ...string) *Phone {
	l := n.lab
	l.T.Helper()
	path, err := built()
	l.must(err)
	p := &Phone{Node: n, dir: filepath.Join(l.Dir, "phone-"+n.Name), news: make(chan struct{})}
	l.must(os.MkdirAll(p.dir, 0o755))
	if audio == "" {
		mouth := filepath.Join(p.dir, "mouth.wav")
		l.must(WriteTone(mouth, 1000, 0.3, 5*time.Minute))
		audio = "wav:mouth=" + mouth + ",ear=" + filepath.Join(p.dir, "ear.wav")
	}
	config := l.File("phone-"+n.Name+"/phone.cfg", settings)
	socket := filepath.Join(p.dir, "s")
	args := append([]string{"-config", config, "-board", "sim", "-sim-socket", socket, "-audio", audio, "-log", "debug"}, flags...)
	p.Process = n.Run(path, args...)
	l.Until(10*time.Second, "the phone's control socket on "+n.Name, func() bool {
		if p.Ended() {
			l.T.Fatalf("phoned on %s ended: %v", n.Name, p.err)
		}
		p.conn, err = net.Dial("unix", socket)
		return err == nil
	})
	l.T.Cleanup(func() {
		_ = p.conn.Close()
		if l.T.Failed() {
			l.T.Logf("the phone on %s told:\n%s", n.Name, p.story())
		}
	})
	go p.read()
	p.Do(map[string]any{"do": "get"})
	return p
}

func (p *Phone) read() {
	lines := bufio.NewScanner(p.conn)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var kind struct {
			Call  *string `json:"call"`
			Kind  *string `json:"kind"`
			Error *string `json:"error"`
		}
		text := lines.Bytes()
		if json.Unmarshal(text, &kind) != nil {
			continue
		}
		p.mu.Lock()
		switch {
		case kind.Error != nil:
			p.bad = append(p.bad, *kind.Error)
		case kind.Kind != nil:
			n := Notice{At: time.Now()}
			_ = json.Unmarshal(text, &n)
			p.notices = append(p.notices, n)
		case kind.Call != nil:
			s := State{At: time.Now()}
			_ = json.Unmarshal(text, &s)
			p.states = append(p.states, s)
		}
		close(p.news)
		p.news = make(chan struct{})
		p.mu.Unlock()
	}
}

// Do gives the phone one command.
func (p *Phone) Do(command map[string]any) {
	p.Node.lab.T.Helper()
	text, err := json.Marshal(command)
	p.Node.lab.must(err)
	_, err = p.conn.Write(append(text, '\n'))
	p.Node.lab.must(err)
}

// Register registers a line now.
func (p *Phone) Register(line int) {
	p.Node.lab.T.Helper()
	p.Do(map[string]any{"do": "register", "line": line})
}

// Press presses keys one after the other: "5", "#", "hold", "ok".
func (p *Phone) Press(keys ...string) {
	p.Node.lab.T.Helper()
	for _, k := range keys {
		p.Do(map[string]any{"do": "press", "key": k})
	}
}

// Lift lifts the handset; Down puts it down.
func (p *Phone) Lift() {
	p.Node.lab.T.Helper()
	p.Do(map[string]any{"do": "hook", "up": true})
}

// Down puts the handset down.
func (p *Phone) Down() {
	p.Node.lab.T.Helper()
	p.Do(map[string]any{"do": "hook", "up": false})
}

// Dial lifts the handset and dials, when the call before is over.
func (p *Phone) Dial(number string) {
	p.Node.lab.T.Helper()
	p.UntilCall(3*time.Second, "idle")
	p.Lift()
	for _, c := range number {
		p.Press(string(c))
	}
	p.Press("#")
}

// State is the phone's latest state.
func (p *Phone) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.states) == 0 {
		return State{}
	}
	return p.states[len(p.states)-1]
}

// Until waits until the phone is in a state that done is true of, and returns
// it. It looks at the present and the coming ones.
func (p *Phone) Until(within time.Duration, what string, done func(State) bool) State {
	p.Node.lab.T.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	p.mu.Lock()
	seen := max(0, len(p.states)-1)
	p.mu.Unlock()
	for {
		p.mu.Lock()
		for ; seen < len(p.states); seen++ {
			if s := p.states[seen]; done(s) {
				p.mu.Unlock()
				return s
			}
		}
		news := p.news
		p.mu.Unlock()
		select {
		case <-news:
		case <-timer.C:
			p.Node.lab.T.Fatalf("the phone on %s: not within %v: %s", p.Node.Name, within, what)
		}
	}
}

// UntilCall waits for the state of the call.
func (p *Phone) UntilCall(within time.Duration, call string) State {
	p.Node.lab.T.Helper()
	return p.Until(within, "call is "+call, func(s State) bool { return s.Call == call })
}

// UntilAt waits until the phone is registered at a node's server.
func (p *Phone) UntilAt(within time.Duration, n *Node) State {
	p.Node.lab.T.Helper()
	return p.Until(within, "registered at "+n.SIP(), func(s State) bool { return s.Registered && s.Server == n.SIP() })
}

// States are all states so far.
func (p *Phone) States() []State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.states)
}

// Notices are all notices so far of a severity; "" is any.
func (p *Phone) Notices(severity string) []Notice {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.notices), func(n Notice) bool { return severity != "" && n.Severity != severity })
}

// UntilNotice waits for a notice, of the past or the future, that done is true
// of.
func (p *Phone) UntilNotice(within time.Duration, what string, done func(Notice) bool) Notice {
	p.Node.lab.T.Helper()
	var found Notice
	p.Node.lab.Until(within, "a notice: "+what, func() bool {
		i := slices.IndexFunc(p.Notices(""), done)
		if i >= 0 {
			found = p.Notices("")[i]
		}
		return i >= 0
	})
	return found
}

// Errors are the answers to commands that the phone did not understand.
func (p *Phone) Errors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.bad)
}

// Ear is what was heard in the ear since the phone started.
func (p *Phone) Ear() (Sound, error) { return ReadWAV(filepath.Join(p.dir, "ear.wav")) }

// story is what the phone told, for a test's complaint.
func (p *Phone) story() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	type told struct {
		at   time.Time
		text string
	}
	var all []told
	for _, s := range p.states {
		all = append(all, told{s.At, fmt.Sprintf("registered=%v server=%s call=%s sound=%s screen=%q", s.Registered, s.Server, s.Call, s.Sound, s.Screen)})
	}
	for _, n := range p.notices {
		all = append(all, told{n.At, fmt.Sprintf("NOTICE line %d %s %s: %s", n.Line, n.Kind, n.Severity, n.Text)})
	}
	slices.SortStableFunc(all, func(a, b told) int { return a.at.Compare(b.at) })
	var b strings.Builder
	for _, t := range all {
		fmt.Fprintf(&b, "%s %s\n", t.at.Format("15:04:05.000"), t.text)
	}
	for _, e := range p.bad {
		fmt.Fprintf(&b, "ERROR %s\n", e)
	}
	return b.String()
}

// Memory is the resident memory of the phone's processes, in bytes.
func (p *Phone) Memory() int64 {
	p.Node.lab.T.Helper()
	pids := []int{p.cmd.Process.Pid}
	for i := 0; i < len(pids); i++ { // the media process is a child
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, list := range lists {
			text, _ := os.ReadFile(list)
			for _, f := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(f); err == nil {
					pids = append(pids, pid)
				}
			}
		}
	}
	var sum int64
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		p.Node.lab.must(err)
		var size, resident int64
		if _, err := fmt.Sscan(string(text), &size, &resident); err == nil {
			sum += resident * int64(os.Getpagesize())
		}
	}
	return sum
}
