package failover

// tell reports the registration if it has changed.
func (l *Line) tell(a Action) {
	a.Kind = State
	if a != l.told {
		l.told = a
		l.emit(a)
	}
}
