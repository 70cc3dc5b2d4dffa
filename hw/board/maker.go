package board

import "phoned/hw/gpio"

// realMakers open the parts of the hardware.
func realMakers(o Options) makers {
	return makers{
		panel: func(c Config) (panel, error) {
			p, err := gpio.Open(c.panel())
			if err != nil {
				return nil, err
			}
			return p, nil
		},
		display: openDisplay,
		codec:   func(c Config, fault func(string)) (router, error) { return openCodec(c, o, fault) },
	}
}
