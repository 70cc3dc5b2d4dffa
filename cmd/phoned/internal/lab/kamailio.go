//go:build linux

package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// KamailioConfig is what a Kamailio is made of.
type KamailioConfig struct {
	Realm     string           // of digest; "lab.test" if empty
	Password  string           // of every user; "secret" if empty
	Numbers   map[string]*Node // far parties that need no registration, at port 5060
	AuthCalls bool             // challenges INVITEs of others than the far parties
	Algorithm string           // of digest: "MD5" if empty, or "SHA-256"
	Control   bool             // can be told to Refuse
}

// A Kamailio is a registrar and proxy on a node: digest, locations in memory,
// record-route, no database.
type Kamailio struct {
	*Process
	Node *Node

	config  string
	control string // socket; empty: it takes no commands
	starts  int
}

var kamailioTemplate = template.Must(template.New("kamailio").Funcs(template.FuncMap{"host": (*Node).host}).Parse(`#!KAMAILIO
debug=2
log_stderror=yes
children=2
auto_aliases=no
listen=udp:{{host .Node}}:5060
listen=tcp:{{host .Node}}:5060
alias="{{.Realm}}"
tcp_connection_lifetime=3700
dns=no
rev_dns=no

loadmodule "pv.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
{{if .Socket}}
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unix:{{.Socket}}")
modparam("pv", "shvset", "refuse=i:0")
{{end}}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 10)
modparam("registrar", "max_expires", 7200)
modparam("rr", "enable_full_lr", 0)
{{if .Algorithm}}modparam("auth", "algorithm", "{{.Algorithm}}"){{end}}

request_route {
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	{{if .Socket}}
	if ($shv(refuse) > 0 && !is_method("ACK")) {
		sl_send_reply("$shv(refuse)", "Refused");
		exit;
	}
	{{end}}
	if (is_method("OPTIONS") && uri == myself && $rU == $null) {
		sl_send_reply("200", "OK");
		exit;
	}
	if (is_method("CANCEL")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	if (has_totag()) {
		if (loose_route() || uri != myself) {
			t_relay();
			exit;
		}
		if (is_method("ACK")) {
			if (t_check_trans()) t_relay();
			exit;
		}
		sl_send_reply("404", "Not Here");
		exit;
	}
	t_check_trans();
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("{{.Realm}}", "{{.Password}}", "0")) {
			www_challenge("{{.Realm}}", "0");
			exit;
		}
		save("location");
		exit;
	}
	{{if .AuthCalls}}
	if ({{range .Numbers}}$si != "{{.Addr}}" && {{end}}1 == 1) {
		if (!pv_proxy_authenticate("{{.Realm}}", "{{.Password}}", "0")) {
			proxy_challenge("{{.Realm}}", "0");
			exit;
		}
		consume_credentials();
	}
	{{end}}
	if (is_method("INVITE")) record_route();
	if (uri != myself) {
		sl_send_reply("403", "Forbidden");
		exit;
	}
	{{range $number, $node := .Numbers}}
	if ($rU == "{{$number}}") {
		$ru = "sip:{{$number}}@{{host $node}}:5060";
		t_relay();
		exit;
	}
	{{end}}
	if (!lookup("location")) {
		sl_send_reply("404", "Not Found");
		exit;
	}
	t_relay();
}
`))

// Kamailio starts a Kamailio on the node and waits until it listens.
func (n *Node) Kamailio(cfg KamailioConfig) *Kamailio {
	n.lab.T.Helper()
	if cfg.Realm == "" {
		cfg.Realm = "lab.test"
	}
	if cfg.Password == "" {
		cfg.Password = "secret"
	}
	k := &Kamailio{Node: n}
	if cfg.Control {
		k.control = filepath.Join(n.lab.Dir, "ctl-"+n.Name)
	}
	var text bytes.Buffer
	n.lab.must(kamailioTemplate.Execute(&text, struct {
		KamailioConfig
		Node   *Node
		Socket string
	}{cfg, n, k.control}))
	k.config = n.lab.File("kamailio-"+n.Name+".cfg", text.String())
	k.Start()
	return k
}

// Start starts Kamailio again after End or Kill, with an empty location store.
func (k *Kamailio) Start() {
	n := k.Node
	n.lab.T.Helper()
	k.starts++
	dir := fmt.Sprintf("%s/kamailio-%s-%d", n.lab.Dir, n.Name, k.starts)
	n.lab.must(os.Mkdir(dir, 0o700))
	k.Process = n.Run("kamailio", "-DD", "-E", "-m", "16", "-M", "4", "-f", k.config, "-P", dir+"/pid", "-Y", dir)
	n.lab.Until(10*time.Second, "Kamailio listens on "+n.Name, func() bool { return n.listens(5060) })
}

// Refuse answers every request but ACK with the status from now on; 0 ends it.
// What Kamailio knows stays known. It takes KamailioConfig.Control.
func (k *Kamailio) Refuse(status int) {
	n := k.Node
	n.lab.T.Helper()
	_, err := n.Call("kamcmd", "-s", "unix:"+k.control, "pv.shvSet", "refuse", "int", strconv.Itoa(status))
	n.lab.must(err)
}

// listens tells whether a UDP socket is open on the port.
func (n *Node) listens(port int) bool {
	var text []byte
	err := n.Do(func() error {
		for _, table := range []string{"udp", "udp6"} {
			more, err := os.ReadFile("/proc/thread-self/net/" + table)
			if err != nil && !(table == "udp6" && os.IsNotExist(err)) {
				return err
			}
			text = append(text, more...)
		}
		return nil
	})
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
			return true
		}
	}
	return false
}
