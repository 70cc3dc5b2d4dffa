//go:build linux

// Package inside is the part of the handset's tests that runs in the guest, on
// the emulated board, in virtual time: the SIP servers are in the guest too, a
// wait costs nothing, and one instruction is one nanosecond. Package handset
// builds it for ARM and starts it; elsewhere every test skips itself.
package inside
