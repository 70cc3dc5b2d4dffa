package hw

// A Route is which mouth and ear the voice has. The values are those of
// audio.Route.
type Route uint8

// The routes of a desk phone.
const (
	RouteHandset Route = iota
	RouteSpeaker
	RouteHeadset
)

// String is the route's name.
func (r Route) String() string {
	return [...]string{"handset", "speaker", "headset", "headset"}[r&3]
}

// A Router is a Board whose codec can be told which mouth and ear it connects.
// A board with one mouth and one ear is none.
type Router interface {
	// SetRoute connects a mouth and an ear. It does not wait for the chip: what
	// goes wrong comes as a Fault input.
	SetRoute(Route)
	// SetMute silences the mouth in the codec, without a click.
	SetMute(on bool)
}
