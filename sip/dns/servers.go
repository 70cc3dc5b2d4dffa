package dns

import (
	"bufio"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxServers = 4
	// maxFile bounds what is read of resolv.conf and hosts.
	maxFile = 1 << 20
	dnsPort = 53
)

// servers are the name servers, the one that answered last first.
type servers struct {
	fixed []netip.AddrPort
	path  string // of resolv.conf, if there are no fixed ones

	mu      sync.Mutex // guards what follows
	list    []netip.AddrPort
	good    int  // index of the one that answered last
	news    bool // list has changed since moved
	changed time.Time
	size    int64
}

// inTurn are the servers in the order to ask them.
func (s *servers) inTurn() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read()
	return append(slices.Clone(s.list[s.good:]), s.list[:s.good]...)
}

// prefer remembers that a server has answered.
func (s *servers) prefer(server netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.list, server); i >= 0 {
		s.good = i
	}
}

// moved tells whether there are other servers than when it was called last.
func (s *servers) moved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read()
	news := s.news
	s.news = false
	return news
}

// read brings list up to date; the caller holds mu. A file that has gone leaves
// no server.
func (s *servers) read() {
	was := s.list
	if len(s.fixed) > 0 {
		s.list = head(s.fixed, maxServers)
	} else {
		var changed time.Time
		size := int64(-1)
		if info, err := os.Stat(s.path); err == nil {
			changed, size = info.ModTime(), info.Size()
		}
		if changed.Equal(s.changed) && size == s.size {
			return
		}
		s.changed, s.size, s.list = changed, size, nil
		if f, err := os.Open(s.path); err == nil {
			s.list = nameServers(f)
			f.Close()
		}
	}
	if !slices.Equal(was, s.list) {
		s.good, s.news = 0, true
	}
}

// nameServers reads the name servers of a resolv.conf(5). Search domains and
// options do not matter here.
func nameServers(file io.Reader) []netip.AddrPort {
	var list []netip.AddrPort
	lines := bufio.NewScanner(io.LimitReader(file, maxFile))
	for lines.Scan() && len(list) < maxServers {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		a, err := netip.ParseAddr(fields[1])
		if server := netip.AddrPortFrom(a.Unmap(), dnsPort); err == nil && !slices.Contains(list, server) {
			list = append(list, server)
		}
	}
	return list
}

// hostsAddrs reads the addresses of name from a hosts(5) file. named is false
// when the file does not know the name. RFC 6761 §6.3: localhost is known
// without a file.
func hostsAddrs(file io.Reader, name string) (addrs []netip.Addr, named bool) {
	lines := bufio.NewScanner(io.LimitReader(file, maxFile))
	for lines.Scan() && len(addrs) < maxRecords {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		for _, alias := range fields[1:] {
			if !strings.EqualFold(strings.TrimSuffix(alias, "."), name) {
				continue
			}
			if a, err := netip.ParseAddr(fields[0]); err == nil {
				addrs = append(addrs, a.Unmap())
			}
			break
		}
	}
	if len(addrs) == 0 && (name == "localhost" || strings.HasSuffix(name, ".localhost")) {
		addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	return addrs, len(addrs) > 0
}
