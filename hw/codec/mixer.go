package codec

// Controls is an ALSA mixer: audio/alsa has one.
type Controls interface {
	// Set gives a control its values: one for every channel, or a single one
	// for all channels. A switch is 0 or 1, a choice the number of its item.
	Set(name string, values ...int) error
}

// A Setting is one control of the mixer and its values.
type Setting struct {
	Control string
	Values  []int
}

// A Mixer says what a board's routes are in the kernel's mixer.
type Mixer struct {
	Start  []Setting    // once, before the first route
	Routes [3][]Setting // by hw.Route
	Mute   []Setting    // the mouth is silent
	Unmute []Setting
}

// OpenMixer starts to drive the kernel's mixer. An error is one of the board
// file. fault is as with OpenChip.
func OpenMixer(controls Controls, mixer Mixer, fault func(text string)) (*Codec, error) {
	return open(), nil
}
