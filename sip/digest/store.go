package digest

import (
	"log/slog"
	"slices"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

const (
	// maxRealms bounds the realms of one server.
	maxRealms = 8
	// maxStale bounds how often one request is repeated because the server says
	// that the nonce was too old: the third time it is not the nonce.
	maxStale = 2
)

// Credentials are a line's name and password for digest.
type Credentials struct {
	User     string
	Password string
}

// String does not tell the password.
func (c Credentials) String() string { return c.User + ":***" }

// GoString does not tell the password.
func (c Credentials) GoString() string { return c.String() }

// LogValue does not tell the password.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// A Store remembers the challenges of one server to one line, so that the next
// request carries an answer already, with a rising nonce count.
type Store struct {
	credentials Credentials
	localDomain string
	realms      []string // that the server used in answers to REGISTER
	known       []*known
	cnonce      func() string // nil = random
}

// A known challenge. It is kept for the method that was challenged: another
// method's request may go on to strangers, who could try passwords on it.
type known struct {
	method    gosip.RequestMethod
	proxy     bool
	challenge *digest.Challenge
	count     *int // of this nonce, shared by the methods that use it
}

// NewStore is an empty store. localDomain is the realm that is allowed while
// the server has used none in an answer to a REGISTER.
func NewStore(c Credentials, localDomain string) *Store {
	return &Store{credentials: c, localDomain: localDomain}
}

// String tells neither password nor challenges.
func (s *Store) String() string { return "digest store of " + s.credentials.User }

// GoString does as String.
func (s *Store) GoString() string { return s.String() }

// A Try is the digest history of one request at one server. The zero value is
// that of a request not yet challenged.
type Try struct {
	answered []answered
}

type answered struct {
	realm string
	proxy bool
	nonce string
	stale int // answers because of stale=true
}

// Answerable tells whether res, an answer to the request of try, holds a
// challenge that may be answered now, and remembers it for Authorize.
// fromServer says that res came from the line's server itself.
func (s *Store) Answerable(try *Try, res *gosip.Response, fromServer bool) bool {
	cseq := res.CSeq()
	if !fromServer || cseq == nil || res.StatusCode != 401 && res.StatusCode != 407 || s.credentials.Password == "" {
		return false
	}
	answerable := false
	for _, proxy := range [...]bool{false, true} {
		for _, c := range challenges(res, proxy) {
			if !s.allowed(c.Realm, cseq.MethodName) {
				continue
			}
			if !try.answer(c, proxy) {
				s.forget(cseq.MethodName, proxy, c.Realm)
				continue
			}
			s.learn(cseq.MethodName, proxy, c)
			answerable = true
		}
	}
	return answerable
}

// allowed is the realm policy: what the server used in answers to our REGISTER,
// which goes to nobody else; before that the line's own domain.
func (s *Store) allowed(realm string, method gosip.RequestMethod) bool {
	if slices.Contains(s.realms, realm) {
		return true
	}
	if method == gosip.REGISTER {
		if len(s.realms) >= maxRealms {
			s.realms = slices.Delete(s.realms, 0, 1)
		}
		s.realms = append(s.realms, realm)
		return true
	}
	return len(s.realms) == 0 && s.localDomain != "" && realm == s.localDomain
}

// answer notes that c will be answered; false if that realm has had its answer.
// An answer that went along unasked does not count: the server may have
// forgotten the nonce.
func (t *Try) answer(c *digest.Challenge, proxy bool) bool {
	for i := range t.answered {
		a := &t.answered[i]
		if a.realm != c.Realm || a.proxy != proxy {
			continue
		}
		// RFC 7616 §3.3: stale=true says that the password was right.
		if !c.Stale || c.Nonce == a.nonce || a.stale >= maxStale {
			return false
		}
		a.nonce = c.Nonce
		a.stale++
		return true
	}
	if len(t.answered) >= maxRealms {
		return false
	}
	t.answered = append(t.answered, answered{realm: c.Realm, proxy: proxy, nonce: c.Nonce})
	return true
}

// learn keeps c for the requests to come.
func (s *Store) learn(method gosip.RequestMethod, proxy bool, c *digest.Challenge) {
	s.forget(method, proxy, c.Realm)
	k := &known{method: method, proxy: proxy, challenge: c, count: new(int)}
	for _, other := range s.known {
		if other.challenge.Nonce == c.Nonce && other.challenge.Realm == c.Realm {
			k.count = other.count
		}
	}
	s.known = append(s.known, k)
}

func (s *Store) forget(method gosip.RequestMethod, proxy bool, realm string) {
	s.known = slices.DeleteFunc(s.known, func(k *known) bool {
		return k.method == method && k.proxy == proxy && k.challenge.Realm == realm
	})
}

// Authorize replaces req's Authorization and Proxy-Authorization by answers to
// what the server has asked before. It adds none where it has asked nothing,
// and none to ACK and CANCEL. The Request-URI must not change afterwards.
func (s *Store) Authorize(_ *Try, req *gosip.Request) {
	for _, name := range [...]string{"Authorization", "Proxy-Authorization"} {
		for req.RemoveHeader(name) {
			continue
		}
	}
	if req.Method == gosip.ACK || req.Method == gosip.CANCEL {
		return // RFC 3261 §22.1: neither can be challenged
	}
	for _, k := range s.known {
		if k.method != req.Method {
			continue
		}
		*k.count++
		options := digest.Options{
			Method:   string(req.Method),
			URI:      req.Recipient.String(), // RFC 3261 §22.4: the Request-URI as sent, with its parameters
			Count:    *k.count,
			Username: s.credentials.User,
			Password: s.credentials.Password,
		}
		if s.cnonce != nil {
			options.Cnonce = s.cnonce()
		}
		cred, err := digest.Digest(k.challenge, options)
		if err != nil {
			continue // not supported: such a challenge is not learnt
		}
		name := "Authorization"
		if k.proxy {
			name = "Proxy-Authorization"
		}
		req.AppendHeader(gosip.NewHeader(name, cred.String()))
	}
}
