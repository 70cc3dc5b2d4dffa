// Package device opens sound devices by name: a sound card (package alsa), or one
// of those here, which are made of software and a clock: null (silence), echo (the
// ear goes back into the mouth) and wav (a mouth and an ear of files). They are for
// tests, demonstrations and phones without a sound card, and keep real time: their
// periods are due at absolute times, so a late thread catches up and nothing
// drifts.
package device
