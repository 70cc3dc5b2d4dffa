package siptest

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A Binding is one contact of a user (RFC 3261 §10).
type Binding struct {
	User      string
	Contact   string // URI
	Source    netip.AddrPort
	Transport string
	CallID    string
	CSeq      uint32
	Until     time.Time
	flow      flow
	owner     *Server
}

// Locations is a location store: who is where. Servers may share one, as
// redundant servers do.
type Locations struct {
	mu       sync.Mutex
	bindings map[string][]Binding // by user, newest last
}

// NewLocations makes an empty store.
func NewLocations() *Locations { return &Locations{bindings: map[string][]Binding{}} }

// Bindings are the user's valid contacts, the newest last.
func (l *Locations) Bindings(user string) []Binding {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.valid(user)
}

func (l *Locations) valid(user string) []Binding {
	now := time.Now()
	l.bindings[user] = slices.DeleteFunc(l.bindings[user], func(b Binding) bool { return !b.Until.After(now) })
	return slices.Clone(l.bindings[user])
}

// put stores a binding; false if the CSeq of the same Call-ID did not rise
// (RFC 3261 §10.3, step 7).
func (l *Locations) put(b Binding) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, old := range l.valid(b.User) {
		if old.Contact != b.Contact {
			continue
		}
		if old.CallID == b.CallID && b.CSeq <= old.CSeq {
			return false
		}
		l.bindings[b.User] = slices.Delete(l.bindings[b.User], i, i+1)
		break
	}
	if b.Until.After(time.Now()) {
		l.bindings[b.User] = append(l.bindings[b.User], b)
	}
	return true
}

// clear removes every contact of a user.
func (l *Locations) clear(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.bindings, user)
}

// Bindings are the valid contacts of a user in the server's store.
func (s *Server) Bindings(user string) []Binding { return s.loc.Bindings(user) }

// find looks a contact URI up among all users.
func (l *Locations) find(contact string) (Binding, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for user := range l.bindings {
		for _, b := range l.valid(user) {
			if b.Contact == contact {
				return b, true
			}
		}
	}
	return Binding{}, false
}

// Holds tells whether the user's newest registration is the one at this
// server: of servers that share a store, only one does.
func (s *Server) Holds(user string) bool {
	b := s.loc.Bindings(user)
	return len(b) > 0 && b[len(b)-1].owner == s
}
