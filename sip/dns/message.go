package dns

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	typeA     = dnsmessage.TypeA
	typeAAAA  = dnsmessage.TypeAAAA
	typeSRV   = dnsmessage.TypeSRV
	typeNAPTR = dnsmessage.Type(35) // RFC 3403
)

const (
	// maxRead bounds the records of one message that are looked at.
	maxRead = 512
	// maxAliases bounds a CNAME chain.
	maxAliases = 8
	// payload is the UDP size that passes every path (RFC 6891, DNS flag day 2020).
	payload = 1232
)

const (
	minTTL         = 5 * time.Second
	maxTTL         = 24 * time.Hour
	maxNegativeTTL = time.Minute
)

// A key is one question: a name in lower case without the last dot, and a type.
type key struct {
	name string
	kind dnsmessage.Type
}

// An rrset is what one answer says of one key.
type rrset struct {
	alias  string // the chain goes on at this name, and nothing else is known
	addrs  []netip.Addr
	srv    []service
	naptr  []pointer
	absent bool // NXDOMAIN, or the name has no such record
	ttl    time.Duration
}

// A service is an SRV record (RFC 2782). The target "" stands for ".".
type service struct {
	target                 string
	priority, weight, port uint16
}

// A pointer is a NAPTR record (RFC 3403 §4.1).
type pointer struct {
	order, preference      uint16
	flags, service, regexp string
	replacement            string
}

// hostName is name as it is asked for and compared: in lower case (RFC 4343)
// and without the last dot. Letters, digits, hyphens and underscores only:
// nothing else can be a SIP server, and nothing else reaches a log.
func hostName(name string) (string, bool) {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return "", false
	}
	label := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			if label == 0 {
				return "", false
			}
			label = 0
			continue
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return "", false
		}
		if label++; label > 63 {
			return "", false
		}
	}
	return strings.ToLower(name), label > 0
}

// question is the message that asks for k. edns adds the OPT record that
// allows answers of payload bytes (RFC 6891).
func question(id uint16, k key, edns bool) ([]byte, error) {
	name, err := dnsmessage.NewName(k.name + ".")
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", k.name, err)
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: k.kind, Class: dnsmessage.ClassINET}},
	}
	if edns {
		var opt dnsmessage.ResourceHeader
		if err := opt.SetEDNS0(payload, dnsmessage.RCodeSuccess, false); err != nil {
			return nil, fmt.Errorf("ask for %s: %w", k.name, err)
		}
		m.Additionals = []dnsmessage.Resource{{Header: opt, Body: &dnsmessage.OPTResource{}}}
	}
	return m.Pack()
}

// answers tells whether msg is an answer to the question with this id: all
// else is a stray or a forgery, and no answer (RFC 5452 §9.1).
func answers(msg []byte, id uint16, k key) bool {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || h.ID != id || !h.Response || h.OpCode != 0 {
		return false
	}
	q, err := p.Question()
	if err != nil || q.Type != k.kind || q.Class != dnsmessage.ClassINET {
		// A server that refuses need not repeat the question.
		return err == dnsmessage.ErrSectionDone && h.RCode != dnsmessage.RCodeSuccess && h.RCode != dnsmessage.RCodeNameError
	}
	name := strings.TrimSuffix(q.Name.String(), ".")
	_, err = p.Question()
	return strings.EqualFold(name, k.name) && err == dnsmessage.ErrSectionDone
}

// A refusal is an answer without an answer: the next server may know better.
type refusal struct{ code dnsmessage.RCode }

func (r refusal) Error() string {
	return strings.TrimPrefix(r.code.String(), "RCode")
}

// errTruncated asks for the same over TCP.
var errTruncated = fmt.Errorf("answer is truncated")

// readAnswer reads msg, which answers k.
func readAnswer(msg []byte, k key) (rrset, error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil {
		return rrset{}, fmt.Errorf("read header: %w", err)
	}
	switch {
	case h.RCode != dnsmessage.RCodeSuccess && h.RCode != dnsmessage.RCodeNameError:
		return rrset{}, refusal{h.RCode}
	case h.Truncated: // RFC 2181 §9: do not use what is there
		return rrset{}, errTruncated
	}
	if err := p.SkipAllQuestions(); err != nil {
		return rrset{}, fmt.Errorf("read question: %w", err)
	}
	set, found, err := readRecords(&p, msg, k)
	if err != nil {
		return rrset{}, fmt.Errorf("read answer: %w", err)
	}
	if found {
		return set, nil
	}
	ttl, soa := negativeTTL(&p)
	// A referral from a server that does not recurse says nothing of the name.
	if h.RCode == dnsmessage.RCodeSuccess && !h.Authoritative && !h.RecursionAvailable && !soa {
		return rrset{}, refusal{dnsmessage.RCodeRefused}
	}
	return rrset{absent: true, ttl: ttl}, nil
}

