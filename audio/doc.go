// Package audio holds the words the phone's voice packages share: formats,
// frames, codecs, routes and the session of a call. It is pure.
package audio
