package wire

import (
	"bytes"
	"errors"
	"fmt"

	gosip "github.com/emiago/sipgo/sip"
)

// encodeRequest completes req and writes it. It refuses a message that lacks
// what RFC 3261 §8.1.1 demands, and one whose values would forge header fields
// or a second message: sipgo writes CR and LF as they come.
func encodeRequest(req *gosip.Request) (b []byte, key flightKey, err error) {
	if req == nil {
		return nil, key, errors.New("no message")
	}
	via := req.Via()
	branch := ""
	if via != nil {
		branch, _ = via.Params.Get("branch")
	}
	switch {
	case branch == "":
		return nil, key, fmt.Errorf("%s without a branch", req.Method)
	case len(req.Headers()) == 0 || req.Headers()[0] != gosip.Header(via):
		// An ICMP message quotes the first bytes only: the branch must be there.
		return nil, key, fmt.Errorf("%s whose first header is not Via", req.Method)
	case req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil:
		return nil, key, fmt.Errorf("%s without From, To, Call-ID or CSeq", req.Method)
	case req.CSeq().MethodName != req.Method:
		return nil, key, fmt.Errorf("%s with a CSeq of %s", req.Method, req.CSeq().MethodName)
	}
	if req.MaxForwards() == nil {
		hops := gosip.MaxForwardsHeader(70) // RFC 3261 §8.1.1.6
		req.AppendHeader(&hops)
	}
	b, err = encode(req, req.Headers)
	if err != nil {
		return nil, key, fmt.Errorf("%s: %w", req.Method, err)
	}
	return b, flightKey{branch, req.Method}, nil
}

// encodeResponse writes res.
func encodeResponse(res *gosip.Response) ([]byte, error) {
	b, err := encode(res, res.Headers)
	if err != nil {
		return nil, fmt.Errorf("%d: %w", res.StatusCode, err)
	}
	return b, nil
}

// encode writes msg and looks whether it is still one message with the header
// fields it was made of.
func encode(msg gosip.Message, headers func() []gosip.Header) ([]byte, error) {
	if n := msg.ContentLength(); n == nil || int(*n) != len(msg.Body()) {
		msg.SetBody(msg.Body()) // RFC 3261 §18.3: streams need Content-Length
	}
	var buf bytes.Buffer
	msg.StringWrite(&buf)
	b := buf.Bytes()
	head := b[:len(b)-len(msg.Body())]
	lines := bytes.Count(head, []byte("\r\n"))
	switch {
	case !bytes.HasSuffix(head, []byte("\r\n\r\n")),
		lines != len(headers())+2, // start line, header fields, empty line
		bytes.Count(head, []byte("\n")) != lines,
		bytes.Count(head, []byte("\r")) != lines,
		bytes.IndexByte(head, 0) >= 0:
		return nil, errors.New("a header field holds a line break")
	}
	return b, nil
}

// quoted finds the method and the top Via's branch in the first bytes of one of
// our own requests, as an ICMP message quotes them.
func quoted(datagram []byte) (key flightKey, ok bool) {
	method, rest, ok := bytes.Cut(datagram, []byte(" "))
	if !ok {
		return key, false
	}
	_, rest, ok = bytes.Cut(rest, []byte("\r\nVia: "))
	if !ok {
		return key, false
	}
	_, rest, ok = bytes.Cut(rest, []byte(";branch="))
	if !ok {
		return key, false
	}
	end := bytes.IndexAny(rest, ";\r\n, ")
	if end <= 0 {
		return key, false // cut off within the branch
	}
	return flightKey{string(rest[:end]), gosip.RequestMethod(method)}, true
}
