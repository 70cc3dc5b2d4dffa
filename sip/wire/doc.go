// Package wire moves SIP messages between the network and sip/ua. It owns the
// one UDP socket with its ICMP error queue, the listeners, the TCP and TLS
// connections to the servers and name resolution, all under sipgo's transport
// and server transaction layers. It never decides when a request is sent,
// repeated or given up, and drops strangers' messages before they cost anything.
package wire
