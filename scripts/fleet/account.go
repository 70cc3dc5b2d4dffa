package main

// account keeps, for each phone, how long it had no service: no registration
// that still holds at a server that is up.
type account struct {
	up     [2]bool
	phones []ledger
}

// ledger is one phone's account.
type ledger struct {
	until   [2]tick // its registration at each server ends
	since   tick    // settled until then
	outside tick    // without service in all
}

func newAccount(n int) account {
	return account{up: [2]bool{true, true}, phones: make([]ledger, n)}
}

// end is when the service of l ends, as things stand.
func (a *account) end(l *ledger) tick {
	var t tick
	for s, up := range a.up {
		if up {
			t = max(t, l.until[s])
		}
	}
	return t
}

func (a *account) settle(l *ledger, now tick) {
	if from := max(l.since, a.end(l)); from < now {
		l.outside += now - from
	}
	l.since = now
}

// bind notes that phone i is registered at server s until then.
func (a *account) bind(i uint32, now tick, s int8, until tick) {
	l := &a.phones[i]
	a.settle(l, now)
	l.until[s] = until
}

// turn notes that server s is up, or down, from now on.
func (a *account) turn(now tick, s int8, up bool) {
	for i := range a.phones {
		a.settle(&a.phones[i], now)
	}
	a.up[s] = up
}

// reset begins all accounts anew.
func (a *account) reset(now tick) {
	for i := range a.phones {
		a.phones[i].since, a.phones[i].outside = now, 0
	}
}

// without is the number of phones without service.
func (a *account) without(now tick) int {
	n := 0
	for i := range a.phones {
		if a.end(&a.phones[i]) <= now {
			n++
		}
	}
	return n
}
