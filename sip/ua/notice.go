package ua

import (
	"context"
	"log/slog"
	"net"
	"strconv"

	"phoned/sip/failover"
)

// tellState tells the phone about the line's registration.
func (l *line) tellState(a failover.Action) {
	s := LineState{
		Line: l.conf.Number, Phase: a.Phase, Registered: l.core.Registered(),
		Status: int(a.Status), Cause: a.Cause, Next: l.agent.date(a.At),
	}
	server := a.Server
	switch {
	case a.Phase == failover.Registered:
		s.Registered = true
	case a.Phase == failover.Idle, a.Phase == failover.Waiting, a.Phase == failover.Offline:
		server = -1
	}
	if s.Registered && a.Phase != failover.Registered {
		server = int8(l.core.Active()) // a refresh is under way: still served there
	}
	if l.has(server) {
		s.Server, s.Address = l.number(int(server)), l.address(int(server))
	}
	if a.Phase == failover.Registered && (l.state.Phase != s.Phase || l.state.Server != s.Server) {
		l.log.Info("registered", "server", s.Server, "address", s.Address)
	}
	l.state = s
	l.agent.emit(s)
}

// tellDecided tells a decision and why it was taken.
func (l *line) tellDecided(a failover.Action) {
	d := Decided{
		Line: l.conf.Number, At: l.agent.date(l.agent.now()), Decision: a.Decision,
		Cause: a.Cause, Status: int(a.Status), Method: a.Method, Cost: a.Cost, Until: l.agent.date(a.At),
	}
	if l.has(a.From) {
		d.From, d.FromAddress = l.number(int(a.From)), l.address(int(a.From))
	}
	if l.has(a.Server) {
		d.To, d.ToAddress = l.number(int(a.Server)), l.address(int(a.Server))
	}
	if t := l.txs[a.Tx]; t != nil {
		d.Branch = t.branch
	}
	if k := l.asks[a.ID]; a.ID != 0 && k != nil {
		d.Call = k.call.id
	}
	l.agent.emit(d)
}

// tellNotice tells the phone what the owner should know.
func (l *line) tellNotice(a failover.Action) {
	n := LineNotice{
		Line: l.conf.Number, Kind: a.Notice, Status: int(a.Status), Cause: a.Cause, Next: l.agent.date(a.At), Cost: a.Cost,
	}
	if l.has(a.Server) {
		n.Server, n.Address = l.number(int(a.Server)), l.address(int(a.Server))
	}
	if k := l.asks[a.ID]; a.ID != 0 && k != nil {
		n.Call = k.call.id
	}
	level := slog.LevelInfo
	switch a.Notice {
	case failover.AllFailed, failover.BadCertificate, failover.ByeLost, failover.Refusal, failover.DrillFailed:
		level = slog.LevelWarn
	}
	l.log.Log(context.Background(), level, noticeText(a.Notice),
		"server", n.Server, "address", n.Address, "status", n.Status, "cause", causeText(a.Cause), "call", uint32(n.Call))
	l.agent.emit(n)
}

// tellAlone tells that the backups lead to where the primary is.
func (l *line) tellAlone() {
	n := LineNotice{Line: l.conf.Number, Kind: NoRedundancy, Server: 2, Address: l.conf.Failover.Servers[1].String()}
	l.log.Warn(noticeText(NoRedundancy), "server", n.Server, "address", n.Address)
	l.agent.emit(n)
}

func noticeText(k failover.NoticeKind) string {
	switch k {
	case failover.Unavailable:
		return "server unavailable"
	case failover.MovedOver:
		return "moved to a backup server"
	case failover.MovedBack:
		return "moved back to the primary server"
	case failover.AllFailed:
		return "every server failed"
	case failover.Recovered:
		return "recovered"
	case failover.Refusal:
		return "registration refused"
	case failover.BadCertificate:
		return "the server's certificate does not verify"
	case failover.ByeLost:
		return "the end of a call reached no server"
	case failover.Postponed:
		return "the primary comes and goes: looked at less often"
	case failover.DrillOver:
		return "drill: registered at another server"
	case failover.DrillDone:
		return "drill: registered where it was"
	case failover.DrillFailed:
		return "drill failed"
	case NoRedundancy:
		return "no redundancy: the backup servers have the primary's addresses"
	default:
		return "notice"
	}
}

// address is "ip:port" of a server: where it answered from last, else as it is
// configured.
func (l *line) address(server int) string {
	if r := l.remotes[server]; r.IsValid() {
		return r.String()
	}
	if s := l.servers[server]; l.resolved(server) {
		return net.JoinHostPort(bareHost(s.Host), strconv.Itoa(int(s.Port)))
	}
	s := l.conf.Failover.Servers[l.home(server)]
	if l.home(server) == 0 && l.conf.Proxy != nil {
		s = *l.conf.Proxy
	}
	return s.String()
}

func causeText(c failover.Cause) string {
	switch c {
	case failover.Silence:
		return "silence"
	case failover.ICMP:
		return "unreachable"
	case failover.Refused:
		return "refused"
	case failover.TLSFailed:
		return "tls failed"
	case failover.Certificate:
		return "bad certificate"
	case failover.NoName:
		return "no such name"
	case failover.Answered:
		return "answered"
	case failover.NoNetwork:
		return "no network"
	case failover.Overload:
		return "nothing was sent"
	default:
		return ""
	}
}
