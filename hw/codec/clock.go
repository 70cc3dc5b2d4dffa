package codec

import "fmt"

// sysclk is what the chip runs at, whatever MCLK is: 256 times 48 kHz, from
// which 16 and 8 kHz and the class D clock of 768 kHz follow by dividers
// ("between 700kHz and 800kHz", WM8960 p. 57).
const sysclk = 12_288_000

// clocks are the registers that make a sample rate from MCLK.
type clocks struct {
	clocking1, clocking2 uint16
	alcRate              uint16
	pll                  bool
	pllN                 uint16 // R52: SDM, PLLPRESCALE, PLLN
	pllK                 uint32 // 24 bits
}

// rates are the dividers from sysclk: to the sample rate (ADCDIV and DACDIV, in
// units of 256) and to BCLK at 64 bits a frame.
var rates = map[int]struct{ converter, bitClock, alc uint16 }{
	48000: {0b000, 0b0100, 0b000}, // 1, 4
	16000: {0b011, 0b1001, 0b011}, // 3, 12
	8000:  {0b110, 0b1100, 0b101}, // 6, 24
}

// clocksFor finds the registers.
func clocksFor(mclk, rate int) (clocks, error) {
	r, ok := rates[rate]
	if !ok {
		return clocks{}, fmt.Errorf("%d samples a second: the codec does 8000, 16000 and 48000", rate)
	}
	c := clocks{
		clocking1: r.converter<<6 | r.converter<<3,
		clocking2: 0b111<<6 | r.bitClock, // DCLKDIV = sysclk/16
		alcRate:   r.alc,
	}
	switch mclk {
	case sysclk:
		return c, nil
	case 2 * sysclk:
		c.clocking1 |= 0b10 << 1 // SYSCLKDIV = 2
		return c, nil
	}
	// The PLL multiplies its input by R = PLLN + PLLK/2^24 to f2, which does best
	// at 90 to 100 MHz; SYSCLK is f2/4 divided by SYSCLKDIV = 2. PLLN is above 5
	// and below 13 (WM8960, "PLL").
	const f2 = 8 * sysclk
	for prescale := range 2 {
		f1 := uint64(mclk) >> prescale // half a hertz is below the PLL's grid
		if mclk < 1_000_000 || f2/f1 <= 5 || f2/f1 >= 13 {
			continue
		}
		c.pll = true
		c.clocking1 |= 0b10<<1 | fromPLL
		c.pllN = uint16(prescale)<<4 | uint16(f2/f1)
		c.pllK = uint32((f2 % f1) << 24 / f1)
		if c.pllK != 0 {
			c.pllN |= 1 << 5 // SDM: fractional
		}
		return c, nil
	}
	return clocks{}, fmt.Errorf("MCLK of %d Hz: the codec takes 12288000, 24576000, or about 7600000 to 32700000 through its PLL", mclk)
}
