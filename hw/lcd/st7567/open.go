package st7567

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"periph.io/x/conn/v3/physic"
	"periph.io/x/conn/v3/spi"
	"periph.io/x/host/v3/sysfs"

	"phoned/hw/lcd"
	"phoned/hw/lcd/refresh"
)

// A Config says where the display is and how it is mounted.
type Config struct {
	Device   string // the SPI port: "/dev/spidev0.0" or "SPI0.0"
	SpeedHz  int    // of SPI; up to 20,000,000 at 3.3 V
	Contrast int    // 0 to 63
	Ratio    int    // coarse contrast, 0 to 7; most glasses want 5
	Flip     bool   // mounted upside down
	Column   int    // the chip's first column that the glass has, 0 to 4
	Refresh  refresh.Config
}

func (c *Config) check() error {
	var errs []error
	for _, v := range [...]struct {
		name             string
		value, low, high int
	}{
		{"contrast", c.Contrast, 0, 63},
		{"ratio", c.Ratio, 0, 7},
		{"first column", c.Column, 0, memory - columns},
	} {
		if v.value < v.low || v.value > v.high {
			errs = append(errs, fmt.Errorf("the display's %s is %d; it can be %d to %d", v.name, v.value, v.low, v.high))
		}
	}
	return errors.Join(errs...)
}

// Open starts a display on a port of the kernel's spidev. data is the line A0
// (D/C), high for data; reset the line RSTB, low for reset, nil if the board's
// own reset drives it. Both are outputs and stay the caller's. A display that
// does not answer can not be noticed: nothing is read from it.
func Open(cfg Config, data, reset Pin) (*refresh.Display, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	bus, chipSelect, err := portNumbers(cfg.Device)
	if err != nil {
		return nil, err
	}
	port, err := sysfs.NewSPI(bus, chipSelect)
	if err != nil {
		return nil, fmt.Errorf("SPI port %s: %w", cfg.Device, err)
	}
	// Bits are taken at the rising edge of a clock that rests low.
	conn, err := port.Connect(physic.Frequency(cfg.SpeedHz)*physic.Hertz, spi.Mode0, 8)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("SPI port %s at %d Hz: %w", cfg.Device, cfg.SpeedHz, err), port.Close())
	}
	return Start(cfg, conn, data, reset, port.Close)
}

// Start starts a display on any bus; closing, which may be nil, gives it back.
func Start(cfg Config, bus Bus, data, reset Pin, closing func() error) (*refresh.Display, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if closing == nil {
		closing = func() error { return nil }
	}
	c := &chip{Config: cfg, bus: bus, data: data, reset: reset, settle: time.Sleep, close: closing}
	return refresh.Start(c, lcd.NewPainter(lcd.Mono128x64), cfg.Refresh), nil
}

// portNumbers reads the name of a port: bus and chip select.
func portNumbers(name string) (bus, chipSelect int, err error) {
	rest, ok := strings.CutPrefix(name, "/dev/spidev")
	if !ok {
		rest, ok = strings.CutPrefix(name, "SPI")
	}
	var more string
	if n, _ := fmt.Sscanf(rest, "%d.%d%s", &bus, &chipSelect, &more); !ok || n != 2 || bus < 0 || chipSelect < 0 {
		return 0, 0, fmt.Errorf(`%.40q is no SPI port; one is named "/dev/spidev0.0" or "SPI0.0"`, name)
	}
	return bus, chipSelect, nil
}
