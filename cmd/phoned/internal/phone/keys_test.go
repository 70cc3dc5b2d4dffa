package phone

import (
	"os"
	"strings"
	"testing"

	"phoned/hw"
)

// Every key of the phone is explained in docs/KEYS.md, under its own name.
func TestKeysAreExplained(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/KEYS.md")
	if err != nil {
		t.Fatal(err)
	}
	// Rows of the page stand for several keys by their first and last one.
	ranges := strings.NewReplacer("`0`-`9`", "`0` `1` `2` `3` `4` `5` `6` `7` `8` `9`",
		"`line1`-`line4`", "`line1` `line2` `line3` `line4`", "`soft1` to `soft4`", "`soft1` `soft2` `soft3` `soft4`")
	text := ranges.Replace(string(page))
	for k := hw.NoKey + 1; k.String() != hw.NoKey.String(); k++ {
		if !strings.Contains(text, "`"+k.String()+"`") {
			t.Errorf("docs/KEYS.md does not tell what %s does", k)
		}
	}
}
