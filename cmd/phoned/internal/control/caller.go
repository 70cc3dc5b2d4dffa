package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"phoned/cmd/phoned/internal/phone"
)

// A Caller is the other end: a program that asks a running phone. It belongs to
// one goroutine.
type Caller struct {
	conn  net.Conn
	lines *bufio.Reader
	id    int
	told  []phone.Notice // while the last answer was waited for
}

// answerTime is how long a phone may take to answer, maxAnswer how many bytes.
const (
	answerTime = 10 * time.Second
	maxAnswer  = 64 << 20
)

// Call connects to a phone's control socket.
func Call(path string) (*Caller, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, fmt.Errorf("ask the phone at %s: %w", path, err)
	}
	return &Caller{conn: conn, lines: bufio.NewReader(conn)}, nil
}

// Close ends the connection.
func (c *Caller) Close() error { return c.conn.Close() }

// A Refused is what the phone says to a command that it does not carry out.
type Refused struct {
	Text string
	Why  phone.Refusal // of a drill; else phone.NoRefusal
}

func (r *Refused) Error() string { return r.Text }

// Ask gives a command, a JSON object without id, and reads its answer into to,
// unless that is nil. Of what the phone tells meanwhile, the notices are kept
// for Notice: what a command begins may be over before its answer. A *Refused is
// the phone's own no.
func (c *Caller) Ask(command map[string]any, to any) error {
	c.id++
	c.told = nil
	asked := map[string]any{"id": c.id}
	for k, v := range command {
		asked[k] = v
	}
	deadline := time.Now().Add(answerTime)
	if err := c.conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := c.conn.Write(encode(asked)); err != nil {
		return fmt.Errorf("ask the phone: %w", err)
	}
	for {
		line, err := c.read()
		if err != nil {
			return fmt.Errorf("read the phone's answer: %w", err)
		}
		var head struct {
			ID    int    `json:"id"`
			Error string `json:"error"`
			Why   string `json:"why"`
		}
		switch err := json.Unmarshal(line, &head); {
		case err != nil:
			continue // an id of another form is not ours
		case head.Error != "" && (head.ID == c.id || head.ID == 0):
			why, _ := phone.ParseRefusal(head.Why)
			return &Refused{Text: head.Error, Why: why}
		case head.ID != c.id:
			c.keep(line)
		case to == nil:
			return nil
		default:
			if err := json.Unmarshal(line, to); err != nil {
				return fmt.Errorf("read the phone's answer: %w", err)
			}
			return nil
		}
	}
}

// Notice is the next notice that the phone tells, until deadline.
func (c *Caller) Notice(deadline time.Time) (phone.Notice, error) {
	if err := c.conn.SetDeadline(deadline); err != nil {
		return phone.Notice{}, err
	}
	for len(c.told) == 0 {
		line, err := c.read()
		if err != nil {
			return phone.Notice{}, fmt.Errorf("wait for the phone: %w", err)
		}
		c.keep(line)
	}
	n := c.told[0]
	c.told = c.told[1:]
	return n, nil
}

// keep keeps a line if it is a notice.
func (c *Caller) keep(line []byte) {
	var n phone.Notice
	if json.Unmarshal(line, &n) == nil && n.Kind != "" {
		c.told = append(c.told, n)
	}
}

// read is one line of the phone.
func (c *Caller) read() ([]byte, error) {
	var line []byte
	for {
		part, err := c.lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxAnswer:
			return nil, errors.New("the answer has no end")
		}
	}
}
