// Package path is the way of the voice through the phone, one period of 10 ms
// at a time: mouth -> gain, mute -> encoder -> RTP, and RTP -> jitter buffer ->
// decoder -> ear, with the phone's own sounds mixed in. One call is in focus
// (in the ear and the mouth); others send silence. It is driven by the sound
// device's clock, opens nothing, waits for nothing, and allocates only where a
// call is opened or changed, never per period or packet.
package path
