//go:build linux

package peertest

import (
	"fmt"

	"phoned/cmd/phoned/internal/lab"
)

// linphonec finds its servers by SRV. It is told line by line.
type linphonec struct {
	*lab.Process
	transport string
}

const linphoneConfig = `[sip]
default_proxy=0
sip_port=5060
sip_tcp_port=5060
sip_tls_port=0
use_ipv6=0
register_only_when_network_is_up=0

[net]
dns_srv_enabled=1

[proxy_0]
reg_proxy=<sip:%[1]s;transport=%[2]s>
reg_identity=sip:%[3]s@%[1]s
reg_expires=%[4]d
reg_sendregister=1
publish=0

[auth_info_0]
username=%[3]s
passwd=%[5]s
realm=%[1]s
domain=%[1]s
algorithm=MD5
`

func (w *world) linphonec() agent {
	w.T.Helper()
	resolver := w.File("desk/resolv.conf", fmt.Sprintf("nameserver %s\n", w.dns.Addr))
	config := w.File("desk/linphonerc", fmt.Sprintf(linphoneConfig, domain, w.transport(), user, lifetime, password))
	w.File("desk/home/.local/share/linphone/empty", "")
	// The mount is the program's own: a node's programs have a mount namespace.
	l := linphonec{transport: w.transport(), Process: w.desk.RunTold("sh", "-c",
		`mount --bind "$1" /etc/resolv.conf && HOME="$2" exec linphonec -c "$3"`, "sh", resolver, w.Dir+"/desk/home", config)}
	l.Say("soundcard use files")
	return l
}

// Told to register while it holds itself registered, linphonec does nothing: it
// has no command that registers now.
func (l linphonec) register() bool { return false }

func (l linphonec) dial() {
	l.Say(fmt.Sprintf("call sip:%s@%s;transport=%s", number, domain, l.transport))
}
func (l linphonec) hangUp() { l.Say("terminate all") }
