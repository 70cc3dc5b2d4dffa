// Package desk owns the telephone: one goroutine (Desk.Run) takes one event at
// a time from the board, the SIP user agent, the voice process, the control
// commands and the clock, lets package phone decide, and carries out every
// action of it before the next. It never blocks on the display, on the user
// agent, or on anyone who watches, and takes no decision of its own.
package desk
