// Package engine is the media process: one thread that waits for the sound
// device, the RTP and RTCP sockets and its control socket, and carries voice
// between them. It is driven over the control socket by package remote. While
// a call is up it allocates nothing per frame, logs nothing and never waits for
// anything but its poll; it opens no network socket of its own.
package engine
