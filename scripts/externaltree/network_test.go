package externaltree

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lease calls dhcpcd's script with what dhcpcd would tell it.
func (p place) lease(env ...string) {
	p.t.Helper()
	cmd := p.command("usr/libexec/phone-lease")
	cmd.Env = append(cmd.Env, env...)
	output(p.t, cmd)
}

func TestALeaseIsKeptWholeAndIsNeverRun(t *testing.T) {
	p := newPlace(t)
	p.install("usr/libexec/phone-lease")
	p.stand("chronyc", "")
	p.write("run/chronyd.pid", "1\n")
	hostile := "https://prov.example.com/a?b=c&d=$(touch " + p.dir + "/pwned);`touch " + p.dir + "/pwned` '\" *"
	p.lease("interface=eth0", "reason=BOUND", "new_domain_name_servers=192.0.2.1 192.0.2.2 $(x) a;b",
		"new_domain_name=example.com", "new_ntp_servers=192.0.2.9", "new_provisioning_url="+hostile,
		"new_tftp_server_name=http://cfg.example.com/p", "new_vendor_encapsulated_options=010568656c6c6f")
	if got := p.read("run/dhcp/eth0/provisioning_url"); got != hostile+"\n" {
		t.Errorf("the URL became %q", got)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "pwned")); err == nil {
		t.Error("the URL was run")
	}
	if got := p.read("run/resolv.conf"); got != "search example.com \nnameserver 192.0.2.1\nnameserver 192.0.2.2\n" {
		t.Errorf("resolv.conf is %q", got)
	}
	if got := p.read("run/chrony/sources/dhcp.sources"); got != "server 192.0.2.9 iburst\n" {
		t.Errorf("chrony's servers are %q", got)
	}
	if n := strings.Count(p.calls(), "chronyc reload sources"); n != 1 {
		t.Errorf("chrony was told %d times", n)
	}

	// A renewal without change bothers nobody; options that went are gone.
	p.lease("interface=eth0", "reason=RENEW", "new_domain_name_servers=192.0.2.1", "new_ntp_servers=192.0.2.9")
	if p.read("run/dhcp/eth0/provisioning_url") != "" || strings.Count(p.calls(), "chronyc") != 1 {
		t.Errorf("the renewal left an old URL, or called chrony: %s", p.calls())
	}
	p.lease("interface=eth1", "reason=BOUND", "new_domain_name_servers=192.0.2.1 198.51.100.1")
	if got := p.read("run/resolv.conf"); got != "nameserver 192.0.2.1\nnameserver 198.51.100.1\n" {
		t.Errorf("with two leases resolv.conf is %q", got)
	}
	p.lease("interface=eth0", "reason=NOCARRIER")
	p.lease("interface=eth1", "reason=STOPPED")
	if got := p.read("run/resolv.conf"); got != "" {
		t.Errorf("without a lease resolv.conf is %q", got)
	}
}

// firewall runs phone-firewall in the place and gives the rules as the kernel,
// in a network namespace, or nft's check, without one, understood them.
func (p place) firewall() string {
	p.t.Helper()
	p.install("usr/libexec/phone-firewall")
	p.install("etc/nftables.conf")
	p.stand("nft", "exec unshare -rn sh -c '/usr/sbin/nft \"$@\" && /usr/sbin/nft list ruleset' nft \"$@\"")
	return p.run("usr/libexec/phone-firewall")
}

func generation(serial, lines string) string {
	return "phoned 1 " + serial + " 00\n<<VOIP CONFIG FILE>>Version:2.0000000000\n" + lines + "<<END OF FILE>>\n"
}

func TestTheFirewallAdmitsSIPVoiceAndThePageAndNothingElse(t *testing.T) {
	need(t, "nft", "unshare")
	if err := exec.Command("unshare", "-rn", "true").Run(); err != nil {
		t.Skipf("no network namespace can be made here: %v", err)
	}
	p := newPlace(t)
	rules := p.firewall()
	for _, want := range []string{"policy drop;", "udp dport 5060 accept", "tcp dport 5060 accept", "udp dport 10000-10999 accept", "tcp dport { 80, 443 }"} {
		if !strings.Contains(rules, want) {
			t.Errorf("%q is not in:\n%s", want, rules)
		}
	}
	// What is accepted, all of it: a new hole is to be noticed here.
	if n := strings.Count(rules, "accept\n"); n != 14 {
		t.Errorf("%d rules accept something:\n%s", n, rules)
	}

	p.write("etc/phoned/defaults.conf", "SIP  Port          :5070\nRTP Initial Port   :20000\n")
	p.write("data/phone/settings.0", generation("8", "SIP  Port :5062\r\nRTP Port Quantity :100\r\n"))
	p.write("data/phone/settings.1", generation("7", "SIP  Port :5064\n"))
	rules = p.firewall()
	for _, want := range []string{"udp dport 5062 accept", "udp dport 20000-20099 accept"} {
		if !strings.Contains(rules, want) {
			t.Errorf("%q is not in:\n%s", want, rules)
		}
	}
}

func TestSettingsCannotOpenTheFirewall(t *testing.T) {
	need(t, "nft", "unshare")
	if err := exec.Command("unshare", "-rn", "true").Run(); err != nil {
		t.Skipf("no network namespace can be made here: %v", err)
	}
	for _, line := range []string{
		"SIP  Port :22 accept; tcp dport 23", "SIP  Port :99999", "SIP  Port :0", "SIP  Port :$(id)", "SIP  Port :1-65535", "SIP  Port :",
		"RTP Initial Port :80", "RTP Initial Port :-1", "RTP Port Quantity :65535",
	} {
		p := newPlace(t)
		p.write("data/phone/settings.0", generation("1", line+"\n"))
		if rules := p.firewall(); !strings.Contains(rules, "udp dport 5060 accept") || !strings.Contains(rules, "udp dport 10000-10999 accept") {
			t.Errorf("%q gave:\n%s", line, rules)
		}
	}
	p := newPlace(t)
	p.write("elsewhere", generation("1", "SIP  Port :22\n"))
	if err := os.Symlink(filepath.Join(p.dir, "elsewhere"), filepath.Join(p.dir, "data/phone/settings.0")); err != nil {
		t.Fatal(err)
	}
	if rules := p.firewall(); !strings.Contains(rules, "udp dport 5060 accept") {
		t.Errorf("a link was followed:\n%s", rules)
	}
	p = newPlace(t)
	p.write("data/phone/settings.0", generation("1", "RTP Initial Port :65000\n"))
	if rules := p.firewall(); !strings.Contains(rules, "udp dport 65000-65535 accept") {
		t.Errorf("the last ports are not:\n%s", rules)
	}
}
