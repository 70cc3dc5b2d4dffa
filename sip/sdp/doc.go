// Package sdp reads and writes the session descriptions of a telephone call
// (RFC 8866) and answers offers (RFC 3264): one audio stream over RTP/AVP with
// the phone's codecs and RFC 4733 telephone events. It is pure, allocates no
// socket, and survives any input: what it can not read is an error in words.
//
// The first description of a call comes from Offer or Answer; what the far
// side answers to an offer is read with Accept. A later offer is given the
// description that was sent last, because its media lines stay in number and
// order for the life of the call.
//
// SRTP, multicast, ICE and rtcp-mux are never agreed to: streams that demand
// the first are refused, and the attributes of the others are left out.
package sdp
