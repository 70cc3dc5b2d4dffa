//go:build linux

package peertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"phoned/cmd/phoned/internal/lab"
)

// baresip finds its servers by SRV. It comes without a command that registers
// now.
type baresip struct {
	*lab.Process
	ctrl net.Conn
}

const baresipConfig = `poll_method		epoll
sip_listen		%[1]s:5060
dns_server		%[2]s:53
call_max_calls		4
audio_path		/nonexistent
audio_player		aubridge,nowhere
audio_source		aubridge,nowhere
audio_alert		aubridge,nowhere
ausrc_srate		8000
auplay_srate		8000
ausrc_channels		1
auplay_channels		1
rtcp_mux		no
module_path		%[3]s
module			g711.so
module			aubridge.so
module_tmp		uuid.so
module_tmp		account.so
module_app		menu.so
module_app		ctrl_tcp.so
ctrl_tcp_listen		127.0.0.1:4444
`

func (w *world) baresip() agent {
	w.T.Helper()
	modules, _ := filepath.Glob("/usr/lib*/baresip/modules")
	more, _ := filepath.Glob("/usr/lib/*/baresip/modules")
	modules = append(modules, more...)
	if len(modules) == 0 {
		w.T.Fatal("baresip's modules are not where they are looked for")
	}
	transport := ""
	if w.cell.Fault.TCP {
		transport = ";transport=tcp"
	}
	w.File("desk/config", fmt.Sprintf(baresipConfig, w.desk.Addr, w.dns.Addr, modules[0]))
	w.File("desk/contacts", "")
	account := w.File("desk/accounts", fmt.Sprintf("<sip:%[1]s@%[2]s%[3]s>;auth_user=%[1]s;auth_pass=%[4]s;regint=%[5]d;audio_codecs=PCMU/8000/1\n",
		user, domain, transport, password, lifetime))
	b := baresip{Process: w.desk.Run("baresip", "-f", filepath.Dir(account))}
	w.Until(setup, "baresip's control port", func() (ok bool) {
		var err error
		b.ctrl, err = w.desk.Dial(context.Background(), netip.AddrPort{}, netip.MustParseAddrPort("127.0.0.1:4444"))
		return err == nil
	})
	w.T.Cleanup(func() { _ = b.ctrl.Close() })
	go func() { _, _ = io.Copy(io.Discard, b.ctrl) }()
	return b
}

// do gives a command as a netstring of JSON.
func (b baresip) do(command, params string) {
	text, _ := json.Marshal(map[string]string{"command": command, "params": params}) // strings only
	_ = b.ctrl.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = fmt.Fprintf(b.ctrl, "%d:%s,", len(text), text)
}

func (b baresip) register() bool { return false }
func (b baresip) dial()          { b.do("dial", "sip:"+number+"@"+domain) }
func (b baresip) hangUp()        { b.do("hangup", "") }
