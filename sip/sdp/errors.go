package sdp

import "errors"

// What can be wrong with a description that arrived. Every error of this
// package wraps one of them.
var (
	// ErrSyntax: it can not be read (status 400).
	ErrSyntax = errors.New("bad session description")
	// ErrNotAcceptable: it holds nothing the phone can serve (status 488).
	ErrNotAcceptable = errors.New("session not acceptable")
)
