//go:build linux

package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// BaresipConfig is what a baresip is made of.
type BaresipConfig struct {
	User     string  // user part of its address
	Accounts []*Node // registrars it registers at, with the password; none = it is called directly
	Password string  // "secret" if empty
	Realm    string  // domain of its address; the registrar's address if empty
	Tone     float64 // what its microphone hears, Hz; 440 if 0
	Codec    string  // only this one, "PCMU/8000/1" if empty
	Ring     bool    // rings until Accept; otherwise it answers at once
}

// A Baresip is a far party on a node: another maker's SIP phone.
type Baresip struct {
	*Process
	Node *Node

	dir  string
	ctrl net.Conn

	mu     sync.Mutex
	events []BaresipEvent
}

// A BaresipEvent is what baresip tells: CALL_INCOMING, CALL_ESTABLISHED,
// CALL_CLOSED, CALL_DTMF_START ...
type BaresipEvent struct {
	At    time.Time
	Type  string `json:"type"`
	Param string `json:"param"`
}

const baresipConfig = `poll_method		epoll
sip_listen		%s:5060
call_local_timeout	120
call_max_calls		4
audio_path		/nonexistent
audio_player		aubridge,nowhere
audio_source		aufile,%s
audio_alert		aubridge,nowhere
ausrc_srate		8000
auplay_srate		8000
ausrc_channels		1
auplay_channels		1
audio_txmode		thread
audio_level		no
ausrc_format		s16
auplay_format		s16
auenc_format		s16
audec_format		s16
rtp_tos			184
rtp_ports		20000-20200
rtcp_mux		no
jitter_buffer_delay	2-6
rtp_stats		yes
module_path		%s
module			g711.so
module			aufile.so
module			aubridge.so
module			sndfile.so
module_tmp		uuid.so
module_tmp		account.so
module_app		menu.so
module_app		ctrl_tcp.so
ctrl_tcp_listen		127.0.0.1:4444
snd_path		%s
`

// Baresip starts a baresip on the node and waits until it is
// registered and can be controlled.
func (n *Node) Baresip(cfg BaresipConfig) *Baresip {
	n.lab.T.Helper()
	if cfg.Tone == 0 {
		cfg.Tone = 440
	}
	if cfg.Codec == "" {
		cfg.Codec = "PCMU/8000/1"
	}
	if cfg.Password == "" {
		cfg.Password = "secret"
	}
	l := n.lab
	b := &Baresip{Node: n, dir: filepath.Join(l.Dir, "baresip-"+n.Name)}
	l.must(os.MkdirAll(filepath.Join(b.dir, "sound"), 0o755))
	mouth := filepath.Join(b.dir, "mouth.wav")
	l.must(WriteTone(mouth, cfg.Tone, 0.3, 3*time.Minute))
	modules, err := filepath.Glob("/usr/lib*/baresip/modules")
	if more, _ := filepath.Glob("/usr/lib/*/baresip/modules"); err == nil {
		modules = append(modules, more...)
	}
	if len(modules) == 0 {
		l.T.Skip("SKIPPED: baresip's modules are not where they are looked for")
	}
	l.must(os.WriteFile(filepath.Join(b.dir, "config"),
		fmt.Appendf(nil, baresipConfig, n.host(), mouth, modules[0], filepath.Join(b.dir, "sound")), 0o644))
	mode := "auto"
	if cfg.Ring {
		mode = "manual"
	}
	var accounts strings.Builder
	line := func(host, rest string) {
		fmt.Fprintf(&accounts, "<sip:%s@%s>;answermode=%s;audio_codecs=%s;ptime=20%s\n", cfg.User, host, mode, cfg.Codec, rest)
	}
	if len(cfg.Accounts) == 0 {
		line(n.host(), ";regint=0")
	}
	for _, a := range cfg.Accounts {
		realm := cfg.Realm
		if realm == "" {
			realm = a.host()
		}
		line(realm, fmt.Sprintf(";auth_user=%s;auth_pass=%s;outbound=\"sip:%s:5060\";regint=60", cfg.User, cfg.Password, a.host()))
	}
	l.must(os.WriteFile(filepath.Join(b.dir, "accounts"), []byte(accounts.String()), 0o644))
	l.must(os.WriteFile(filepath.Join(b.dir, "contacts"), nil, 0o644))
	b.Process = n.Run("baresip", "-f", b.dir)
	l.Until(10*time.Second, "baresip's control port on "+n.Name, func() bool {
		b.ctrl, err = n.Dial(context.Background(), netip.AddrPort{}, netip.MustParseAddrPort("127.0.0.1:4444"))
		return err == nil
	})
	l.T.Cleanup(func() { _ = b.ctrl.Close() })
	go b.read()
	// It may have registered before it could be listened to.
	l.Until(10*time.Second, "baresip on "+n.Name+" registers", func() bool {
		return strings.Count(b.Output(), "} 200 OK") >= len(cfg.Accounts)
	})
	return b
}

