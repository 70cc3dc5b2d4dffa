package journal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"phoned/sip"
	"phoned/sip/failover"
)

// Limits of a file, far above those of a phone.
const (
	maxServers = 64
	maxState   = 1 << 20 // bytes of a core's state
	maxWidth   = 4096    // bytes of one line
)

// fields are the name=value words of a line.
type fields struct {
	words []string
}

// each calls f for every word; the first error stays.
func (f *fields) each(take func(name, value string) error) error {
	for _, w := range f.words {
		name, value, _ := strings.Cut(w, "=")
		if err := take(name, value); err != nil {
			return fmt.Errorf("%.60q: %w", w, err)
		}
	}
	return nil
}

var errField = errors.New("not known to this program")

func integer[T ~int8 | ~uint8 | ~uint16 | ~uint32](to *T, value string) error {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return errors.New("not a number")
	}
	if *to = T(n); int64(*to) != n {
		return errors.New("out of range")
	}
	return nil
}

func readConfig(words []string) (c failover.Config, err error) {
	f := fields{words: words}
	return c, f.each(func(name, value string) (err error) {
		for _, flag := range configFlags {
			if flag.name == name && value == "" {
				*flag.of(&c) = true
				return nil
			}
		}
		for _, d := range configDurations {
			if d.name == name {
				*d.of(&c), err = time.ParseDuration(value)
				return err
			}
		}
		switch name {
		case "retries":
			c.Retries, err = strconv.Atoi(value)
		case "targets":
			c.Targets, err = strconv.Atoi(value)
		case "keep-alive":
			err = integer(&c.KeepAlive, value)
		case "device":
			err = integer(&c.Device, value)
		default:
			err = errField
		}
		return err
	})
}

// readServer reads "HOST PORT TRANSPORT TTL".
func readServer(words []string) (s sip.Server, err error) {
	if len(words) != 4 {
		return s, errors.New("a server needs host, port, transport and interval")
	}
	if s.Host, err = url.PathUnescape(words[0]); err != nil || s.Host == "" {
		return s, fmt.Errorf("%.60q is no host", words[0])
	}
	if err := integer(&s.Port, words[1]); err != nil {
		return s, fmt.Errorf("port %.20q: %w", words[1], err)
	}
	switch words[2] {
	case "UDP":
		s.Transport = sip.UDP
	case "TCP":
		s.Transport = sip.TCP
	case "TLS":
		s.Transport = sip.TLS
	default:
		return s, fmt.Errorf("transport %.20q: %w", words[2], errField)
	}
	if s.TTL, err = time.ParseDuration(words[3]); err != nil {
		return s, fmt.Errorf("%.20q is no interval", words[3])
	}
	return s, nil
}

// readSeconds reads a time of the core, exactly.
func readSeconds(s string) (time.Duration, error) {
	whole, part, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || len(part) > 9 || sec > math.MaxInt64/uint64(time.Second)-1 {
		return 0, fmt.Errorf("%.30q is no time", s)
	}
	ns, err := strconv.ParseUint("0"+part+strings.Repeat("0", 9-len(part)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%.30q is no time", s)
	}
	return time.Duration(sec)*time.Second + time.Duration(ns), nil
}

// readStep reads "TIME KIND name=value ... = HASH".
func readStep(words []string) (at time.Duration, e failover.Event, sum uint32, err error) {
	if len(words) < 4 || words[len(words)-2] != "=" {
		return 0, e, 0, errors.New("a step needs time, event, = and sum")
	}
	if at, err = readSeconds(words[0]); err != nil {
		return 0, e, 0, err
	}
	kind, ok := index(eventNames, words[1])
	if !ok {
		return 0, e, 0, fmt.Errorf("event %.40q: %w", words[1], errField)
	}
	e.Kind = failover.EventKind(kind)
	n, err := strconv.ParseUint(words[len(words)-1], 16, 32)
	if err != nil {
		return 0, e, 0, fmt.Errorf("%.40q is no sum", words[len(words)-1])
	}
	f := fields{words: words[2 : len(words)-2]}
	err = f.each(func(name, value string) (err error) {
		switch name {
		case "tx":
			err = integer(&e.Tx, value)
		case "request":
			err = integer(&e.ID, value)
		case "method":
			e.Method, err = readMethod(value)
		case "status":
			err = integer(&e.Status, value)
		case "cause":
			e.Cause, err = readCause(value)
		case "server":
			err = integer(&e.Server, value)
		case "challenge":
			err = integer(&e.Challenge, value)
		case "expires":
			e.Expires, err = time.ParseDuration(value)
		case "retry-after":
			e.RetryAfter, err = time.ParseDuration(value)
		case "order":
			var order uint64
			order, err = strconv.ParseUint(value, 16, 32)
			e.Order = uint32(order)
		case "reliable":
			err = integer(&e.Reliable, value)
		case "tagged":
			e.Tagged = true
		case "urgent":
			e.Urgent = true
		default:
			err = errField
		}
		return err
	})
	return at, e, uint32(n), err
}

// readDecision reads "decide NAME name=value ...".
func readDecision(words []string) (a failover.Action, err error) {
	if len(words) < 2 {
		return a, errors.New("a decision needs a name")
	}
	a.Kind = failover.Decide
	var ok bool
	if a.Decision, ok = ParseDecision(words[1]); !ok {
		return a, fmt.Errorf("decision %.40q: %w", words[1], errField)
	}
	f := fields{words: words[2:]}
	return a, f.each(func(name, value string) (err error) {
		switch name {
		case "from":
			err = integer(&a.From, value)
		case "to":
			err = integer(&a.Server, value)
		case "method":
			a.Method, err = readMethod(value)
		case "cause":
			a.Cause, err = readCause(value)
		case "status":
			err = integer(&a.Status, value)
		case "request":
			err = integer(&a.ID, value)
		case "tx":
			err = integer(&a.Tx, value)
		case "cost":
			a.Cost, err = time.ParseDuration(value)
		case "until":
			a.At, err = readSeconds(value)
		default:
			err = errField
		}
		return err
	})
}

func readMethod(value string) (sip.Method, error) {
	m, ok := sip.ParseMethod(value)
	if !ok {
		return m, errField
	}
	return m, nil
}

func readCause(value string) (failover.Cause, error) {
	c, ok := ParseCause(value)
	if !ok {
		return c, errField
	}
	return c, nil
}

func readState(to []byte, value string) ([]byte, error) {
	to, err := base64.StdEncoding.AppendDecode(to, []byte(value))
	if err != nil {
		return to, errors.New("a state that is no base64")
	}
	if len(to) > maxState {
		return to, errors.New("a state that is too long")
	}
	return to, nil
}
