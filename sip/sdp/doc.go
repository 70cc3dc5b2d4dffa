// Package sdp reads and writes the session descriptions of a telephone call
// (RFC 8866) and answers offers (RFC 3264): one audio stream over RTP/AVP with
// the phone's codecs and RFC 4733 telephone events. It is pure, allocates no
// socket, and survives any input: what it can not read is an error in words.
package sdp
