package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Bounds of what Parse reads: a description of a telephone call has a few
// hundred bytes and one to four streams.
const (
	maxSize    = 16 << 10
	maxLines   = 512
	maxStreams = 16
	maxFormats = 64
)

// A Description is a session description as it stands in the message, reduced
// to what a telephone call needs.
type Description struct {
	Origin     string // value of o=
	Time       string // value of the first t=, "0 0" if there is none
	Connection string // value of c= before the first m=; empty = none
	Attributes []Attribute
	Streams    []Stream
}

// A Stream is one m= line and what follows it.
type Stream struct {
	Kind       string // audio, video, image, ...
	Port       uint16 // 0 = refused
	Proto      string // RTP/AVP, RTP/SAVP, ...
	Formats    []string
	Connection string // value of its own c=; empty = that of the session
	Attributes []Attribute
}

// An Attribute is one a= line; Value is empty for a property.
type Attribute struct{ Name, Value string }

// Parse reads a session description (RFC 8866 §5). It takes what real phones
// send: any line ending, any order after v=, missing s= and t=, unknown types.
// The error wraps ErrSyntax and names the line.
func Parse(text []byte) (*Description, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrSyntax, len(text), maxSize)
	}
	d := &Description{Time: "0 0"}
	seen := false // v=
	number := 0
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\r", "\n")) {
		line = strings.TrimRight(line, " \t\n")
		if line == "" {
			continue
		}
		if number++; number > maxLines {
			return nil, fmt.Errorf("%w: more than %d lines", ErrSyntax, maxLines)
		}
		kind, value, ok := strings.Cut(line, "=")
		if !ok || len(kind) != 1 {
			return nil, fmt.Errorf("%w: line %d is not of the form <type>=<value>", ErrSyntax, number)
		}
		if !seen {
			// RFC 8866 §5.1: v= is the first line, and 0 the only version.
			if kind != "v" || strings.TrimSpace(value) != "0" {
				return nil, fmt.Errorf("%w: it does not start with v=0", ErrSyntax)
			}
			seen = true
			continue
		}
		if err := d.add(kind[0], value); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrSyntax, number, err)
		}
	}
	if !seen {
		return nil, fmt.Errorf("%w: it is empty", ErrSyntax)
	}
	return d, nil
}

// add takes one line after v=.
func (d *Description) add(kind byte, value string) error {
	var stream *Stream
	if n := len(d.Streams); n > 0 {
		stream = &d.Streams[n-1]
	}
	switch kind {
	case 'o':
		d.Origin = value
	case 't':
		if t, ok := parseTime(value); ok {
			d.Time = t
		}
	case 'c':
		if stream != nil {
			stream.Connection = value
		} else {
			d.Connection = value
		}
	case 'a':
		a := parseAttribute(value)
		if stream != nil {
			stream.Attributes = append(stream.Attributes, a)
		} else {
			d.Attributes = append(d.Attributes, a)
		}
	case 'm':
		if len(d.Streams) == maxStreams {
			return fmt.Errorf("more than %d media lines", maxStreams)
		}
		s, err := parseStream(value)
		if err != nil {
			return err
		}
		d.Streams = append(d.Streams, s)
	}
	return nil
}

// parseTime reads the start and stop of t= (RFC 8866 §5.9).
func parseTime(value string) (t string, ok bool) {
	f := strings.Fields(value)
	if len(f) != 2 {
		return "", false
	}
	for _, n := range f {
		if _, err := strconv.ParseUint(n, 10, 64); err != nil {
			return "", false
		}
	}
	return f[0] + " " + f[1], true
}

func parseAttribute(value string) Attribute {
	name, v, _ := strings.Cut(value, ":")
	return Attribute{Name: strings.TrimSpace(name), Value: strings.TrimSpace(v)}
}

// parseStream reads the value of m= (RFC 8866 §5.14): media, port with an
// optional number of ports, protocol, formats.
func parseStream(value string) (Stream, error) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return Stream{}, fmt.Errorf("media line %q has less than three fields", clip(value))
	}
	if len(f) > 3+maxFormats {
		return Stream{}, fmt.Errorf("media line with more than %d formats", maxFormats)
	}
	for _, word := range f {
		// These words go back in the answer (RFC 3264 §6), so they must be clean.
		if !printable(word) {
			return Stream{}, fmt.Errorf("media line %q has forbidden characters", clip(value))
		}
	}
	digits, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return Stream{}, fmt.Errorf("media line %q has no port", clip(value))
	}
	return Stream{Kind: f[0], Port: uint16(port), Proto: f[2], Formats: f[3:]}, nil
}

// printable tells whether a word is visible ASCII throughout.
func printable(word string) bool {
	for _, b := range []byte(word) {
		if b <= ' ' || b >= 0x7f {
			return false
		}
	}
	return true
}

// clip shortens what an error quotes.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// address is where a stream is received: its own c= or that of the session
// (RFC 8866 §5.7). ok is false for hold in the manner of RFC 2543, c=0.0.0.0.
func (d *Description) address(s *Stream) (addr netip.Addr, ok bool, err error) {
	value := s.Connection
	if value == "" {
		value = d.Connection
	}
	if value == "" {
		return netip.Addr{}, false, fmt.Errorf("%w: the stream has no c= line", ErrSyntax)
	}
	addr, err = parseAddress(strings.Fields(value))
	if err != nil {
		return netip.Addr{}, false, err
	}
	if addr.IsUnspecified() {
		return netip.Addr{}, false, nil
	}
	return addr, true, nil
}

// parseAddress reads "IN IP4 192.0.2.1" or "IN IP6 2001:db8::1".
func parseAddress(f []string) (netip.Addr, error) {
	if len(f) != 3 || !strings.EqualFold(f[0], "IN") {
		return netip.Addr{}, fmt.Errorf("%w: address %q is not of the form IN IP4 <address>", ErrSyntax, clip(strings.Join(f, " ")))
	}
	addr, err := netip.ParseAddr(f[2])
	if err != nil {
		// A name, or multicast with TTL: legal, but not for this phone.
		return netip.Addr{}, fmt.Errorf("%w: %q is no address of one host", ErrNotAcceptable, clip(f[2]))
	}
	addr = addr.WithZone("").Unmap()
	if addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}, fmt.Errorf("%w: %s is no address of one host", ErrNotAcceptable, addr)
	}
	return addr, nil
}

// attribute is the value of the stream's first attribute of that name.
func (s *Stream) attribute(name string) (value string, ok bool) {
	for _, a := range s.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// direction is what the far side wants for a stream: its own attribute, else
// that of the session, else sendrecv (RFC 8866 §6.7).
func (d *Description) direction(s *Stream) Direction {
	for _, attributes := range [][]Attribute{s.Attributes, d.Attributes} {
		for _, a := range attributes {
			if dir, ok := parseDirection(a.Name); ok {
				return dir
			}
		}
	}
	return SendRecv
}
