//go:build linux

// Package handset starts the real firmware on an emulated board, for tests: the
// ARM kernel, the read-only root, the init scripts and phoned as it is shipped,
// with keys, hook, lamps, codec, sound card and display, in a network of package
// lab or in time of its own.
//
//	image := handset.Image(t, build.Spec{Factory: ...}) // skips, and says why, where it can not be made
//	phone := handset.Boot(t, handset.Options{Image: image, ...})
//	phone.UntilRegistered(...)
//	phone.Lift(true)
//	phone.Press("2", "0", "0", "#")
//
// Everything ends with the test. Only tests import it. What runs inside the
// guest is in package inside.
package handset
