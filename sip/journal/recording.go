package journal

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// The first line of a file, and what follows it for its readers.
const (
	magic = "phoned-record 1"
	about = "# What the lines of a phone were told and what they decided: \"phoned replay FILE\" shows it.\n" +
		"# There is no password and nobody's number or name in it. The addresses of the servers are.\n"
)

// A Recording is what a Recorder remembered of one line.
type Recording struct {
	line     int
	cfg      failover.Config
	seed     uint64
	zero     time.Time // when the core's time began
	segments []segment
}

// Write writes the recordings of a phone's lines as one text. program is the
// version that recorded.
func Write(w io.Writer, program string, lines []*Recording) error {
	b := append([]byte(nil), magic+"\n"+about...)
	b = fmt.Appendf(b, "program %s\n", url.PathEscape(program))
	for _, r := range lines {
		b = r.appendHead(b)
		for i := range r.segments {
			b = r.appendSegment(b, &r.segments[i])
			if _, err := w.Write(b); err != nil {
				return fmt.Errorf("write the record of line %d: %w", r.line, err)
			}
			b = b[:0]
		}
		b = append(b, "end\n"...)
	}
	_, err := w.Write(b)
	return err
}

func (r *Recording) appendHead(b []byte) []byte {
	c := &r.cfg
	b = fmt.Appendf(b, "\nline %d\nzero %s\nseed %016x\nconfig", r.line, r.zero.Format(time.RFC3339Nano), r.seed)
	for _, f := range configFlags {
		if *f.of(c) {
			b = append(append(b, ' '), f.name...)
		}
	}
	for _, f := range configDurations {
		b = fmt.Appendf(b, " %s=%s", f.name, *f.of(c))
	}
	b = fmt.Appendf(b, " retries=%d keep-alive=%d targets=%d device=%d\n", c.Retries, c.KeepAlive, c.Targets, c.Device)
	for _, s := range c.Servers {
		b = fmt.Appendf(b, "server %s %d %s %s\n", url.PathEscape(s.Host), s.Port, s.Transport, s.TTL)
	}
	return b
}

// The settings of a line by their names in the file.
var (
	configFlags = []struct {
		name string
		of   func(*failover.Config) *bool
	}{
		{"register", func(c *failover.Config) *bool { return &c.Register }},
		{"failback", func(c *failover.Config) *bool { return &c.Failback }},
		{"unregister-on-boot", func(c *failover.Config) *bool { return &c.UnregisterOnBoot }},
		{"smart", func(c *failover.Config) *bool { return &c.Smart }},
		{"standby", func(c *failover.Config) *bool { return &c.Standby }},
	}
	configDurations = []struct {
		name string
		of   func(*failover.Config) *time.Duration
	}{
		{"failback-interval", func(c *failover.Config) *time.Duration { return &c.FailbackInterval }},
		{"retry-time", func(c *failover.Config) *time.Duration { return &c.RetryTime }},
		{"t1", func(c *failover.Config) *time.Duration { return &c.Timers.T1 }},
		{"t2", func(c *failover.Config) *time.Duration { return &c.Timers.T2 }},
		{"t4", func(c *failover.Config) *time.Duration { return &c.Timers.T4 }},
		{"reg-fail", func(c *failover.Config) *time.Duration { return &c.RegFailInterval }},
		{"keep-alive-every", func(c *failover.Config) *time.Duration { return &c.KeepAliveEvery }},
	}
)

// stateWidth is how many bytes of a state stand in one line.
const stateWidth = 57

func (r *Recording) appendSegment(b []byte, s *segment) []byte {
	if s.first {
		b = append(b, "segment new\n"...)
	} else {
		b = fmt.Appendf(b, "segment %s\n", seconds(s.start))
		for state := s.state; len(state) > 0; {
			n := min(len(state), stateWidth)
			b = append(base64.StdEncoding.AppendEncode(append(b, "state "...), state[:n]), '\n')
			state = state[n:]
		}
	}
	at := s.start
	for rest := s.data; ; {
		st, more, ok := next(rest)
		if !ok {
			return b
		}
		rest = more
		at += st.after
		b = append(append(b, seconds(at)...), ' ')
		b = appendEvent(b, st.event)
		b = append(b, " = "...)
		b = hex.AppendEncode(b, []byte{byte(st.hash >> 24), byte(st.hash >> 16), byte(st.hash >> 8), byte(st.hash)})
		b = append(b, '\n')
		for _, a := range st.decides {
			b = appendDecision(append(b, "  "...), a)
			b = fmt.Appendf(b, " # %s\n", r.zero.Add(at).Format(time.DateTime))
		}
	}
}

// seconds writes a time of the core, exactly.
func seconds(d time.Duration) string {
	s := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	whole, rest, _ := strings.Cut(s, ".")
	return whole + "." + rest[:3] + strings.TrimRight(rest[3:], "0")
}

// appendEvent writes an event: its kind and the fields that are not zero.
func appendEvent(b []byte, e failover.Event) []byte {
	b = append(b, name(eventNames, int(e.Kind))...)
	number := func(name string, n int64) {
		if n != 0 {
			b = append(append(b, ' '), name...)
			b = strconv.AppendInt(append(b, '='), n, 10)
		}
	}
	word := func(name, value string) {
		if value != "" {
			b = append(append(append(append(b, ' '), name...), '='), value...)
		}
	}
	flag := func(name string, on bool) {
		if on {
			b = append(append(b, ' '), name...)
		}
	}
	number("tx", int64(e.Tx))
	number("request", int64(e.ID))
	word("method", methodName(e.Method))
	number("status", int64(e.Status))
	word("cause", CauseName(e.Cause))
	number("server", int64(e.Server))
	number("challenge", int64(e.Challenge))
	span := func(name string, d time.Duration) {
		if d != 0 {
			word(name, d.String())
		}
	}
	span("expires", e.Expires)
	span("retry-after", e.RetryAfter)
	if e.Order != 0 {
		b = fmt.Appendf(b, " order=%08x", e.Order)
	}
	number("reliable", int64(e.Reliable))
	flag("tagged", e.Tagged)
	flag("urgent", e.Urgent)
	return b
}

// appendDecision writes a Decide action.
func appendDecision(b []byte, a failover.Action) []byte {
	b = fmt.Appendf(b, "decide %s from=%d to=%d", DecisionName(a.Decision), a.From, a.Server)
	if a.Method != sip.UnknownMethod {
		b = fmt.Appendf(b, " method=%s", a.Method)
	}
	if a.Cause != failover.NoCause {
		b = fmt.Appendf(b, " cause=%s", CauseName(a.Cause))
	}
	for _, f := range [...]struct {
		name string
		n    int64
	}{{"status", int64(a.Status)}, {"request", int64(a.ID)}, {"tx", int64(a.Tx)}} {
		if f.n != 0 {
			b = fmt.Appendf(b, " %s=%d", f.name, f.n)
		}
	}
	if a.Cost != 0 {
		b = fmt.Appendf(b, " cost=%s", a.Cost)
	}
	if a.At != 0 {
		b = fmt.Appendf(b, " until=%s", seconds(a.At))
	}
	return b
}
