// Package rtp carries one call's voice packets over two sockets it is given:
// RTP (RFC 3550, profile RFC 3551) and RTCP. It numbers what is sent, takes only
// what the negotiated peer sent, counts what is lost, and reports by RTCP. It
// opens and closes no socket, keeps no goroutine, is told the time, knows
// nothing of what is inside a payload, and allocates nothing per packet.
package rtp
