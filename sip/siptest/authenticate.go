package siptest

import (
	"crypto/subtle"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// authenticate checks the credentials of a request (RFC 3261 §22, RFC 8760)
// and answers with a challenge (401, or 407 of a proxy) if they are not good.
func (s *Server) authenticate(tx *serverTx, status int) bool {
	name := "Authorization"
	if status == 407 {
		name = "Proxy-Authorization"
	}
	realm := s.realm()
	for _, h := range tx.req.GetHeaders(name) {
		cred, err := digest.ParseCredentials(h.Value())
		if err != nil || cred.Realm != realm {
			continue
		}
		return s.judge(tx, cred, status)
	}
	s.challenge(tx, status, false)
	return false
}

func (s *Server) judge(tx *serverTx, cred *digest.Credentials, status int) bool {
	password, known := s.cfg.Users[cred.Username]
	// RFC 2617 §3.2.2.5: the digest-uri is the one of the request line.
	if cred.URI != tx.req.Recipient.String() {
		tx.respond(tx.answer(400, "Digest URI Differs"), false)
		return false
	}
	last, issued := s.nonces[cred.Nonce]
	switch {
	case !issued:
		s.challenge(tx, status, true)
		return false
	case !known || !s.matches(tx, cred, password):
		if s.cfg.Refusal != 401 {
			tx.respond(tx.answer(s.cfg.Refusal, ""), false)
		} else {
			s.challenge(tx, status, false)
		}
		return false
	case s.fault.always:
		s.challenge(tx, status, false)
		return false
	case s.fault.stale > 0:
		s.fault.stale--
		delete(s.nonces, cred.Nonce)
		s.challenge(tx, status, true)
		return false
	case cred.QOP != "" && cred.Nc <= last:
		// RFC 7616 §3.4: a count that was used is a replay.
		s.challenge(tx, status, true)
		return false
	}
	s.nonces[cred.Nonce] = cred.Nc
	return true
}

func (s *Server) matches(tx *serverTx, cred *digest.Credentials, password string) bool {
	offered := false
	for _, a := range s.cfg.Algorithms {
		offered = offered || strings.EqualFold(a, cred.Algorithm) || cred.Algorithm == "" && strings.EqualFold(a, "MD5")
	}
	if !offered {
		return false
	}
	chal := &digest.Challenge{Realm: cred.Realm, Nonce: cred.Nonce, Algorithm: cred.Algorithm}
	if cred.QOP != "" {
		chal.QOP = []string{"auth"}
	}
	want, err := digest.Digest(chal, digest.Options{
		Method: string(tx.req.Method), URI: cred.URI, Count: cred.Nc,
		Username: cred.Username, Password: password, Cnonce: cred.Cnonce,
	})
	return err == nil && subtle.ConstantTimeCompare([]byte(want.Response), []byte(cred.Response)) == 1
}

// challenge asks for credentials, once for each algorithm.
func (s *Server) challenge(tx *serverTx, status int, stale bool) {
	name := "WWW-Authenticate"
	if status == 407 {
		name = "Proxy-Authenticate"
	}
	nonce := s.st.token() + s.st.token()
	s.nonces[nonce] = 0
	res := tx.answer(status, "")
	for _, a := range s.cfg.Algorithms {
		c := digest.Challenge{Realm: s.realm(), Nonce: nonce, Algorithm: a, QOP: []string{"auth"}, Stale: stale}
		res.AppendHeader(gosip.NewHeader(name, c.String()))
	}
	tx.respond(res, false)
}

func (s *Server) realm() string {
	if s.fault.realm != "" {
		return s.fault.realm
	}
	return s.cfg.Realm
}
