package dialog

import (
	"strings"
	"testing"
)

// Where the description is in a body, and where there is none.
func TestDescription(t *testing.T) {
	const sdp = "v=0\r\nm=audio 1 RTP/AVP 0\r\n"
	parts := func(list ...string) string {
		return "preamble\r\n--b\r\n" + strings.Join(list, "\r\n--b\r\n") + "\r\n--b--\r\nepilogue"
	}
	text := "Content-Type: text/plain\r\n\r\nhello"
	description1 := "content-type:  Application/SDP; charset=utf-8\r\nContent-Disposition: session\r\n\r\n" + sdp
	tests := []struct {
		name, contentType, body, want string
		known                         bool
	}{
		{"none", "", "", "", true},
		{"none, but a type", "text/plain", "", "", true},
		{"plain", "application/sdp", sdp, sdp, true},
		{"with parameters, in capitals", "Application/SDP ; a=b", sdp, sdp, true},
		{"no type told", "", sdp, sdp, true},
		{"another type", "text/plain", sdp, "", false},
		{"behind another part", "multipart/mixed;boundary=b", parts(text, description1), sdp, true},
		{"before another part", `multipart/mixed; boundary="b"`, parts(description1, text), sdp, true},
		{"among parts without", "multipart/mixed;boundary=b", parts(text, text), "", false},
		{"behind the end", "multipart/mixed;boundary=b", "--b--\r\n" + description1, "", false},
		{"behind too many", "multipart/mixed;boundary=b", parts(append(strings.Split(strings.Repeat(text+"|", 8), "|")[:8], description1)...), "", false},
		{"without boundary", "multipart/mixed", parts(description1), "", false},
		{"another boundary", "multipart/mixed;boundary=bb", parts(description1), "", false},
		{"header without end", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp", "", false},
		{"nothing in it", "multipart/mixed;boundary=b", parts("Content-Type: application/sdp\r\n\r\n"), "", false},
	}
	for _, test := range tests {
		got, known := description(test.contentType, []byte(test.body))
		if strings.TrimSpace(string(got)) != strings.TrimSpace(test.want) || known != test.known {
			t.Errorf("%s: %q, %v, want %q, %v", test.name, got, known, test.want, test.known)
		}
	}
}

func FuzzDescription(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", []byte("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		text, known := description(contentType, body)
		if len(text) > len(body) || !known && text != nil {
			t.Errorf("%q, %v", text, known)
		}
	})
}
