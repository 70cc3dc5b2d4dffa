// Package digest answers the challenges of the line's own servers (RFC 7616 as
// used by RFC 3261 §22 and RFC 8760): MD5, SHA-256 and SHA-512-256, with qop
// auth or none. It never answers a realm that the line does not belong to, a
// source that is not the line's server, or a realm twice for one request unless
// the server says stale=true. It does no I/O, and no method prints a password.
//
// A Store belongs to one line at one server and to one goroutine:
//
//	store := digest.NewStore(credentials, localDomain)
//	try := digest.Try{}                       // one for each request and server
//	store.Authorize(&try, req)                // what is known already goes along
//	if store.Answerable(&try, res, fromServer) {
//		store.Authorize(&try, repeated)   // new transaction, CSeq one higher
//	}
package digest
