package dialog

import (
	"bytes"
	"strings"
)

// maxParts bounds what is read of a body in several parts.
const maxParts = 8

// description finds the session description in a body. known is false for a
// body of another type; text is nil when there is no body.
func description(contentType string, body []byte) (text []byte, known bool) {
	kind, params := mediaType(contentType)
	switch {
	case len(body) == 0:
		return nil, true
	case kind == "" || kind == typeSDP:
		return body, true
	case strings.HasPrefix(kind, "multipart/"):
		// RFC 5621 §3: a description may travel beside other parts.
		text = part(body, boundary(params), typeSDP)
		return text, text != nil
	default:
		return nil, false
	}
}

// mediaType cuts a Content-Type into "type/subtype" in lower case and the rest
// (RFC 3261 §20.15).
func mediaType(contentType string) (kind, params string) {
	kind, params, _ = strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(kind)), params
}

// boundary is the parameter that separates parts (RFC 2046 §5.1.1).
func boundary(params string) string {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "boundary") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// part is the first part of a multipart body that has the wanted type; nil if
// there is none (RFC 2046 §5.1.1).
func part(body []byte, boundary, want string) []byte {
	if boundary == "" {
		return nil
	}
	rest := append([]byte("\n"), body...)
	delimiter := []byte("\n--" + boundary)
	_, rest, _ = bytes.Cut(rest, delimiter)
	for range maxParts {
		var one []byte
		one, rest, _ = bytes.Cut(rest, delimiter)
		// What follows the delimiter in its line is "--" behind the last part, else
		// nothing but blanks.
		line, one, ok := bytes.Cut(one, []byte("\n"))
		if !ok || len(bytes.TrimSpace(line)) > 0 {
			return nil
		}
		kind, content := partContent(one)
		if kind == want && len(bytes.TrimSpace(content)) > 0 {
			return content
		}
	}
	return nil
}

// partContent reads the header fields of a part up to the empty line.
func partContent(one []byte) (kind string, content []byte) {
	for {
		line, rest, ok := bytes.Cut(one, []byte("\n"))
		if !ok {
			return kind, nil
		}
		one = rest
		if len(bytes.TrimSpace(line)) == 0 {
			return kind, one
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(bytes.TrimSpace(name), []byte("Content-Type")) {
			kind, _ = mediaType(string(value))
		}
	}
}
