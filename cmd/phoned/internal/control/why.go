package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"phoned/cmd/phoned/internal/desk"
	"phoned/cmd/phoned/internal/phone"
	"phoned/sip/journal"
)

const (
	manyDecisions = 20              // of a `decisions` that does not say
	deskTime      = 5 * time.Second // for the desk and the user agent to answer
)

var errBusy = errors.New("the phone does not answer; try again")

// decisions answers with the last decisions.
func (c *client) decisions(cmd command) ([]byte, error) {
	n, line := manyDecisions, 0
	if cmd.N != nil {
		n = *cmd.N
	}
	if n < 1 || n > journal.RingSize {
		return nil, fmt.Errorf("n must be 1 to %d", journal.RingSize)
	}
	if cmd.Line != nil {
		var err error
		if line, err = c.line(cmd); err != nil {
			return nil, err
		}
	}
	return encode(struct {
		ID        json.RawMessage  `json:"id,omitempty"`
		Decisions []journal.Record `json:"decisions"`
	}{cmd.ID, append([]journal.Record{}, c.server.cfg.Phone.Decisions(n, line)...)}), nil
}

// A lineHealth is how the servers of a line are, as JSON.
type lineHealth struct {
	Line    int            `json:"line"`
	Targets []targetHealth `json:"targets"`
}

type targetHealth struct {
	Server    int       `json:"server"`
	Address   string    `json:"address"`
	Transport string    `json:"transport"`
	State     string    `json:"state"` // up, down, unknown
	Since     time.Time `json:"since,omitzero"`
	Cause     string    `json:"cause,omitempty"`
	Status    int       `json:"status,omitempty"`
	RTT       float64   `json:"rtt_ms,omitempty"`
	Until     time.Time `json:"until,omitzero"`
}

func healthOf(h phone.Health) lineHealth {
	out := lineHealth{Line: h.Line, Targets: []targetHealth{}}
	for _, t := range h.Targets {
		out.Targets = append(out.Targets, targetHealth{
			Server: t.Server, Address: t.Address, Transport: t.Transport.String(), State: t.State.String(), Since: t.Since,
			Cause: journal.CauseName(t.Cause), Status: t.Status, RTT: float64(t.RTT.Microseconds()) / 1000, Until: t.Until,
		})
	}
	return out
}

// health answers with how the servers of every line are.
func (c *client) health(cmd command) []byte {
	all := []lineHealth{}
	for _, h := range c.server.cfg.Phone.Health() {
		all = append(all, healthOf(h))
	}
	return encode(struct {
		ID     json.RawMessage `json:"id,omitempty"`
		Health []lineHealth    `json:"health"`
	}{cmd.ID, all})
}

// record answers with the replayable log of all lines, as a text. It is put
// into words here, not by those who serve calls.
func (c *client) record(ctx context.Context, cmd command) ([]byte, error) {
	reply := make(chan []*journal.Recording, 1)
	c.server.cfg.Phone.Do(desk.Record{Reply: reply})
	lines, ok := wait(ctx, reply)
	if !ok {
		return nil, errBusy
	}
	var text strings.Builder
	if err := journal.Write(&text, c.server.cfg.Program, lines); err != nil {
		return nil, err
	}
	return encode(struct {
		ID     json.RawMessage `json:"id,omitempty"`
		Record string          `json:"record"`
	}{cmd.ID, text.String()}), nil
}

// refusedError is why a drill can not be made now.
type refusedError phone.Refusal

func (r refusedError) Error() string { return phone.Refusal(r).Say(phone.English) }

// drill begins a drill; how it goes, notices tell.
func (c *client) drill(ctx context.Context, cmd command) error {
	line, err := c.line(cmd)
	if err != nil {
		return err
	}
	reply := make(chan phone.Refusal, 1)
	c.server.cfg.Phone.Do(desk.Drill{Line: line, Reply: reply})
	switch refusal, ok := wait(ctx, reply); {
	case !ok:
		return errBusy
	case refusal != phone.NoRefusal:
		return refusedError(refusal)
	}
	return nil
}

// wait waits for an answer of the desk.
func wait[T any](ctx context.Context, reply <-chan T) (answer T, ok bool) {
	late := time.NewTimer(deskTime)
	defer late.Stop()
	select {
	case answer = <-reply:
		return answer, true
	case <-late.C:
	case <-ctx.Done():
	}
	return answer, false
}

// watch is what a client wants to be told from now on.
func watch(cmd command) (*watched, error) {
	if cmd.What == nil {
		return nil, errors.New(`watch needs what: {"do":"watch","what":["decisions","health"]}`)
	}
	var w watched
	for _, what := range *cmd.What {
		switch what {
		case "decisions":
			w.decisions = true
		case "health":
			w.health = true
		default:
			return nil, fmt.Errorf("%.40q can not be watched; there are: decisions, health", what)
		}
	}
	return &w, nil
}
