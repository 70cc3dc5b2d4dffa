package sdp_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"phoned/sip/sdp"
)

var (
	pcmu = sdp.Codec{Name: "PCMU", Payload: 0, Clock: 8000}
	pcma = sdp.Codec{Name: "PCMA", Payload: 8, Clock: 8000}
	g722 = sdp.Codec{Name: "G722", Payload: 9, Clock: 8000}
)

// phone is the phone of these tests.
func phone() sdp.Local {
	return sdp.Local{
		Addr:    netip.MustParseAddr("192.0.2.10"),
		Port:    16384,
		Codecs:  []sdp.Codec{pcma, pcmu, g722},
		Event:   101,
		Ptime:   20 * time.Millisecond,
		Session: 42,
		Version: 7,
	}
}

// real reads a description of testdata.
func real(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".sdp"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// lines builds a description with the phone's usual session part.
func lines(rest ...string) []byte {
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.20", "s=-", "c=IN IP4 192.0.2.20", "t=0 0"}
	return []byte(strings.Join(append(head, rest...), "\r\n") + "\r\n")
}

// has tells whether text has a whole line.
func has(text []byte, line string) bool {
	return strings.Contains("\r\n"+string(text), "\r\n"+line+"\r\n")
}
