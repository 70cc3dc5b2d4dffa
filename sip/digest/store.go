package digest

import gosip "github.com/emiago/sipgo/sip"

// Credentials are a line's name and password for digest.
type Credentials struct {
	User     string
	Password string
}

// A Store remembers the challenges of one server to one line, so that the next
// request carries an answer already, with a rising nonce count.
type Store struct{}

// NewStore is an empty store. localDomain is the realm that is allowed while
// the server has used none in an answer to a REGISTER.
func NewStore(c Credentials, localDomain string) *Store { return &Store{} }

// A Try is the digest history of one request at one server. The zero value is
// that of a request not yet challenged.
type Try struct{}

// Answerable tells whether res, an answer to the request of try, holds a
// challenge that may be answered now, and remembers it for Authorize.
// fromServer says that res came from the line's server itself.
func (s *Store) Answerable(try *Try, res *gosip.Response, fromServer bool) bool { return false }

// Authorize replaces req's Authorization and Proxy-Authorization by answers to
// what the server has asked before. It adds none where it has asked nothing,
// and none to ACK and CANCEL. The Request-URI must not change afterwards.
func (s *Store) Authorize(try *Try, req *gosip.Request) {}
