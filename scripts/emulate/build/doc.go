//go:build linux

// Package build makes what the emulated handset is started from: the kernel with
// the module phone-sim, Debian's armhf programs, the root file system with the
// project's overlay, the disk image, the update bundle and Go programs for ARM.
//
// Everything goes into build/emulate of the project, each thing in a directory
// whose name ends in the hash of what it was made from: a second run finds it. It never changes the
// machine: no package is installed, no architecture added, nothing is mounted,
// and what needs root elsewhere is done with tools that do not.
package build
