// Package codec drives the chip between the phone's mouths and ears and its
// sound card: which of them are connected, how loud, and the muted mouth. It
// never touches a sample of the voice and never decides which route a call
// takes; package phone does.
//
// A board's codec has one owner, and the board file says which:
//
//   - OpenChip: a WM8960 that the kernel leaves alone, by its registers over
//     I2C. The chip can't be read back, so the package keeps a copy of every
//     register that it wrote.
//   - OpenMixer: the kernel's driver owns the chip; the same routes through the
//     controls of the ALSA mixer.
//
// Both give a *Codec: a hw.Router with a goroutine of its own. It never blocks
// its caller, carries out the latest wish only, and goes on trying while the
// chip does not answer. What fails, and that it is well again, it tells in words.
//
// What is decided (which registers, in which order, with which pauses) is in
// pure functions: Chip and its files path.go, clock.go, gain.go, sequence.go.
//
// "WM8960 p. 41" in a comment is that page of the chip's data sheet: WM8960,
// Production Data, Rev 4.2.
package codec
