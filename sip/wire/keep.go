package wire

// Keep replaces the set of servers whose connections are opened ahead of need
// and kept open: those on UDP are ignored, as are those that SetServers does not
// name. One that can not be opened, or is lost, is told by OnConnectionLost and
// tried again after the waits of RFC 5626 §4.5, or at once when a flight wants
// it. A server that leaves the set keeps an open connection.
func (w *Wire) Keep(servers []Server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = map[Server]*kept{}
	for _, s := range servers {
		if s.Transport.Reliable() {
			w.kept[s] = &kept{}
		}
	}
}

// kept is a server whose connection is kept open.
type kept struct{}
