package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"phoned/audio/tone"
)

// A Check says which values a key may have. An empty value is not checked: it
// clears the key, which then has its default.
type Check struct {
	Words string // what is allowed: "a number, 1 to 65535"
	OK    func(value string) bool
}

// number allows a whole number from lo to hi.
func number(lo, hi int) Check {
	return Check{
		Words: fmt.Sprintf("a number, %d to %d", lo, hi),
		OK: func(v string) bool {
			n, err := strconv.Atoi(v)
			return err == nil && lo <= n && n <= hi && v[0] != '+'
		},
	}
}

// oneOf allows some words.
func oneOf(values ...string) Check {
	return Check{
		Words: "one of " + strings.Join(values, ", "),
		OK: func(v string) bool {
			for _, a := range values {
				if v == a {
					return true
				}
			}
			return false
		},
	}
}

var (
	onOff = Check{Words: "0 or 1", OK: oneOf("0", "1").OK}
	port  = number(1, 65535)
	// portOrNone leaves the port to the transport, or to DNS.
	portOrNone = number(0, 65535)
	host       = Check{Words: "an IP address or a domain name", OK: isHost}
	dial       = Check{Words: "a number to dial or a SIP URI, up to 128 characters without spaces", OK: isDial}
	user       = Check{Words: "up to 128 characters without spaces or control characters", OK: isUser}
	tones      = Check{Words: "a tone such as 425/200,0/300: hertz (two or more with +)/milliseconds, repeated", OK: isTone}
)

// text allows up to n characters of UTF-8 without control characters.
func text(n int) Check {
	return Check{
		Words: fmt.Sprintf("text of up to %d characters", n),
		OK: func(v string) bool {
			return utf8.ValidString(v) && utf8.RuneCountInString(v) <= n && strings.IndexFunc(v, unicode.IsControl) < 0
		},
	}
}

func isUser(v string) bool {
	return text(128).OK(v) && strings.IndexFunc(v, unicode.IsSpace) < 0
}

func isDial(v string) bool {
	return isUser(v) && !strings.ContainsAny(v, `<>"`)
}

// isHost allows an IPv4 address, an IPv6 address with or without brackets, or
// a domain name (RFC 1123 §2.1; underscores as they occur in the field).
func isHost(v string) bool {
	if _, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(v, "["), "]")); err == nil {
		return true
	}
	v = strings.TrimSuffix(v, ".")
	if v == "" || len(v) > 253 {
		return false
	}
	labels := strings.Split(v, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return false
			}
		}
	}
	// 10.0.0.256 is a mistake, not a domain: the last label of a domain name
	// is never all digits.
	last := labels[len(labels)-1]
	return strings.Trim(last, "0123456789") != ""
}

// isTone asks the part that plays the tones.
func isTone(v string) bool {
	_, err := tone.Parse(v)
	return err == nil
}

// codecs allows names of codecs, known or not.
var codecs = Check{
	Words: "codec names separated by commas",
	OK: func(v string) bool {
		return text(256).OK(v) && strings.Count(v, ",") < 32
	},
}

// numbers allows numbers to dial, separated by commas.
var numbers = Check{
	Words: "numbers to dial, separated by commas",
	OK: func(v string) bool {
		for _, n := range strings.Split(v, ",") {
			if n = strings.TrimSpace(n); n != "" && !isDial(n) {
				return false
			}
		}
		return strings.Count(v, ",") < 16
	},
}

// languageCode allows the codes of languages, those of other phones too.
var languageCode = Check{
	Words: "the code of a language such as en or zh",
	OK: func(v string) bool {
		return len(v) <= 8 && strings.Trim(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz-_") == ""
	},
}
