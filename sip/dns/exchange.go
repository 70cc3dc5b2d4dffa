package dns

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// tryTime is how long one server has for one question.
	tryTime = time.Second
	// rounds is how often each server is asked before the question has failed.
	rounds = 2
	// hostsTTL is how long an answer of the hosts file is used.
	hostsTTL = 30 * time.Second
)

// An asker gets the answer to one question from the hosts file or the name
// servers. It keeps no answers.
type asker struct {
	hosts    string
	servers  *servers
	exchange func(ctx context.Context, network string, server netip.AddrPort, query []byte) ([]byte, error)
}

// ask asks for k until a server has answered or all of them have failed.
func (a *asker) ask(ctx context.Context, k key) (rrset, error) {
	if k.kind == typeA || k.kind == typeAAAA {
		if set, named := a.fromHosts(k); named {
			return set, nil
		}
	}
	list := a.servers.inTurn()
	if len(list) == 0 {
		return rrset{}, fmt.Errorf("ask for %s of %s: %w", typeName(k.kind), k.name, ErrNoServer)
	}
	var last error
	for range rounds {
		for _, server := range list {
			set, err := a.try(ctx, server, k)
			if err == nil {
				a.servers.prefer(server)
				return set, nil
			}
			if ctx.Err() != nil {
				return rrset{}, fmt.Errorf("ask for %s of %s: %w", typeName(k.kind), k.name, ctx.Err())
			}
			last = fmt.Errorf("%v: %w", server, err)
		}
	}
	return rrset{}, fmt.Errorf("ask for %s of %s: %w: %w", typeName(k.kind), k.name, ErrNoAnswer, last)
}

// fromHosts looks k up in the hosts file. A name that it knows is not asked
// for elsewhere, not even its other family.
func (a *asker) fromHosts(k key) (rrset, bool) {
	var file io.Reader = strings.NewReader("")
	if f, err := os.Open(a.hosts); err == nil {
		defer f.Close()
		file = f
	}
	addrs, named := hostsAddrs(file, k.name)
	set := rrset{ttl: hostsTTL}
	for _, addr := range addrs {
		if addr.Is4() == (k.kind == typeA) {
			set.addrs = append(set.addrs, addr)
		}
	}
	set.limit()
	return set, named
}

// try asks one server: with EDNS, without it if the server does not know that
// (RFC 6891 §7), and over TCP if the answer does not fit.
func (a *asker) try(ctx context.Context, server netip.AddrPort, k key) (rrset, error) {
	set, err := a.send(ctx, "udp", server, k, true)
	var r refusal
	edns := true
	if errors.As(err, &r) && (r.code == dnsmessage.RCodeFormatError || r.code == dnsmessage.RCodeNotImplemented) {
		edns = false
		set, err = a.send(ctx, "udp", server, k, false)
	}
	if errors.Is(err, errTruncated) {
		set, err = a.send(ctx, "tcp", server, k, edns)
	}
	return set, err
}

// send asks one server once, with an ID nobody can guess (RFC 5452 §9.2).
func (a *asker) send(ctx context.Context, network string, server netip.AddrPort, k key, edns bool) (rrset, error) {
	var random [2]byte
	rand.Read(random[:])
	id := binary.BigEndian.Uint16(random[:])
	query, err := question(id, k, edns)
	if err != nil {
		return rrset{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	msg, err := a.exchange(ctx, network, server, query)
	if err != nil {
		return rrset{}, err
	}
	if !answers(msg, id, k) {
		return rrset{}, errors.New("the answer is not to this question")
	}
	return readAnswer(msg, k)
}

// exchange is the real way to a server. Each question has a socket of its own,
// connected, so that the source port is random and only the server's datagrams
// arrive.
func exchange(ctx context.Context, network string, server netip.AddrPort, query []byte) ([]byte, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if network == "tcp" {
		return exchangeStream(c, query)
	}
	if _, err := c.Write(query); err != nil {
		return nil, err
	}
	var k key
	var id uint16
	if k, id, err = questionOf(query); err != nil {
		return nil, err
	}
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return nil, err
		}
		if answers(buf[:n], id, k) { // a forgery does not end the wait for the answer
			return buf[:n], nil
		}
	}
}

// exchangeStream frames as RFC 1035 §4.2.2 and RFC 7766 §8: length and message
// in one segment.
func exchangeStream(c io.ReadWriter, query []byte) ([]byte, error) {
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)
	if _, err := c.Write(framed); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return nil, err
	}
	msg := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(c, msg)
	return msg, err
}

// questionOf reads what a query asks.
func questionOf(query []byte) (key, uint16, error) {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		return key{}, 0, err
	}
	q, err := p.Question()
	if err != nil {
		return key{}, 0, err
	}
	return key{strings.TrimSuffix(q.Name.String(), "."), q.Type}, h.ID, nil
}

// typeName is the name of a record type.
func typeName(t dnsmessage.Type) string {
	if t == typeNAPTR {
		return "NAPTR"
	}
	return strings.TrimPrefix(t.String(), "Type")
}
