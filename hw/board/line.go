package board

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/warthog618/go-gpiocdev"
)

// consumer is the name under which the kernel lists who has a line.
const consumer = "phoned display"

// An output is a line that is driven beside those of the panel. A nil one is
// none: its methods do nothing.
type output struct{ line *gpiocdev.Line }

// openOutput takes a line as an output of a level. It is called as in the whole
// board file: by its name, or "chip:number", on the chip that where names.
func openOutput(where, name string, level int) (*output, error) {
	chip, offset, err := findLine(where, name)
	if err != nil {
		return nil, err
	}
	line, err := gpiocdev.RequestLine(chip, offset, gpiocdev.AsOutput(level), gpiocdev.WithConsumer(consumer))
	if err != nil {
		return nil, fmt.Errorf("take line %s (%s, line %d): %w", name, chip, offset, err)
	}
	return &output{line}, nil
}

// findLine looks for a line on every chip, or on the one that where names.
func findLine(where, name string) (chip string, offset int, err error) {
	var failed error
	for _, chip := range gpiocdev.Chips() {
		offset, err := findOn(chip, where, name)
		if err == nil && offset >= 0 {
			return chip, offset, nil
		}
		failed = errors.Join(failed, err)
	}
	return "", 0, errors.Join(fmt.Errorf("there is no GPIO line %s", name), failed)
}

// findOn is a line's number on a chip; -1 if it is not there.
func findOn(chip, where, name string) (offset int, err error) {
	c, err := gpiocdev.NewChip(chip)
	if err != nil {
		return -1, fmt.Errorf("open GPIO chip %s: %w", chip, err)
	}
	defer func() { _ = c.Close() }()
	is := func(name string) bool { return name == c.Name || name == c.Label || name == "/dev/"+c.Name }
	if where != "" && !is(where) {
		return -1, nil
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 && is(name[:i]) {
		if n, err := strconv.Atoi(name[i+1:]); err == nil && n >= 0 && n < c.Lines() {
			return n, nil
		}
	}
	for n := range c.Lines() {
		info, err := c.LineInfo(n)
		if err != nil {
			return -1, fmt.Errorf("ask GPIO chip %s for its line %d: %w", chip, n, err)
		}
		if info.Name == name {
			return n, nil
		}
	}
	return -1, nil
}

// SetValue implements st7567.Pin.
func (o *output) SetValue(level int) error { return o.line.SetValue(level) }

// switchOn turns the light on that hangs at the line.
func (o *output) switchOn(on bool) error {
	level := 0
	if on {
		level = 1
	}
	return o.line.SetValue(level)
}

// Close gives the line back.
func (o *output) Close() error {
	if o == nil {
		return nil
	}
	return o.line.Close()
}
