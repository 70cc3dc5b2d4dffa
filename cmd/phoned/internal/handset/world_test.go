//go:build linux

package handset

import (
	"testing"

	"phoned/cmd/phoned/internal/lab"
	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/machine"
)

// A world is a network with two Kamailios, baresip as the number 200, a DHCP
// server, and the plug of a phone.
type world struct {
	*lab.Lab
	s1, s2, far *lab.Node
	k1, k2      *lab.Kamailio
	baresip     *lab.Baresip
	plug        lab.Plug
	image       build.Image
}

// newWorld makes all but the phone. More are settings of its line.
func newWorld(t *testing.T, more ...string) *world {
	t.Helper()
	Workshop(t) // before the lab: making an image takes long
	l := lab.New(t, "kamailio", "baresip", "dnsmasq")
	w := &world{Lab: l, s1: l.Node("s1"), s2: l.Node("s2"), far: l.Node("far"), plug: l.Plug()}
	l.Node("dhcp").NameServer(l.Leases(w.plug)...)
	w.baresip = w.far.Baresip(lab.BaresipConfig{User: "200", Tone: 440})
	cfg := lab.KamailioConfig{Numbers: map[string]*lab.Node{"200": w.far}, AuthCalls: true}
	w.k1, w.k2 = w.s1.Kamailio(cfg), w.s2.Kamailio(cfg)
	w.image = Image(t, build.Spec{Factory: map[string]string{
		"settings.conf": lab.Settings([]lab.Line{{
			Domain: "lab.test", Primary: w.s1, Backup: w.s2,
			More: append([]string{"Signal Retry Counts:3", "NAT UDPUpdate:0"}, more...),
		}}),
		"serial": "TEST0001\n",
	}})
	return w
}

// boot starts the phone of the world.
func (w *world) boot(t *testing.T, tune func(*machine.Config)) *Phone {
	t.Helper()
	return Boot(t, Options{Image: w.image, Plug: &w.plug, Tune: tune})
}
