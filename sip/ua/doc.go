// Package ua is the phone's SIP user agent: the shell that carries out what
// sip/failover and sip/dialog decide. It builds and reads messages (with
// sipgo's parser), answers digest challenges, keeps the registration's
// Call-IDs and CSeqs, and hands messages to sip/wire.
//
// One goroutine (UA.Run) owns all lines, transactions and dialogs. Others talk
// to it with Do, which never blocks, and read Events, which never lose one.
// It takes no decision on servers, timers or dialogs itself, never touches
// media, and never tells a stranger that the phone exists.
package ua
