package ua

import (
	"strings"
	"testing"
	"time"

	"phoned/sip/journal"
)

// What the phone has lived through comes out as a text, and the same program
// decides the same when it reads it.
func TestARecordReplays(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		time.Sleep(time.Second)
		b.dial("600")
		time.Sleep(2 * time.Second)
		reply := make(chan []*journal.Recording, 1)
		b.phone.Do(Record{Reply: reply})
		b.phone.Do(Record{Reply: make(chan []*journal.Recording)}) // nobody reads: nobody waits
		lines := <-reply
		var text strings.Builder
		if err := journal.Write(&text, "test", lines); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"secret", "alice", "Alice", "600"} {
			if strings.Contains(strings.ReplaceAll(text.String(), "3600000", ""), secret) {
				t.Errorf("%q stands in the record", secret)
			}
		}
		report, err := journal.Replay(strings.NewReader(text.String()))
		if err != nil || !report.Same() || len(report.Lines) != 1 || report.Lines[0].Steps < 6 {
			t.Errorf("%v: %+v\n%s", err, report, text.String())
		}
	})
}
