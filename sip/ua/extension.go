package ua

import (
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"phoned/sip"
	"phoned/sip/dialog"
)

// allow is the Allow header of the line's calls.
func (l *line) allow() gosip.Header {
	return gosip.NewHeader("Allow", dialog.Allow(l.conf.PRACK))
}

// offered are the option tags of the extensions that the line offers.
func (l *line) offered() (t dialog.Tags) {
	if l.conf.SessionTimer {
		t |= dialog.TagTimer
	}
	if l.conf.PRACK {
		t |= dialog.TagReliable
	}
	return t
}

// supported is the Supported of a REGISTER (RFC 3261 §20.37): what the binding
// needs, and the extensions that are offered to a call.
func (l *line) supported(binding string) gosip.Header {
	if t := l.offered(); t != 0 {
		binding += ", " + t.String()
	}
	return gosip.NewHeader("Supported", binding)
}

// served are the option tags that a request to the line may require: a session
// timer is served also where it is not offered (RFC 4028 §9).
func (l *line) served() dialog.Tags { return l.offered() | dialog.TagTimer }

// dialogConfig is what a call of the line starts with.
func (l *line) dialogConfig(callID, tag string) dialog.Config {
	return dialog.Config{
		CallID: callID, LocalTag: tag, Timers: l.conf.Failover.Timers,
		Seed: l.agent.names.uint64(), Codecs: l.agent.config.Codecs,
		SessionTimer: l.conf.SessionTimer, SessionExpires: l.conf.SessionExpires, Reliable: l.conf.PRACK,
	}
}

// tagHeader lists option tags; nil for none.
func tagHeader(name string, t dialog.Tags) []gosip.Header {
	if t == 0 {
		return nil
	}
	return []gosip.Header{gosip.NewHeader(name, t.String())}
}

// expiryHeaders are Session-Expires and Min-SE (RFC 4028 §4, §5).
func expiryHeaders(e dialog.Expiry) (out []gosip.Header) {
	if e.Interval > 0 {
		value := deltaSeconds(e.Interval)
		if e.Refresher != dialog.NoRefresher {
			value += ";refresher=" + e.Refresher.String()
		}
		out = append(out, gosip.NewHeader("Session-Expires", value))
	}
	if e.Min > 0 {
		out = append(out, gosip.NewHeader("Min-SE", deltaSeconds(e.Min)))
	}
	return out
}

func deltaSeconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// rackHeader is the RAck of a PRACK (RFC 3262 §7.2).
func rackHeader(r dialog.RAck) []gosip.Header {
	if r.RSeq == 0 {
		return nil
	}
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	return []gosip.Header{gosip.NewHeader("RAck", number(r.RSeq)+" "+number(r.CSeq)+" "+r.Method.String())}
}

// add appends headers to a request.
func add(req *gosip.Request, headers ...gosip.Header) {
	for _, h := range headers {
		req.AppendHeader(h)
	}
}

// tagsOf are the option tags of Supported or Require that a call knows.
func tagsOf(m headed, name string) (t dialog.Tags) {
	for _, v := range values(m, name) {
		tag, _ := dialog.ParseTag(v)
		t |= tag
	}
	return t
}

// expiryOf reads Session-Expires and Min-SE. What can not be read is not there.
func expiryOf(m headed) (e dialog.Expiry) {
	e.Min, _ = seconds(value(m, "Min-SE"))
	text := value(m, "Session-Expires")
	var ok bool
	if e.Interval, ok = seconds(text); !ok {
		return e
	}
	_, params, _ := strings.Cut(text, ";")
	for p := range strings.SplitSeq(params, ";") {
		name, v, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "refresher") {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "uac":
			e.Refresher = dialog.UAC
		case "uas":
			e.Refresher = dialog.UAS
		}
	}
	return e
}

// rackOf reads RAck; the zero value if there is none.
func rackOf(m headed) dialog.RAck {
	f := strings.Fields(value(m, "RAck"))
	if len(f) != 3 {
		return dialog.RAck{}
	}
	rseq, err1 := strconv.ParseUint(f[0], 10, 32)
	cseq, err2 := strconv.ParseUint(f[1], 10, 32)
	method, known := sip.ParseMethod(f[2])
	if err1 != nil || err2 != nil || !known {
		return dialog.RAck{}
	}
	return dialog.RAck{RSeq: uint32(rseq), CSeq: uint32(cseq), Method: method}
}
