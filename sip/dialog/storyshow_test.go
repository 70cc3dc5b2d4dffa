package dialog_test

import (
	"fmt"
	"strings"

	"phoned/sip/dialog"
	"phoned/sip/sdp"
)

// describe is a description in short.
func describe(text []byte) string {
	if len(text) == 0 {
		return "no sdp"
	}
	d, err := sdp.Parse(text)
	if err != nil || len(d.Streams) == 0 {
		return fmt.Sprintf("%q", text)
	}
	s := d.Streams[0]
	direction := ""
	for _, a := range s.Attributes {
		if a.Value == "" {
			direction = a.Name
		}
	}
	return fmt.Sprintf("sdp v%s %s %s:%d %s", strings.Fields(d.Origin)[2], direction,
		strings.Fields(d.Connection)[2], s.Port, strings.Join(s.Formats, ","))
}

func showMedia(m sdp.Media) string {
	return fmt.Sprintf("%v %s to %v", m.Direction, m.Codec.Name, m.Remote)
}

func showDialog(d dialog.Dialog) string {
	text := "tag=" + d.RemoteTag + " target=" + d.Target
	if len(d.Routes) > 0 {
		text += " routes=" + strings.Join(d.Routes, ",")
	}
	if d.Way != d.Server {
		text += fmt.Sprintf(" way=%d", d.Way)
	}
	return text
}

// showExtensions is what a message says of extensions.
func showExtensions(supported, require dialog.Tags, e dialog.Expiry) (text string) {
	if supported != 0 {
		text += " supported=" + strings.ReplaceAll(supported.String(), " ", "")
	}
	if require != 0 {
		text += " require=" + strings.ReplaceAll(require.String(), " ", "")
	}
	if e.Interval != 0 {
		text += fmt.Sprintf(" se=%v", e.Interval)
	}
	if e.Refresher != dialog.NoRefresher {
		text += ";" + e.Refresher.String()
	}
	if e.Min != 0 {
		text += fmt.Sprintf(" min=%v", e.Min)
	}
	return text
}

// show is an action in short.
func (s *teller) show(a dialog.Action) string {
	text := ""
	add := func(format string, args ...any) { text += fmt.Sprintf(format, args...) }
	switch a := a.(type) {
	case dialog.Send:
		s.cseq[a.Req] = s.call.NextCSeq(a.Req)
		add("%v request=%d cseq=%d", a.Method, a.Req, s.cseq[a.Req])
		if a.Dialog.RemoteTag != "" {
			add(" %s", showDialog(a.Dialog))
		}
		add("%s", showExtensions(a.Supported, 0, a.Expiry))
		if a.RAck.RSeq != 0 {
			add(" rack=%d,%d,%v", a.RAck.RSeq, a.RAck.CSeq, a.RAck.Method)
		}
		if a.ContentType == "application/sdp" {
			add(" %s", describe(a.Body))
		} else if a.ContentType != "" {
			add(" %s %q", a.ContentType, a.Body)
		}
	case dialog.Cancel:
		add("cancel request=%d", a.Req)
	case dialog.Ack:
		add("ACK request=%d cseq=%d %s", a.Req, a.CSeq, showDialog(a.Dialog))
		if a.Again {
			add(" again")
		}
	case dialog.Respond:
		add("%d ref=%d", a.Status, a.Ref)
		if a.Contact && !a.Again {
			add(" contact")
		}
		if a.Allow && !a.Again && a.ContentType == "" {
			add(" allow")
		}
		if a.Accept {
			add(" accept")
		}
		if !a.Again {
			add("%s", showExtensions(a.Supported, a.Require, a.Expiry))
		}
		if a.RSeq != 0 {
			s.rseq = a.RSeq
			add(" rseq=%d", a.RSeq)
		}
		if a.RetryAfter != 0 {
			add(" retry-after=%v", a.RetryAfter)
		}
		if a.Again {
			add(" again")
		} else if a.ContentType != "" {
			add(" %s", describe(a.Body))
		}
	case dialog.Release:
		add("release ref=%d", a.Ref)
	case dialog.Incoming:
		add("* incoming")
	case dialog.Progress:
		add("* progress %d", a.Status)
		if a.Media != nil {
			add(" media %s", showMedia(*a.Media))
		}
	case dialog.Established:
		add("* established %s %s", showMedia(a.Media), showDialog(a.Dialog))
	case dialog.MediaChanged:
		add("* media %s", showMedia(a.Media))
		if a.LocalHold {
			add(" held-by-us")
		}
		if a.RemoteHold {
			add(" held-by-them")
		}
	case dialog.HoldFailed:
		add("* hold failed %d", a.Status)
	case dialog.Digit:
		add("* digit %c", a.Digit)
	case dialog.Ended:
		add("* ended")
		if a.ByRemote {
			add(" by-remote")
		}
		if a.Status != 0 {
			add(" %d", a.Status)
		}
		if a.Reason != "" {
			add(" %q", a.Reason)
		}
	case dialog.Closed:
		add("closed")
	}
	return text
}
