package dialog

import (
	"bytes"
	"strconv"
	"strings"

	"phoned/sip"
)

// The bodies by which INFO carries digits; both are customs of vendors without
// an RFC, in the manner of RFC 2976.
const (
	typeRelay = "application/dtmf-relay" // Signal=5 / Duration=160
	typeDTMF  = "application/dtmf"       // 5
)

// maxDigits bounds the digits that wait for their turn.
const maxDigits = 64

// signals are the digits in the order of their event numbers (RFC 4733 §3.2).
const signals = "0123456789*#ABCD"

// info queues a digit.
func (c *Call) info(digit byte) {
	if c.phase == up && len(c.digits) < maxDigits && strings.IndexByte(signals, digit) >= 0 {
		c.digits = append(c.digits, digit)
	}
}

// sendDigit sends the next digit once the one before is answered, so that they
// arrive in order.
func (c *Call) sendDigit() {
	if c.phase != up || len(c.digits) == 0 || c.underWay(c.leg, sip.INFO) {
		return
	}
	digit := c.digits[0]
	c.digits = c.digits[1:]
	c.send(c.leg, Send{
		Method: sip.INFO, ContentType: typeRelay,
		Body: []byte("Signal=" + string(rune(digit)) + "\r\nDuration=160\r\n"),
	})
}

// informed takes an INFO. Without a body it asks whether we are there (RFC
// 2976 §2.2).
func (c *Call) informed(r Request) {
	if len(r.Body) == 0 {
		c.respond(r.Ref, 200)
		return
	}
	var signal string
	switch kind, _ := mediaType(r.ContentType); kind {
	case typeRelay:
		signal = relaySignal(r.Body)
	case typeDTMF:
		signal = string(bytes.TrimSpace(r.Body))
	default:
		c.do(Respond{Ref: r.Ref, Status: 415, Accept: true})
		return
	}
	c.respond(r.Ref, 200)
	if digit, ok := parseSignal(signal); ok {
		c.do(Digit{Digit: digit})
	}
}

// relaySignal finds the value of the line "Signal=".
func relaySignal(body []byte) string {
	for line := range bytes.Lines(body) {
		name, value, ok := bytes.Cut(line, []byte("="))
		if ok && bytes.EqualFold(bytes.TrimSpace(name), []byte("Signal")) {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// parseSignal reads a digit, or its event number 10 to 15. Others, such as the
// flash of the hook, mean nothing here.
func parseSignal(signal string) (digit byte, ok bool) {
	if len(signal) == 1 {
		digit = signal[0]
		if digit >= 'a' && digit <= 'd' {
			digit -= 'a' - 'A'
		}
		return digit, strings.IndexByte(signals, digit) >= 0
	}
	if n, err := strconv.ParseUint(signal, 10, 8); err == nil && int(n) < len(signals) {
		return signals[n], true
	}
	return 0, false
}
