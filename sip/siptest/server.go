package siptest

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Config is what a Server is made of. Binds is needed; the zero value of the
// rest is a server that lets nobody in and knows no number.
type Config struct {
	Host       Host   // OS if nil
	Binds      []Bind // where it listens
	Realm      string // "phone.test" if empty; also a domain of its own
	Domains    []string
	Users      map[string]string // user part and password
	NoAuth     bool              // takes every user of Users without a password
	Algorithms []string          // of digest, a challenge for each in order; MD5 if empty
	AuthCalls  bool              // challenges INVITE and other requests of users with 407
	Refusal    int               // answer to a wrong password; 401 (another challenge) if 0
	MinExpires time.Duration     // 423 below it
	MaxExpires time.Duration     // what is granted at most; 3600 s if 0
	Locations  *Locations        // who is where; its own if nil. Two servers may share one.
	// Numbers are far parties without registration: user part and where they are.
	Numbers       map[string]netip.AddrPort
	NoRecordRoute bool
	Rules         []Rule
	Seed          uint64 // of tags, nonces and loss
	Keep          int    // entries of the record that are kept; 0 = all
}

// A Server is a SIP registrar and proxy with fault buttons. Its methods may be
// called from any goroutine.
type Server struct {
	Record *Record // what it received and sent

	cfg    Config
	st     *station
	loc    *Locations
	nonces map[string]int // nonce and the highest count seen with it
	rules  []*ruleState
	fault  fault
}

// Start opens the sockets and serves until Close.
func Start(cfg Config) (*Server, error) {
	if len(cfg.Binds) == 0 {
		return nil, errors.New("siptest: start a server: no address to listen on")
	}
	if cfg.Realm == "" {
		cfg.Realm = "phone.test"
	}
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = []string{"MD5"}
	}
	if cfg.MaxExpires == 0 {
		cfg.MaxExpires = time.Hour
	}
	if cfg.Refusal == 0 {
		cfg.Refusal = 401
	}
	s := &Server{Record: &Record{Limit: cfg.Keep}, cfg: cfg, loc: cfg.Locations, nonces: map[string]int{}}
	if s.loc == nil {
		s.loc = NewLocations()
	}
	s.fault.minExpires = cfg.MinExpires
	s.st = newStation(cfg.Host, s.Record, cfg.Seed, cfg.Binds)
	s.st.handle, s.st.deaf = s.request, true
	s.setRules(cfg.Rules)
	if err := s.st.start(); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends the server; it can not be started again.
func (s *Server) Close() { s.st.stop() }

// Addr is where the server listens with the transport ("UDP", "TCP", "TLS").
func (s *Server) Addr(transport string) netip.AddrPort {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	return s.st.addr(transport)
}

// request handles one new request.
func (s *Server) request(tx *serverTx) {
	if tx.req.Method == gosip.ACK {
		s.relayAck(tx)
		return
	}
	if s.applyRules(tx) {
		return
	}
	if f := s.fault.status; f != 0 {
		tx.respond(tx.answer(f, "", s.fault.headers()...), false)
		return
	}
	s.normal(tx)
}

// normal is what the server does without rules and faults.
func (s *Server) normal(tx *serverTx) {
	req := tx.req
	switch {
	case req.Method == gosip.CANCEL:
		s.cancel(tx)
	case req.Method == gosip.REGISTER:
		s.register(tx)
	case s.mine(&req.Recipient) && req.Recipient.User == "" && req.Method == gosip.OPTIONS:
		tx.respond(tx.answer(200, "",
			gosip.NewHeader("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REGISTER")), false)
	default:
		s.relay(tx)
	}
}

// mine tells whether a URI names this server.
func (s *Server) mine(uri *gosip.Uri) bool {
	host := strings.Trim(uri.Host, "[]")
	if strings.EqualFold(host, s.cfg.Realm) || slices.ContainsFunc(s.cfg.Domains, func(d string) bool { return strings.EqualFold(d, host) }) {
		return true
	}
	a, err := parseHostPort(host, uri.Port)
	if err != nil {
		return false
	}
	for _, b := range s.st.binds {
		// A URI without a port is taken as ours on any port: the far parties, who
		// may share the address, always name theirs.
		if b.Addr == a || uri.Port == 0 && b.Addr.Addr() == a.Addr() {
			return true
		}
	}
	return false
}
