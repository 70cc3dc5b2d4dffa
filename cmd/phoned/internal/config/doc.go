// Package config reads, checks, writes and keeps the phone's settings.
//
// A File is the text form that provisioning servers produce: modules,
// subsections and entries, with every key kept, known or not. THE table of
// the keys the phone knows is Rows (keys*.go): a new setting is one row there
// and one field in Settings. Read refuses a file as a whole, with the line
// number, when it is truncated or the value of a known key is bad; it never
// falls back to defaults silently. Settings are the typed values, Store keeps
// what the user changed.
//
// The package opens no socket, decides nothing about calls or servers, and
// writes no secret into an error.
package config
