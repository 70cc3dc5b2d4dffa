package dialog

// RequestURI tells how a request inside the dialog is addressed (RFC 3261
// §12.2.1.1): its Request-URI and its Route values. With a loose router in
// front, or without routes, uri is the remote target; with a strict router
// uri is that router's and the remote target is the last route.
func (d Dialog) RequestURI() (uri string, routes []string) { return d.Target, d.Routes }

// RepairRoutes is the route set by which a BYE goes over another server: all
// leading routes that name the dead server are replaced by next, a whole Route
// value such as "<sip:192.0.2.2:5060;transport=tcp;lr>"; where there are none,
// none is added. dead judges host (an IP literal without brackets, or a name
// in lower case) and port (0 = none given) of a route. routes is not changed.
func RepairRoutes(routes []string, next string, dead func(host string, port uint16) bool) []string {
	return routes
}
