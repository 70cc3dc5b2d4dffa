package ua

import (
	"strings"
	"testing"
	"time"

	"phoned/sip/failover"
	"phoned/sip/siptest"
)

func TestTheEndOfRunEndsCallsFirst(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.call("600")
		began := time.Now()
		b.stop()
		b.same("the far party", b.party.Calls()[0].State(), siptest.Ended)
		b.same("bindings", len(b.primary.Bindings("alice")), 0)
		b.same("at once", time.Since(began) < time.Second, true)
		next[Ended](b, 0, nil)
	})
}

func TestTheEndOfRunDoesNotWaitForTheDead(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.call("600")
		b.primary.Silence()
		b.backup.Silence()
		began := time.Now()
		b.stop()
		b.same("within seconds", time.Since(began) <= 5*time.Second, true)
	})
}

func TestAReloadChangesOnlyTheLinesThatDiffer(t *testing.T) {
	story(t, func(b *bench) {
		bob := b.config.Lines[0]
		bob.Number, bob.User, bob.Password = 2, "bob", "hidden"
		b.config.Lines = append(b.config.Lines, bob)
		b.run()
		next(b, time.Second, func(s LineState) bool { return s.Line == 1 && s.Phase == failover.Registered })
		next(b, time.Second, func(s LineState) bool { return s.Line == 2 && s.Phase == failover.Registered })
		id := b.call("600") // on line 1
		b.primary.Record.Reset()

		one, two := b.config.Lines[0], b.config.Lines[1]
		one.DisplayName = "Alice the Second"
		b.phone.Do(Reload{Lines: []Line{one, two}})
		time.Sleep(10 * time.Second)
		b.same("nothing while the call is up", len(b.primary.Record.Requests("REGISTER")), 0)
		b.phone.Do(Hangup{Call: id})
		s := next(b, 10*time.Second, func(s LineState) bool { return s.Phase == failover.Registered })
		b.same("line", s.Line, 1)
		regs := b.primary.Record.Requests("REGISTER")
		b.same("unregisters first", regs[0].Expires, 0)
		b.same("then registers under the new name", strings.Contains(regs[len(regs)-1].Header("From"), "Second"), true)
		for _, m := range regs {
			b.same("line 2 is left alone", m.FromUser, "alice")
		}

		b.phone.Do(Reload{Lines: []Line{one}})
		next(b, 10*time.Second, func(s LineState) bool { return s.Line == 2 && s.Phase == failover.Idle })
		time.Sleep(time.Second)
		b.same("line 2 is gone", len(b.primary.Bindings("bob")), 0)
		b.same("line 1 is not", len(b.primary.Bindings("alice")), 1)
	})
}

func TestAReloadDoesNotWaitForADeadServer(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		b.primary.Silence()
		line := b.config.Lines[0]
		line.Failover.Servers = line.Failover.Servers[1:]
		began := time.Now()
		b.phone.Do(Reload{Lines: []Line{line}})
		next(b, 10*time.Second, func(s LineState) bool {
			return s.Phase == failover.Registered && s.Address == backupAddr.String()
		})
		b.same("after four seconds", time.Since(began), 4*time.Second)
	})
}

func TestAReloadThatCanNotWorkChangesNothing(t *testing.T) {
	story(t, func(b *bench) {
		b.run()
		b.registered(1, time.Second)
		line := b.config.Lines[0]
		line.User = ""
		b.phone.Do(Reload{Lines: []Line{line}})
		time.Sleep(10 * time.Second)
		b.same("still bound", len(b.primary.Bindings("alice")), 1)
		b.same("requests", len(b.primary.Record.Requests("REGISTER")), 2)
	})
}
