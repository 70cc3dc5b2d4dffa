package sip

import "testing"

// Every cell of the table "when is a server unavailable" that is about an
// answer.
func TestJudge(t *testing.T) {
	const (
		pro, acc, cha, bri, rej, una = Provisional, Accepted, Challenged, TooBrief, Rejected, Unavailable
	)
	for _, c := range []struct {
		status                         int
		register, invite, bye, options Verdict
	}{
		{100, pro, pro, pro, pro},
		{180, pro, pro, pro, pro},
		{199, pro, pro, pro, pro},
		{200, acc, acc, acc, acc},
		{202, acc, acc, acc, acc},
		{300, rej, rej, rej, rej},
		{302, rej, rej, rej, rej},
		{400, rej, rej, rej, rej},
		{401, cha, cha, cha, cha},
		{403, rej, rej, rej, rej},
		{404, rej, rej, rej, rej},
		{407, cha, cha, cha, cha},
		{408, rej, rej, rej, rej},
		{423, bri, rej, rej, rej},
		{480, rej, rej, rej, rej},
		{481, rej, rej, rej, rej},
		{482, rej, rej, rej, rej},
		{486, rej, rej, rej, rej},
		{487, rej, rej, rej, rej},
		{500, una, rej, rej, rej},
		{501, rej, rej, rej, rej},
		{502, rej, rej, rej, rej},
		{503, una, una, una, una},
		{504, rej, rej, rej, rej},
		{505, rej, rej, rej, rej},
		{600, rej, rej, rej, rej},
		{603, rej, rej, rej, rej},
		{699, rej, rej, rej, rej},
	} {
		for m, want := range map[Method]Verdict{
			REGISTER: c.register, INVITE: c.invite, BYE: c.bye, OPTIONS: c.options, CANCEL: c.options,
		} {
			if got := Judge(m, c.status); got != want {
				t.Errorf("%d to %v: %v, want %v", c.status, m, got, want)
			}
		}
	}
}
