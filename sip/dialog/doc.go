// Package dialog is the INVITE usage of a call (RFC 3261 §12 to §15): early
// and confirmed dialogs, offers and answers, hold, session changes, BYE. It is
// a pure state machine: messages and user's wishes in, messages and news out;
// it owns no timer but its Deadline, and never learns which server failed.
package dialog
