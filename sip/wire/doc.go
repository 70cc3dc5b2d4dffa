// Package wire moves SIP messages between the network and sip/ua. It owns the
// one UDP socket with its ICMP error queue, the listeners, the TCP and TLS
// connections to the servers, and name resolution. Messages are read and
// written with sipgo's parser, and requests that arrive go through sipgo's
// server transactions.
//
// It never decides when a request is sent, repeated or given up: a Flight is
// one client transaction on the network, and its owner starts, repeats and
// ends it. It never hands up a message that is not well formed, answers no
// stranger, and drops strangers' datagrams before they are parsed.
//
//	w, err := wire.New(config, handler) // binds the socket
//	go w.Run(ctx)                       // until ctx ends, then everything is closed
//	w.SetServers(servers)               // resolve them, and listen to them
//	w.Keep(standby)                     // connect to these ahead of need
//	w.SetBusy(inUse)                    // notice at once when one of these dies
//	w.Start(&wire.Flight{Server: s, Build: build, Owner: tx})
//
// All methods may be called from any goroutine and never wait for the network.
package wire
