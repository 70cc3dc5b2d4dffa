// Package remote is the control side of the media process: it opens the RTP
// sockets, starts `phoned -media`, hands it the sockets and the state it must
// have, and starts it again with the same state if it dies. It never touches
// a voice sample.
package remote
