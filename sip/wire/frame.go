package wire

import (
	"bytes"
	"errors"
	"strconv"
)

var (
	errTooLarge = errors.New("message too large")
	errNoLength = errors.New("message without one usable Content-Length")
)

// A framer cuts a byte stream into messages (RFC 3261 §18.3) and keep-alives
// (RFC 5626 §3.5.1). Its memory is bounded by max.
type framer struct {
	buf  []byte
	max  int  // bytes of one message
	half bool // the last thing was a CRLF that may be the first half of a ping
	due  bool // a ping of ours waits for its pong: the next CRLF is that
}

// A frame is what next found.
type frame uint8

const (
	partial frame = iota // more bytes are needed
	whole                // a message
	ping                 // CRLF CRLF
	pong                 // CRLF
)

// empty tells whether nothing of a message has arrived.
func (f *framer) empty() bool { return len(f.buf) == 0 }

// add takes bytes that have been read.
func (f *framer) add(b []byte) { f.buf = append(f.buf, b...) }

// next takes the next message or keep-alive off. msg is valid until add. An
// error leaves no boundary to go on from.
func (f *framer) next() (what frame, msg []byte, err error) {
	switch {
	case bytes.HasPrefix(f.buf, []byte("\r\n\r\n")):
		f.cut(4)
		f.half = false
		return ping, nil, nil
	case bytes.HasPrefix(f.buf, []byte("\r\n")):
		// RFC 3261 §7.5: CRLF before the start line is no part of the message.
		f.cut(2)
		if f.due {
			f.due, f.half = false, false
			return pong, nil, nil
		}
		if f.half = !f.half; !f.half {
			return ping, nil, nil // cut in two by the network
		}
		return pong, nil, nil
	case len(f.buf) == 1 && f.buf[0] == '\r':
		return partial, nil, nil
	}
	end := bytes.Index(f.buf, []byte("\r\n\r\n"))
	if end < 0 {
		if len(f.buf) > f.max {
			return partial, nil, errTooLarge
		}
		return partial, nil, nil
	}
	length, err := contentLength(f.buf[:end+2])
	if err != nil {
		return partial, nil, err
	}
	total := end + 4 + length
	if length > f.max || total > f.max {
		return partial, nil, errTooLarge
	}
	if len(f.buf) < total {
		return partial, nil, nil
	}
	f.half = false
	msg = f.buf[:total:total]
	f.cut(total)
	return whole, msg, nil
}

// cut drops n bytes; the buffer is given up when it is used up.
func (f *framer) cut(n int) {
	f.buf = f.buf[n:]
	if len(f.buf) == 0 {
		f.buf = nil
	}
}

// contentLength finds the one Content-Length in head, which ends with CRLF.
func contentLength(head []byte) (int, error) {
	length, found := 0, false
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(line) == 0 || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name = bytes.TrimSpace(name)
		if !bytes.EqualFold(name, []byte("Content-Length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
		if err != nil || found {
			return 0, errNoLength
		}
		length, found = int(n), true
	}
	if !found {
		return 0, errNoLength
	}
	return length, nil
}
