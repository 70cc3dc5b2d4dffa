package failover

// tell reports the registration if it has changed.
func (l *Line) tell(a Action) {
	a.Kind = State
	if a != l.told {
		l.told = a
		l.emit(a)
	}
}

// decide tells a decision and why it was taken.
func (l *Line) decide(a Action) {
	a.Kind = Decide
	l.emit(a)
}