// read takes netstrings with JSON until the connection ends.
func (b *Baresip) read() {
	r := bufio.NewReader(b.ctrl)
	for {
		size, err := r.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(size, ":"))
		if err != nil || n < 0 || n > 1<<20 {
			return
		}
		text := make([]byte, n+1) // and a comma
		if _, err := io.ReadFull(r, text); err != nil {
			return
		}
		var e BaresipEvent
		if json.Unmarshal(text[:n], &e) == nil && e.Type != "" {
			e.At = time.Now()
			b.mu.Lock()
			b.events = append(b.events, e)
			b.mu.Unlock()
		}
	}
}

// Do gives baresip a command of its menu: dial, accept, hangup, hold, resume ...
func (b *Baresip) Do(command, params string) {
	b.Node.lab.T.Helper()
	text, err := json.Marshal(map[string]string{"command": command, "params": params})
	b.Node.lab.must(err)
	_, err = fmt.Fprintf(b.ctrl, "%d:%s,", len(text), text)
	b.Node.lab.must(err)
}

// Dial calls a user through a server.
func (b *Baresip) Dial(user string, server *Node) {
	b.Node.lab.T.Helper()
	b.Do("dial", fmt.Sprintf("sip:%s@%s", user, server.host()))
}

// Digit presses a key during a call: RFC 4733.
func (b *Baresip) Digit(c byte) {
	b.Node.lab.T.Helper()
	b.Do("sndcode", string(c))
}

// Events are all events of a type so far; "" is any.
func (b *Baresip) Events(kind string) []BaresipEvent {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []BaresipEvent
	for _, e := range b.events {
		if kind == "" || e.Type == kind {
			out = append(out, e)
		}
	}
	return out
}

// Await waits for the n-th event of a type (from 1).
func (b *Baresip) Await(kind string, n int, within time.Duration) {
	b.Node.lab.T.Helper()
	b.Node.lab.Until(within, fmt.Sprintf("baresip on %s: %s number %d; it told %v", b.Node.Name, kind, n, b.Events("")),
		func() bool { return len(b.Events(kind)) >= n })
}

// Ear is what baresip's user has heard. It records nothing while nothing is to
// be played, and begins a new file after each pause; they are put together.
func (b *Baresip) Ear() (Sound, error) {
	files, err := filepath.Glob(filepath.Join(b.dir, "sound", "dump-*dec.wav"))
	if err != nil || len(files) == 0 {
		return Sound{}, errors.Join(errors.New("lab: baresip has recorded no sound"), err)
	}
	var all Sound
	for _, file := range files { // their names are times
		s, err := ReadWAV(file)
		if err != nil {
			return Sound{}, err
		}
		all.Rate = s.Rate
		all.Samples = append(all.Samples, s.Samples...)
	}
	return all, nil
}
