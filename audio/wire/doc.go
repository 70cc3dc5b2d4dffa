// Package wire is what the media process and its control side say to each
// other: messages of a fixed binary form, one a datagram of a Unix socket
// (SOCK_SEQPACKET), some of them with file descriptors. Reading and writing the
// form is pure; Link moves it.
//
// The media process begins with Hello, then Holds for each call that it has from
// an earlier control process, then Ready. The control side says the state it
// wants, and then what changes.
package wire
