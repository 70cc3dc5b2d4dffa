package main

import (
	"log/slog"
	"testing"

	"phoned/cmd/phoned/internal/config"
)

// Without the setting the phone keeps to the plain rules: no packet leaves at
// another time, or to another server. Backup Mode alone does not change that.
func TestPlainRulesUnlessSmartFailoverIsSet(t *testing.T) {
	const head = "<<VOIP CONFIG FILE>>Version:2.0\n<SIP CONFIG MODULE>\n" +
		"SIP1 Phone Number:1001\nSIP1 Enable Reg:1\nSIP1 Register Addr:10.0.0.1\nSIP1 Backup Addr:10.0.0.2\n"
	for set, want := range map[string]struct{ smart, standby bool }{
		"":                        {},
		"SIP1 Backup Mode:1\n":    {},
		"SIP1 Smart Failover:1\n": {smart: true},
		"SIP1 Smart Failover:1\nSIP1 Backup Mode:1\n": {smart: true, standby: true},
	} {
		file, err := config.ParseChecked([]byte(head + set + "<<END OF FILE>>\n"))
		if err != nil {
			t.Fatal(err)
		}
		lines := agentConfig(file.Typed(), identity{name: "one", place: 7}, slog.New(slog.DiscardHandler)).Lines
		if got := lines[0].Failover; got.Smart != want.smart || got.Standby != want.standby {
			t.Errorf("%q: smart %v, standby %v; want %+v", set, got.Smart, got.Standby, want)
		}
	}
}
