package sdp

// Answer reads an offer and writes the answer to it (RFC 3264 §6): the first
// audio stream the phone can serve, every other one refused with port 0. The
// error is ErrSyntax (400) or ErrNotAcceptable (488).
func Answer(local Local, offer []byte) (answer []byte, m Media, err error) { return nil, Media{}, nil }
