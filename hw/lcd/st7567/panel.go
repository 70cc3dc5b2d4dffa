package st7567

import (
	"fmt"
	"image"
	"time"
)

// The chip's commands (data sheet, Instruction Table). The lower bits of most
// are their argument.
const (
	displayOff     = 0xae
	displayOn      = 0xaf
	startLine      = 0x40 // bits 5-0: the line of its memory that is shown at the top
	pageAddress    = 0xb0 // bits 3-0
	columnHigh     = 0x10 // bits 3-0: the upper half of the column
	columnLow      = 0x00
	segmentsNormal = 0xa0 // columns from the left; 0xa1 from the right
	segmentsTurned = 0xa1
	inverseOff     = 0xa6
	allPixelsOff   = 0xa4 // shows the memory, not all pixels on
	biasNinth      = 0xa2 // 1/9 of the voltage, for 1/65 duty
	reset          = 0xe2
	commonsNormal  = 0xc0 // lines from the top; 0xc8 from the bottom
	commonsTurned  = 0xc8
	powerBooster   = 0x2c // "Power Control": booster, then regulator, then follower
	powerRegulator = 0x2e
	powerFollower  = 0x2f
	ratio          = 0x20 // "Regulation Ratio", bits 2-0: 3.0 to 6.5 in steps of 0.5
	volume         = 0x81 // "Set EV", with the contrast, 0 to 63, in the next byte
	booster        = 0xf8 // "Set Booster", with 0 for 4x in the next byte
)

const (
	pages   = 8   // of eight lines
	columns = 128 // that the glass has
	memory  = 132 // columns that the chip has
)

// A Bus takes what is sent to the chip: a spi.Conn.
type Bus interface {
	Tx(w, r []byte) error
}

// A Pin is a line to the chip: a *gpiocdev.Line.
type Pin interface {
	SetValue(level int) error
}

// chip is the panel: one ST7567 and its glass.
type chip struct {
	Config
	bus     Bus
	data    Pin // A0: high = data
	reset   Pin // RSTB: low = reset; may be nil
	settle  func(time.Duration)
	close   func() error
	running bool
	// level is what data was set to; sent what stands in the chip's memory.
	level int
	sent  [pages][columns]byte
	next  [columns]byte
}

// start brings the chip from any state to a dark glass.
func (c *chip) start() error {
	c.level = -1
	if c.reset != nil {
		// "Reset low pulse width" and "reset time" are microseconds.
		for _, level := range [...]int{0, 1} {
			if err := c.reset.SetValue(level); err != nil {
				return fmt.Errorf("set the display's reset line: %w", err)
			}
			c.settle(time.Millisecond)
		}
	}
	if err := c.command(reset); err != nil {
		return err
	}
	c.settle(time.Millisecond)
	if err := c.command(c.settings()...); err != nil {
		return err
	}
	// The supply of the glass comes up in steps.
	for _, power := range [...]byte{powerBooster, powerRegulator, powerFollower} {
		if err := c.command(power); err != nil {
			return err
		}
		c.settle(10 * time.Millisecond)
	}
	// Its memory holds anything.
	c.next = [columns]byte{}
	for page := range pages {
		if err := c.write(page, 0, columns); err != nil {
			return err
		}
		c.sent[page] = c.next
	}
	if err := c.command(displayOn); err != nil {
		return err
	}
	c.running = true
	return nil
}

// settings are the commands that may be sent at any time and change nothing of
// what is seen.
func (c *chip) settings() []byte {
	segments, commons := byte(segmentsNormal), byte(commonsTurned)
	if c.Flip {
		segments, commons = segmentsTurned, commonsNormal
	}
	return []byte{
		biasNinth, segments, commons, startLine, inverseOff, allPixelsOff,
		booster, 0, ratio | byte(c.Ratio), volume, byte(c.Contrast),
	}
}

// Draw sends what changed. After an error it begins with the chip's reset.
func (c *chip) Draw(picture *image.Paletted) error {
	if err := c.draw(picture); err != nil {
		c.running = false
		return err
	}
	return nil
}

func (c *chip) draw(picture *image.Paletted) error {
	if !c.running {
		if err := c.start(); err != nil {
			return err
		}
	} else if err := c.command(append(c.settings(), powerFollower, displayOn)...); err != nil {
		return err
	}
	for page := range pages {
		// A byte of the chip is eight pixels below each other, the lowest bit
		// at the top.
		for x := range columns {
			b := byte(0)
			for y := range 8 {
				b |= picture.Pix[(page*8+y)*picture.Stride+x] & 1 << y
			}
			c.next[x] = b
		}
		from, to := 0, columns
		for from < to && c.next[from] == c.sent[page][from] {
			from++
		}
		for to > from && c.next[to-1] == c.sent[page][to-1] {
			to--
		}
		if from == to {
			continue
		}
		if err := c.write(page, from, to); err != nil {
			return err
		}
		c.sent[page] = c.next
	}
	return nil
}

// write sends columns of a page. From the right, the chip counts also those
// that the glass has not got.
func (c *chip) write(page, from, to int) error {
	x := from + c.Column
	if c.Flip {
		x = from + memory - columns - c.Column
	}
	if err := c.command(pageAddress|byte(page), columnHigh|byte(x>>4), columnLow|byte(x&15)); err != nil {
		return err
	}
	return c.send(1, c.next[from:to])
}

func (c *chip) command(bytes ...byte) error { return c.send(0, bytes) }

func (c *chip) send(level int, bytes []byte) error {
	if c.level != level {
		if err := c.data.SetValue(level); err != nil {
			return fmt.Errorf("set the display's line A0: %w", err)
		}
		c.level = level
	}
	if err := c.bus.Tx(bytes, nil); err != nil {
		c.level = -1
		return fmt.Errorf("send to the display: %w", err)
	}
	return nil
}

// Close turns the glass off and gives the bus back.
func (c *chip) Close() error {
	var off error
	if c.running {
		off = c.command(displayOff)
	}
	if err := c.close(); err != nil {
		return fmt.Errorf("close the display's bus: %w", err)
	}
	return off
}
