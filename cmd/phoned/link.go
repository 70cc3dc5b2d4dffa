package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"phoned/cmd/phoned/internal/config"
	"phoned/cmd/phoned/internal/desk"
)

// A link is whether the phone has a network: carrier, address and a route to
// some server.
type link struct {
	up      bool
	address string // the phone's own, towards the first server that has a route
}

const (
	linkSettle = 100 * time.Millisecond // one change of the network is many messages of the kernel
	linkPoll   = 10 * time.Second       // in case the kernel's messages do not come
)

// A listener is told of the network: *desk.Desk.
type listener interface{ Do(desk.Command) }

// watchLink tells the phone its network as it is at the start, and when it goes
// and comes, until ctx ends.
func watchLink(ctx context.Context, targets func() []string, phone listener, log *slog.Logger) error {
	changes, stop, err := kernelChanges()
	if err != nil {
		log.Warn("the network's state is polled", "error", err)
	}
	defer stop()
	poll := time.NewTicker(linkPoll)
	defer poll.Stop()

	var last link
	for first := true; ; first = false {
		now := lookAtLink(targets())
		// A new address is a new network to the servers.
		if first || now.up != last.up || now.up && now.address != last.address {
			phone.Do(desk.Link{Up: now.up, Address: now.address, AtStart: first})
		}
		last = now
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
			settle(ctx, changes)
		case <-poll.C:
		}
	}
}

// settle waits until the kernel has been quiet for a moment, but not for long.
func settle(ctx context.Context, changes <-chan struct{}) {
	long := time.NewTimer(10 * linkSettle)
	defer long.Stop()
	for {
		quiet := time.NewTimer(linkSettle)
		select {
		case <-changes:
			quiet.Stop()
			continue
		case <-quiet.C:
		case <-long.C:
			quiet.Stop()
		case <-ctx.Done():
			quiet.Stop()
		}
		return
	}
}

// kernelChanges wakes whenever a link, an address or a route changes
// (rtnetlink(7)). stop ends it and is never nil.
func kernelChanges() (changes <-chan struct{}, stop func(), err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, func() {}, fmt.Errorf("open rtnetlink: %w", err)
	}
	groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV6_ROUTE)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		_ = unix.Close(fd)
		return nil, func() {}, fmt.Errorf("bind rtnetlink: %w", err)
	}
	socket := os.NewFile(uintptr(fd), "rtnetlink")
	ch, done := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(done)
		// What the messages say does not matter: every change is a reason to look
		// anew. ENOBUFS says that some were lost, which is one more reason.
		buf := make([]byte, 8192)
		for {
			_, err := socket.Read(buf)
			if err != nil && !errors.Is(err, unix.ENOBUFS) {
				return
			}
			select {
			case ch <- struct{}{}:
			default:
			}
		}
	}()
	return ch, func() { _ = socket.Close(); <-done }, nil
}

// linkTargets are the hosts whose reachability is the phone's network: where
// the lines send to.
func linkTargets(s config.Settings) (hosts []string) {
	for _, l := range s.Lines {
		if !enabled(l) {
			continue
		}
		if l.Proxy != nil {
			hosts = append(hosts, l.Proxy.Host)
		}
		for _, server := range l.Servers {
			hosts = append(hosts, server.Host)
		}
	}
	return hosts
}

// lookAtLink asks the kernel for the way to each target; no packet is sent.
func lookAtLink(targets []string) link {
	if len(targets) == 0 {
		return link{up: anyNetwork() || onlyLoopback(), address: ""}
	}
	for _, host := range targets {
		addr, err := netip.ParseAddr(host)
		if err != nil {
			// A name: the way to it is known when it resolves, for which the phone
			// needs a network. One in a world of its own has it in its hosts file.
			if strings.EqualFold(host, "localhost") || anyNetwork() || onlyLoopback() {
				return link{up: true, address: defaultAddress()}
			}
			continue
		}
		if source, ok := wayTo(addr); ok {
			return link{up: true, address: source.String()}
		}
	}
	return link{}
}

// wayTo tells the phone's own address towards addr: the kernel's choice when
// a UDP socket is connected. There is no way if there is no route, or if the
// interface of that address has no carrier.
func wayTo(addr netip.Addr) (source netip.Addr, ok bool) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 9)))
	if err != nil {
		return netip.Addr{}, false
	}
	defer func() { _ = conn.Close() }()
	local, ok := netip.AddrFromSlice(conn.LocalAddr().(*net.UDPAddr).IP)
	if !ok {
		return netip.Addr{}, false
	}
	local = local.Unmap()
	for _, i := range interfaces() {
		for _, a := range i.addrs {
			if a == local {
				return local, i.running
			}
		}
	}
	// An address of no interface: one of 127.0.0.0/8.
	return local, local.IsLoopback()
}

// defaultAddress is the phone's address on the first network it has.
func defaultAddress() string {
	for _, i := range interfaces() {
		for _, a := range i.addrs {
			if i.running && !i.loopback && a.IsGlobalUnicast() {
				return a.String()
			}
		}
	}
	return ""
}

func anyNetwork() bool { return defaultAddress() != "" }

// onlyLoopback tells a network namespace that has nothing but loopback: all
// servers of a phone in it are there too.
func onlyLoopback() bool {
	for _, i := range interfaces() {
		if !i.loopback {
			return false
		}
	}
	return true
}

type netInterface struct {
	loopback bool
	running  bool // up, with carrier
	addrs    []netip.Addr
}

func interfaces() (out []netInterface) {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range all {
		n := netInterface{
			loopback: i.Flags&net.FlagLoopback != 0,
			running:  i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0,
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if prefix, ok := a.(*net.IPNet); ok {
				if addr, ok := netip.AddrFromSlice(prefix.IP); ok {
					n.addrs = append(n.addrs, addr.Unmap())
				}
			}
		}
		out = append(out, n)
	}
	return out
}
