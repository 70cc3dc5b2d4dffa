package siptest

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// A Message is the parsed view of one SIP message as it was on the wire. It is
// never changed after Parse, so it can be read from any goroutine.
type Message struct {
	Raw       []byte
	Valid     bool   // false: not a SIP message (a keep-alive, noise); the rest is empty
	Request   bool   // false: a response
	Method    string // of the request, or of the CSeq of a response
	URI       string // Request-URI
	Status    int
	Reason    string
	Branch    string // of the topmost Via
	CallID    string
	CSeq      uint32
	FromTag   string
	ToTag     string
	FromUser  string
	ToUser    string
	Routes    []string // Route URIs in order
	ContactTo string   // URI of the first Contact
	Expires   int      // Expires header in seconds; -1 = none
	headers   []header
	body      []byte
}

type header struct{ name, value string }

// Parse reads a message. What can not be read is returned with Valid false.
func Parse(raw []byte) Message {
	m := Message{Raw: raw, Expires: -1}
	msg, err := gosip.ParseMessage(raw)
	if err != nil {
		return m
	}
	return view(msg, raw)
}

// view copies what tests ask for out of msg.
func view(msg gosip.Message, raw []byte) Message {
	m := Message{Raw: raw, Valid: true, Expires: -1, body: msg.Body()}
	switch msg := msg.(type) {
	case *gosip.Request:
		m.Request, m.Method, m.URI = true, string(msg.Method), msg.Recipient.String()
	case *gosip.Response:
		m.Status, m.Reason = msg.StatusCode, msg.Reason
	}
	if via := msg.Via(); via != nil {
		m.Branch, _ = via.Params.Get("branch")
	}
	if id := msg.CallID(); id != nil {
		m.CallID = id.Value()
	}
	if cseq := msg.CSeq(); cseq != nil {
		m.CSeq = cseq.SeqNo
		if !m.Request {
			m.Method = string(cseq.MethodName)
		}
	}
	if from := msg.From(); from != nil {
		m.FromTag, _ = from.Params.Get("tag")
		m.FromUser = from.Address.User
	}
	if to := msg.To(); to != nil {
		m.ToTag, _ = to.Params.Get("tag")
		m.ToUser = to.Address.User
	}
	l, ok := msg.(interface {
		Headers() []gosip.Header
		Contact() *gosip.ContactHeader
	})
	if !ok {
		return m
	}
	if contact := l.Contact(); contact != nil {
		m.ContactTo = contact.Address.String()
	}
	for _, h := range l.Headers() {
		m.headers = append(m.headers, header{h.Name(), h.Value()})
		if strings.EqualFold(h.Name(), "Route") {
			for _, part := range splitList(h.Value()) {
				m.Routes = append(m.Routes, strings.Trim(strings.TrimSpace(part), "<>"))
			}
		}
	}
	if s := m.Header("Expires"); s != "" {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
			m.Expires = n
		}
	}
	return m
}

// splitList splits a header value at the commas that are outside of quotes and
// angle brackets.
func splitList(s string) []string {
	var parts []string
	quoted, angle, start := false, false, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case '<':
			angle = angle || !quoted
		case '>':
			angle = angle && quoted
		case ',':
			if !quoted && !angle {
				parts = append(parts, s[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, s[start:])
}

// Header is the value of the first header of that name, "" if there is none.
func (m Message) Header(name string) string {
	for _, h := range m.headers {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// Headers are the values of all headers of that name, in order.
func (m Message) Headers(name string) []string {
	var values []string
	for _, h := range m.headers {
		if strings.EqualFold(h.name, name) {
			values = append(values, h.value)
		}
	}
	return values
}

// Body is the message's body.
func (m Message) Body() string { return string(m.body) }

// Is tells whether m is a request of that method.
func (m Message) Is(method string) bool { return m.Request && m.Method == method }

// String is the start line in short.
func (m Message) String() string {
	switch {
	case !m.Valid:
		return strconv.Quote(string(m.Raw[:min(len(m.Raw), 20)]))
	case m.Request:
		return m.Method + " " + m.URI
	default:
		return strconv.Itoa(m.Status) + " " + m.Reason + " (" + m.Method + ")"
	}
}

// A Fate is what became of a message.
type Fate string

// The fates.
const (
	Delivered  Fate = ""           // it arrived and was handled
	Lost       Fate = "lost"       // the network lost it
	Silenced   Fate = "silenced"   // it met a silent address or server
	Refused    Fate = "refused"    // nobody listens there: ICMP port unreachable
	Duplicated Fate = "duplicated" // the second copy the network made
)

// An Entry is one message on its way.
type Entry struct {
	At        time.Time
	From, To  netip.AddrPort
	Transport string // UDP, TCP, TLS
	Sent      bool   // by the owner of the record; false = received
	Fate      Fate
	Message
}
