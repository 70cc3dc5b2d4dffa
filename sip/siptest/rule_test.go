package siptest

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

func TestRulesAnswerInsteadOfTheServer(t *testing.T) {
	options := func(p *tester, transport string) *gosip.Response {
		return p.ask(transport, primaryAddr, p.request(gosip.OPTIONS, transport, primaryAddr, "", "ping"))
	}
	for name, c := range map[string]struct {
		rules []Rule
		want  []int // of three OPTIONS; 0 = no answer
		took  []time.Duration
	}{
		"none": {want: []int{200, 200, 200}},
		"the second": {
			rules: []Rule{{Method: "OPTIONS", Nth: 2, Steps: Reply(503, "Retry-After: 7")}},
			want:  []int{200, 503, 200},
		},
		"from the second on": {
			rules: []Rule{{Method: "OPTIONS", Nth: 2, Count: 100}},
			want:  []int{200, 0, 0},
		},
		"another method": {rules: []Rule{{Method: "REGISTER"}}, want: []int{200, 200, 200}},
		"the first fitting one": {
			rules: []Rule{{Nth: 1, Steps: Reply(500)}, {Method: "OPTIONS", Steps: Reply(403)}},
			want:  []int{500, 403, 403},
		},
		"late": {
			rules: []Rule{{Nth: 1, Steps: Pass(3 * time.Second)}},
			want:  []int{200, 200, 200}, took: []time.Duration{3 * time.Second},
		},
		"in steps": {
			rules: []Rule{{Nth: 1, Steps: []Step{{Status: 100}, {After: time.Second, Status: 183}, {After: time.Second, Status: 404}}}},
			want:  []int{404, 200, 200}, took: []time.Duration{2 * time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				p := newTester(t, b.net, "UDP", alice)
				b.primary.SetRules(c.rules...)
				for i, want := range c.want {
					start := time.Now()
					res := options(p, "UDP")
					status := 0
					if res != nil {
						status = res.StatusCode
					}
					if status != want {
						t.Errorf("answer %d is %d, want %d", i+1, status, want)
					}
					if status == 503 && res.GetHeader("Retry-After").Value() != "7" {
						t.Error("the header is missing")
					}
					if i < len(c.took) {
						if d := time.Since(start) - c.took[i]; d < 0 || d > 5*time.Millisecond {
							t.Errorf("answer %d after %v, want %v", i+1, time.Since(start), c.took[i])
						}
					}
				}
			})
		})
	}
}

func TestARuleClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "TCP", alice)
		b.primary.SetRules(Rule{Nth: 1, Steps: []Step{{Close: true}}})
		if res := p.ask("TCP", primaryAddr, p.request(gosip.OPTIONS, "TCP", primaryAddr, "", "ping")); res != nil {
			t.Errorf("answer %d over a closed connection", res.StatusCode)
		}
		if res := p.ask("TCP", primaryAddr, p.request(gosip.OPTIONS, "TCP", primaryAddr, "", "ping")); res == nil {
			t.Error("no answer over the next one")
		}
	})
}

func TestAnswersAreLateAndLostAsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "UDP", alice)
		b.primary.Delay(200 * time.Millisecond)
		start := time.Now()
		p.ask("UDP", primaryAddr, p.request(gosip.OPTIONS, "UDP", primaryAddr, "", "ping"))
		if d := time.Since(start); d != 202*time.Millisecond {
			t.Errorf("answer after %v", d)
		}
		b.primary.Delay(0)
		b.primary.Lose(0.5)
		for range 20 {
			p.ask("UDP", primaryAddr, p.request(gosip.OPTIONS, "UDP", primaryAddr, "", "ping"))
		}
		lost := b.primary.Record.Entries().Select(func(e Entry) bool { return e.Fate == Lost })
		if len(lost) < 5 {
			t.Errorf("%d of many messages lost", len(lost))
		}
		if got := p.rec.Responses("OPTIONS").Branches(); len(got) < 15 {
			t.Errorf("%d of 21 answered in spite of copies", len(got))
		}
	})
}

func TestTheNewestRegistrationHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "UDP", alice)
		holds := func() []bool { return []bool{b.primary.Holds("alice"), b.backup.Holds("alice")} }
		p.register("UDP", primaryAddr, "secret", 60)
		if got := holds(); !slices.Equal(got, []bool{true, false}) {
			t.Errorf("after the primary: %v", got)
		}
		p.callID = "register-2"
		p.register("UDP", backupAddr, "secret", 60)
		if got := holds(); !slices.Equal(got, []bool{false, true}) {
			t.Errorf("after the backup: %v", got)
		}
		time.Sleep(time.Minute)
		if got := holds(); !slices.Equal(got, []bool{false, false}) {
			t.Errorf("after a minute: %v", got)
		}
	})
}

func TestA2xxByARuleIsRepeatedWhateverIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		p := newTester(t, b.net, "UDP", alice)
		b.primary.SetRules(Rule{Method: "INVITE", Steps: Reply(200)})
		p.invite("UDP", primaryAddr, "600", "call-1", offer)
		time.Sleep(8 * time.Second)
		ms := time.Millisecond
		if o := p.rec.Responses("INVITE").Status(200).Offsets(); !slices.Equal(o, []time.Duration{0, 500 * ms, 1500 * ms, 3500 * ms, 7500 * ms}) {
			t.Errorf("copies at %v", o)
		}
	})
}
