// Package hw holds the words of the phone's hardware: keys, hook, lamps, the
// display's content, and the one interface Board that the real boards and the
// simulated one share. It is pure.
package hw
