// Package demo is the world around the phone of `make run`: two SIP servers
// and a far party on this computer's loopback, with buttons that break the
// servers and a view of what each of them sees. It needs no root and sends no
// packet beyond the loopback interface.
//
// It knows the phone only as a SIP client; Settings are what the phone needs
// to find the servers.
package demo