// readRecords reads the answer section: the CNAME chain from k's name, and the
// records at its end. found is false when there are neither.
func readRecords(p *dnsmessage.Parser, msg []byte, k key) (set rrset, found bool, err error) {
	type alias struct {
		to  string
		ttl time.Duration
	}
	aliases := map[string]alias{}
	owned := map[string]*rrset{} // by owner: the order of records is anybody's
	for range maxRead {
		h, err := p.AnswerHeader()
		if err == dnsmessage.ErrSectionDone {
			break
		}
		if err != nil {
			return rrset{}, false, err
		}
		owner, valid := hostName(h.Name.String())
		if !valid || h.Class != dnsmessage.ClassINET || h.Type != k.kind && h.Type != dnsmessage.TypeCNAME {
			if err := p.SkipAnswer(); err != nil {
				return rrset{}, false, err
			}
			continue
		}
		ttl := lifetime(h.TTL)
		if h.Type == dnsmessage.TypeCNAME {
			c, err := p.CNAMEResource()
			if err != nil {
				return rrset{}, false, err
			}
			if to, valid := hostName(c.CNAME.String()); valid {
				aliases[owner] = alias{to, ttl}
			}
			continue
		}
		s := owned[owner]
		if s == nil {
			s = &rrset{ttl: ttl}
			owned[owner] = s
		}
		s.ttl = min(s.ttl, ttl)
		if err := readRecord(p, msg, k, s); err != nil {
			return rrset{}, false, err
		}
	}

	name, ttl := k.name, maxTTL
	for range maxAliases {
		a, more := aliases[name]
		if !more {
			break
		}
		name, ttl = a.to, min(ttl, a.ttl)
	}
	if s := owned[name]; s != nil {
		s.ttl = min(s.ttl, ttl)
		s.limit()
		return *s, true, nil
	}
	if name != k.name {
		return rrset{alias: name, ttl: ttl}, true, nil
	}
	return rrset{}, false, nil
}

// readRecord adds one record of k's type to s. A record that makes no sense is
// left out.
func readRecord(p *dnsmessage.Parser, msg []byte, k key, s *rrset) error {
	switch k.kind {
	case typeA:
		a, err := p.AResource()
		if err != nil {
			return err
		}
		s.addrs = append(s.addrs, netip.AddrFrom4(a.A))
	case typeAAAA:
		a, err := p.AAAAResource()
		if err != nil {
			return err
		}
		if v6 := netip.AddrFrom16(a.AAAA); !v6.Is4In6() {
			s.addrs = append(s.addrs, v6)
		}
	case typeSRV:
		r, err := p.SRVResource()
		if err != nil {
			return err
		}
		target, valid := hostName(r.Target.String())
		if none := r.Target.String() == "."; none || valid && r.Port != 0 {
			s.srv = append(s.srv, service{target, r.Priority, r.Weight, r.Port})
		}
	case typeNAPTR:
		r, err := p.UnknownResource()
		if err != nil {
			return err
		}
		if n, valid := readNAPTR(msg, r.Data); valid {
			s.naptr = append(s.naptr, n)
		}
	default:
		return p.SkipAnswer()
	}
	return nil
}

// lifetime is a TTL of the wire, within limits. RFC 2181 §8: a TTL with the
// most significant bit set is zero.
func lifetime(ttl uint32) time.Duration {
	if ttl > 1<<31-1 {
		ttl = 0
	}
	return min(max(time.Duration(ttl)*time.Second, minTTL), maxTTL)
}

// negativeTTL reads the authority section for how long nothing stays nothing:
// the smaller of the SOA's MINIMUM and its own TTL (RFC 2308 §5). Without a SOA
// the answer is hardly kept.
func negativeTTL(p *dnsmessage.Parser) (ttl time.Duration, soa bool) {
	if err := p.SkipAllAnswers(); err != nil {
		return minTTL, false
	}
	for range maxRead {
		h, err := p.AuthorityHeader()
		if err != nil {
			break
		}
		if h.Type != dnsmessage.TypeSOA {
			if p.SkipAuthority() != nil {
				break
			}
			continue
		}
		r, err := p.SOAResource()
		if err != nil {
			break
		}
		return min(lifetime(h.TTL), lifetime(r.MinTTL), maxNegativeTTL), true
	}
	return minTTL, false
}
