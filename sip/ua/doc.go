// Package ua is the phone's SIP user agent: the shell that carries out what
// sip/failover and sip/dialog decide. It builds and reads messages (with
// sipgo's parser), answers digest challenges, keeps the registration's
// Call-IDs and CSeqs, and hands messages to sip/wire.
//
//	phone, err := ua.New(config)
//	go func() { ended <- phone.Run(ctx) }() // until ctx ends
//	phone.Do(ua.Dial{Call: 1, Line: 1, Number: "600", Media: media})
//	for event := range phone.Events() { ... }
//
// One goroutine (UA.Run) owns all lines, transactions and dialogs. Others talk
// to it with Do, which never blocks, and read Events, which never lose one.
// It takes no decision on servers, timers or dialogs itself, never touches
// media, and never tells a stranger that the phone exists.
//
// Where to look: loop.go waits and wakes; agent.go tells the cores and guards
// against panics; line.go runs one failover.Line and transaction.go, request.go,
// register.go and response.go put its requests on the wire; call.go runs one
// dialog.Call, inside.go its requests, incoming.go and answer.go what arrives.
package ua
