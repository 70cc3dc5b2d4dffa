package sdp

// Offer writes an offer of one audio stream (RFC 3264 §5). last is the
// description this phone sent last in the same call, nil for the first: its
// media lines stay in number and order (§8), all but ours with port 0.
func Offer(local Local, last []byte) []byte { return nil }

// Accept reads the answer to offer, which Offer wrote from local (RFC 3264
// §7).
func Accept(local Local, offer, answer []byte) (Media, error) { return Media{}, nil }
