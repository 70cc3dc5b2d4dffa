// Package sip holds the words every SIP package of the phone shares: methods,
// transports, servers, the timers of RFC 3261 table 4, and the verdict on an
// answer. It is pure: no socket, clock, goroutine, file or log, and nothing
// but the standard library. Message text is not its business; sip/ua reads
// and writes messages.
package sip
