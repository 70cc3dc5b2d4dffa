package ua

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a stranger's text fit to be shown: valid UTF-8, no control or
// formatting character (no line break, no change of direction), at most n
// characters.
func clean(s string, n int) string {
	var b strings.Builder
	count := 0
	for _, r := range strings.TrimSpace(s) {
		if count == n {
			break
		}
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			continue
		}
		b.WriteRune(r)
		count++
	}
	return strings.TrimSpace(b.String())
}

// unquote undoes the escapes of a quoted display name (RFC 3261 §25.1
// quoted-pair). sipgo hands over what stands between the quotes.
func unquote(s string) string {
	if !strings.ContainsRune(s, '\\') {
		return s
	}
	var b strings.Builder
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}

// quote escapes a display name of our own for a quoted-string; sipgo sets the
// quotes but escapes nothing, and would write a line break as it is.
func quote(s string) string {
	s = clean(s, 128)
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

const userUnreserved = "-_.!~*'()&=+$,;?/" // RFC 3261 §25.1 unreserved and user-unreserved

// escapeUser writes any text as the user part of a SIP URI (RFC 3261 §25.1).
// '#' is escaped: it is none of the allowed characters.
func escapeUser(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(userUnreserved, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// unescapeUser undoes escapeUser; a malformed escape stays as it is.
func unescapeUser(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
