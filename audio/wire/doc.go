// Package wire is what the media process and its control side say to each
// other: messages of a fixed binary form, one a datagram of a Unix socket
// (SOCK_SEQPACKET), some of them with file descriptors. Reading and writing the
// form is pure; Link moves it.
//
// The control side begins with the state it wants, ended by Restated; after
// that it says what changes. The media process begins with Hello, then Holds
// for each call that it has from an earlier control process, then Ready.
package wire
