// Package update keeps the phone's firmware: it has a bundle installed into
// the slot that does not run, starts it, and lets it stay only once it has
// proved itself; else the phone goes back to what it ran before.
//
// Plan decides; it is driven with events and the time, and acts only through
// the actions it returns. Updater carries them out: RAUC, over D-Bus, writes
// the slots and checks signatures; the record of an update lies on the data
// partition. The package never restarts the phone itself, never reads or
// checks a bundle, and never touches a boot counter: its caller, RAUC and the
// boot loader do.
package update
