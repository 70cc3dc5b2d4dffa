// Package alsa drives a sound card over the ioctls of the Linux kernel
// (include/uapi/sound/asound.h), without the ALSA library: a duplex device that
// is an audio.Device, and the card's mixer controls.
//
// The hardware may run at 8000, 16000 or 48000 frames a second, mono or stereo,
// with 16 or 32 bit samples; towards the phone there are 8000 or 16000 samples
// a second of 16 bit mono. A stream that ran dry or was suspended is begun anew
// and counted. A card that is gone, or that gives no more samples, is an error:
// whoever drives the device closes it and opens it again later.
//
// The package has no goroutine and no clock, and never waits: the thread that
// drives the device polls the descriptor that Wait names. After Open nothing is
// allocated. It knows the structures of 32-bit ARM and of the 64-bit
// processors.
package alsa
