package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Defaults of Config.
const (
	defaultConnectTimeout = 32 * time.Second // 64*T1 of RFC 3261
	defaultMaxConns       = 16
	defaultMaxMessage     = 16384
)

// Wire is the phone's connection to the SIP network.
type Wire struct {
	cfg      Config
	handler  Handler
	log      *slog.Logger
	trouble  complainer
	parser   *gosip.Parser
	news     *news
	resolver *resolver
	vault    vault
	keepWake chan struct{} // Keep or a connection has changed
	udp      net.PacketConn
	port     uint16

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  sync.WaitGroup // every goroutine

	gateMu    sync.Mutex
	gate      atomic.Pointer[map[netip.Addr]bool] // true = a server's address
	strangers atomic.Uint64                       // datagrams and connections dropped

	mu        sync.Mutex // guards what follows; never held while writing or calling out
	closed    bool
	flights   map[flightKey]*Flight
	links     map[Server]*link
	servers   map[Server]bool
	peers     []netip.Addr
	targets   map[netip.Addr]int         // where flights have gone
	ponging   map[Server]bool            // servers that have answered a CRLF ping
	averse    map[Server]int             // connections in a row that a ping has ended
	busy      map[Server]bool            // servers that a call or a request needs now
	keeps     []*kept                    // servers whose connections are kept open
	keeper    bool                       // keepOpen runs
	verdicts  map[netip.AddrPort]verdict // UDP servers' addresses that were tried over TCP
	inbound   map[*stream]bool           // connections others have opened
	retired   map[*link]bool             // connections read on for late answers
	listeners map[string]listener        // by transport
	txs       map[string]*ServerTx
	txOrder   []*ServerTx // oldest first
}

// New binds the UDP socket. Nothing is read before Run.
func New(cfg Config, h Handler) (*Wire, error) {
	cfg = withDefaults(cfg)
	w := &Wire{
		cfg: cfg, handler: h, log: cfg.Log,
		trouble:   complainer{log: cfg.Log, last: map[string]complaint{}},
		parser:    gosip.NewParser(),
		news:      newNews(cfg.Log),
		vault:     vault{held: map[Server]*credentials{}},
		flights:   map[flightKey]*Flight{},
		links:     map[Server]*link{},
		servers:   map[Server]bool{},
		targets:   map[netip.Addr]int{},
		ponging:   map[Server]bool{},
		averse:    map[Server]int{},
		busy:      map[Server]bool{},
		verdicts:  map[netip.AddrPort]verdict{},
		keepWake:  make(chan struct{}, 1),
		inbound:   map[*stream]bool{},
		retired:   map[*link]bool{},
		listeners: map[string]listener{},
		txs:       map[string]*ServerTx{},
	}
	w.parser.MaxMessageLength = cfg.MaxMessage
	w.gate.Store(&map[netip.Addr]bool{})
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.resolver = &resolver{
		lookup: cfg.LookupNetIP, network: family(cfg.Addr), spawn: w.spawn, changed: w.openGate, keep: w.serves,
		ctx: w.ctx, names: map[string]*name{}, demoted: map[netip.Addr]int64{},
	}
	address := netip.AddrPortFrom(cfg.Addr, cfg.Port).String()
	if !cfg.Addr.IsValid() {
		address = ":" + strconv.Itoa(int(cfg.Port))
	}
	pc, err := cfg.ListenPacket(w.ctx, "udp", address)
	if err != nil {
		w.cancel()
		return nil, fmt.Errorf("wire: listen on UDP %s: %w", address, err)
	}
	if w.udp, err = w.observe(pc); err != nil {
		w.cancel()
		return nil, errors.Join(err, pc.Close())
	}
	w.port = addrPortOf(w.udp.LocalAddr()).Port()
	return w, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.ConnectTimeout <= 0 {
		cfg.ConnectTimeout = defaultConnectTimeout
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = defaultMaxConns
	}
	if cfg.MaxMessage <= 0 {
		cfg.MaxMessage = defaultMaxMessage
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	if cfg.ListenPacket == nil {
		cfg.ListenPacket = (&net.ListenConfig{}).ListenPacket
	}
	if cfg.Listen == nil {
		cfg.Listen = (&net.ListenConfig{}).Listen
	}
	if cfg.DialContext == nil {
		cfg.DialContext = dialer(cfg.Addr).DialContext
	}
	if cfg.LookupNetIP == nil {
		cfg.LookupNetIP = net.DefaultResolver.LookupNetIP
	}
	if cfg.Source == nil {
		cfg.Source = sourceTo
	}
	return cfg
}

// family is what a socket bound to a can reach.
func family(a netip.Addr) string {
	switch {
	case !a.IsValid() || a == netip.IPv6Unspecified():
		return "ip"
	case a.Unmap().Is4():
		return "ip4"
	default:
		return "ip6"
	}
}

// Run serves until ctx ends or Close is called, then closes everything and
// waits for every goroutine. It returns nil then, or why it could not go on.
func (w *Wire) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, w.Close)
	defer stop()
	ended := make(chan error, 1)
	if !w.spawn(func() { ended <- w.readUDP() }) || !w.spawn(func() { w.news.run(w.ctx.Done()) }) {
		w.tasks.Wait()
		return nil
	}
	err := <-ended
	w.Close()
	w.tasks.Wait()
	return err
}

// Close ends Run and closes everything.
func (w *Wire) Close() {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.closed = true
	var streams []*stream
	for _, l := range w.links {
		if l.stream != nil {
			streams = append(streams, l.stream)
		}
	}
	for l := range w.retired {
		streams = append(streams, l.stream)
	}
	for s := range w.inbound {
		streams = append(streams, s)
	}
	listeners := w.listeners
	w.listeners = map[string]listener{}
	txs := slices.Clone(w.txOrder) // each leaves the list as it ends
	w.mu.Unlock()

	w.cancel()
	_ = w.udp.Close() // nothing is lost by an error here, nor below
	for _, l := range listeners {
		_ = l.Close()
	}
	for _, s := range streams {
		s.end(net.ErrClosed)
	}
	for _, t := range txs {
		t.tx.Terminate()
	}
}

// spawn runs f on a goroutine that Run waits for; false after Close.
func (w *Wire) spawn(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.tasks.Go(f)
	return true
}

// Port is the port of the UDP socket.
func (w *Wire) Port() uint16 { return w.port }

// addrPortOf reads the address of a socket; the zero value if it has no IP.
func addrPortOf(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	case nil:
		return ap
	default:
		ap, _ = netip.ParseAddrPort(a.String()) // the zero value says it is none
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
