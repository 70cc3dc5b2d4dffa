package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"phoned/sip/siptest"
)

// The account of the demo's phone, known to both servers.
const (
	user     = "1001"
	password = "open-phone"
	realm    = "demo.phone"
)

// FailbackInterval is short, so that nobody waits for half an hour to see the
// phone go back to its primary server.
const FailbackInterval = 20 * time.Second

// A Button breaks or heals a server.
type Button int

// The buttons.
const (
	Return  Button = iota // the server works again
	Stop                  // its sockets are closed: ICMP port unreachable
	Silence               // it hears and does not answer
	Refuse                // it answers everything with 503
)

// ports are tried first; where they are taken any free one is used.
var ports = [2]uint16{5070, 5080}

// partyPort is where the far party listens if nobody else does.
const partyPort = 5090

// Demo is two servers and a far party. Its methods may be called from any
// goroutine.
type Demo struct {
	servers [2]*siptest.Server
	addrs   [2]netip.AddrPort
	party   *siptest.Party

	mu      sync.Mutex
	pressed [2]Button
	closed  bool
}

// Start opens the sockets. They are closed when ctx ends.
func Start(ctx context.Context) (*Demo, error) {
	d := &Demo{}
	lo := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	err := listen(partyPort, func(port uint16) (err error) {
		d.party, err = siptest.StartParty(siptest.PartyConfig{
			Addr: netip.AddrPortFrom(lo, port), Media: true, Seed: uint64(time.Now().UnixNano()), Keep: 200,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("demo: start the far party: %w", err)
	}
	// Redundant servers share their users' places.
	locations := siptest.NewLocations()
	for i := range d.servers {
		err := listen(ports[i], func(port uint16) (err error) {
			a := netip.AddrPortFrom(lo, port)
			d.servers[i], err = siptest.Start(siptest.Config{
				Binds: []siptest.Bind{{Transport: "UDP", Addr: a}}, Realm: realm, AuthCalls: true,
				Users: map[string]string{user: password}, Locations: locations, Numbers: d.party.Routes(),
				Algorithms: []string{"SHA-256", "MD5"}, Seed: uint64(time.Now().UnixNano()), Keep: 200,
			})
			return err
		})
		if err != nil {
			d.close()
			return nil, fmt.Errorf("demo: start server %d: %w", i+1, err)
		}
		d.addrs[i] = d.servers[i].Addr("UDP")
	}
	d.party.SetServers(d.addrs[:]...)
	context.AfterFunc(ctx, d.close)
	return d, nil
}

// listen starts something on a port, or on any free one where that is taken.
func listen(port uint16, start func(uint16) error) error {
	err := start(port)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = start(0)
	}
	return err
}

func (d *Demo) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, s := range d.servers {
		if s != nil {
			s.Close()
		}
	}
	d.party.Close()
}

// Server is the address of server 1 (the primary) or 2 (the backup).
func (d *Demo) Server(n int) netip.AddrPort { return d.addrs[n-1] }

// Press breaks or heals server 1 or 2. The error says why a server that was
// stopped can not return.
func (d *Demo) Press(n int, b Button) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errors.New("demo: the servers are closed")
	}
	s := d.servers[n-1]
	if err := s.Heal(); err != nil {
		return fmt.Errorf("demo: server %d can not return: %w", n, err)
	}
	switch b {
	case Stop:
		s.Stop()
	case Silence:
		s.Silence()
	case Refuse:
		s.Status(503, 0)
	}
	d.pressed[n-1] = b
	return nil
}

// Settings is the configuration file of a phone that uses the demo's servers.
func (d *Demo) Settings() []byte {
	return fmt.Appendf(nil, `<<VOIP CONFIG FILE>>Version:2.0000000000

<SIP CONFIG MODULE>
SIP  Port          :0
--SIP Line List--  :
SIP1 Phone Number       :%s
SIP1 Display Name       :Demo
SIP1 Enable Reg         :1
SIP1 Register Addr      :%s
SIP1 Register Port      :%d
SIP1 Register User      :%s
SIP1 Register Pswd      :%s
SIP1 Register TTL       :60
SIP1 Backup Addr        :%s
SIP1 Backup Port        :%d
SIP1 Backup TTL         :60
SIP1 Local Domain       :%s
SIP1 Enable Failback    :1
SIP1 Failback Interval  :%d
SIP1 UDPUpdate TTL      :10
<<END OF FILE>>
`, user, d.addrs[0].Addr(), d.addrs[0].Port(), user, password, d.addrs[1].Addr(), d.addrs[1].Port(),
		realm, int(FailbackInterval/time.Second))
}
