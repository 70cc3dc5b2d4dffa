package codec

import (
	"math"
	"strings"
	"testing"

	"periph.io/x/conn/v3/i2c/i2ctest"

	"phoned/hw"
)

// TestClocks compares with the examples of the data sheet (WM8960, "PLL": f2 =
// 98.304 MHz from 12 MHz is R = 8.192, N = 8, K = 3126E9h).
func TestClocks(t *testing.T) {
	for _, c := range []struct {
		mclk, rate int
		want       clocks
	}{
		{12_288_000, 48000, clocks{clocking1: 0b000_000_00_0, clocking2: 0b111_00_0100, alcRate: 0}},
		{12_288_000, 16000, clocks{clocking1: 0b011_011_00_0, clocking2: 0b111_00_1001, alcRate: 3}},
		{12_288_000, 8000, clocks{clocking1: 0b110_110_00_0, clocking2: 0b111_00_1100, alcRate: 5}},
		{24_576_000, 16000, clocks{clocking1: 0b011_011_10_0, clocking2: 0b111_00_1001, alcRate: 3}},
		{12_000_000, 48000, clocks{clocking1: 0b000_000_10_1, clocking2: 0b111_00_0100, pll: true, pllN: 0b1_0_1000, pllK: 0x3126e9}},
		{24_000_000, 48000, clocks{clocking1: 0b000_000_10_1, clocking2: 0b111_00_0100, pll: true, pllN: 0b1_1_1000, pllK: 0x3126e9}},
		{19_200_000, 8000, clocks{clocking1: 0b110_110_10_1, clocking2: 0b111_00_1100, alcRate: 5, pll: true, pllN: 0b1_1_1010, pllK: 0x3d70a3}},
		{14_043_428, 48000, clocks{clocking1: 0b000_000_10_1, clocking2: 0b111_00_0100, pll: true, pllN: 0b1_0_0111, pllK: 0x000004}},
	} {
		got, err := clocksFor(c.mclk, c.rate)
		if err != nil || got != c.want {
			t.Errorf("MCLK %d, rate %d: %+v, %v; want %+v", c.mclk, c.rate, got, err, c.want)
		}
	}
}

// TestEveryPLLIsRight sweeps MCLK: what is accepted gives the sample rate within
// a millionth, what is refused is out of the PLL's range.
func TestEveryPLLIsRight(t *testing.T) {
	for mclk := 1_000_000; mclk < 60_000_000; mclk += 37_123 {
		c, err := clocksFor(mclk, 48000)
		if err != nil {
			if mclk > 8_200_000 && mclk < 32_000_000 {
				t.Errorf("MCLK %d is refused: %v", mclk, err)
			}
			continue
		}
		f1 := float64(mclk) / float64(1+c.pllN>>4&1)
		got := f1 * (float64(c.pllN&15) + float64(c.pllK)/(1<<24)) / 8 / 256
		if math.Abs(got/48000-1) > 1e-6 {
			t.Errorf("MCLK %d makes %g samples a second", mclk, got)
		}
	}
}

func TestGains(t *testing.T) {
	for _, c := range []struct {
		scale scale
		db    float64
		step  uint16
	}{
		{inputGain, -17.25, 0},
		{inputGain, 0, 0b010111},
		{inputGain, 30, 0b111111},
		{boostGain, 0, 0},
		{boostGain, 13, 1},
		{boostGain, 20, 2},
		{boostGain, 29, 3},
		{lineGain, -12, 1},
		{lineGain, 0, 5},
		{lineGain, 6, 7},
		{outputGain, -73, 0b0110000},
		{outputGain, 0, 0b1111001},
		{outputGain, 6, 0b1111111},
	} {
		if got, err := c.scale.at(c.db); err != nil || got != c.step {
			t.Errorf("%s %g dB is step %d, %v; want %d", c.scale.name, c.db, got, err, c.step)
		}
	}
	for _, c := range []struct {
		scale scale
		db    float64
	}{
		{inputGain, -18},
		{inputGain, 30.75},
		{inputGain, 0.5},
		{inputGain, math.NaN()},
		{inputGain, math.Inf(1)},
		{boostGain, 12},
		{lineGain, -15},
		{lineGain, 1},
		{outputGain, 7},
		{outputGain, -74},
		{outputGain, 0.5},
	} {
		if step, err := c.scale.at(c.db); err == nil {
			t.Errorf("%s takes %g dB as step %d", c.scale.name, c.db, step)
		}
	}
}

func TestABoardFileIsToldItsMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Chip)
		want   string
	}{
		"rate":        {func(c *Chip) { c.Rate = 44100 }, "44100 samples a second: the codec does 8000, 16000 and 48000"},
		"no clock":    {func(c *Chip) { c.MCLK = 0 }, "MCLK of 0 Hz"},
		"slow clock":  {func(c *Chip) { c.MCLK = 1 }, "MCLK of 1 Hz"},
		"wrong clock": {func(c *Chip) { c.MCLK = -24_000_000 }, "MCLK of -24000000 Hz"},
		"address":     {func(c *Chip) { c.Address = 0x81 }, "address 0x81"},
		"mouth":       {func(c *Chip) { c.Routes[0].Mouth = "linput4" }, `route handset: mouth "linput4": it is one of linput1, linput1-linput2`},
		"ear":         {func(c *Chip) { c.Routes[1].Ear = "horn" }, `route speaker: ear "horn": it is one of headphone, headphone-left`},
		"mouth gain":  {func(c *Chip) { c.Routes[2].MouthDB = 1 }, "route headset: mouth gain of 1 dB: it is -12 to 6 dB in steps of 3 dB"},
		"boost":       {func(c *Chip) { c.Routes[0].BoostDB = 14 }, "boost gain of 14 dB: it is one of [0 13 20 29] dB"},
		"no boost":    {func(c *Chip) { c.Routes[2].BoostDB = 13 }, `boost of 13 dB: mouth "linput2" has none`},
		"ear gain":    {func(c *Chip) { c.Routes[0].EarDB = 6.5 }, "ear gain of 6.5 dB: it is -73 to 6 dB"},
	} {
		chip := deskPhone
		c.change(&chip)
		if codec, err := OpenChip(newFake(24e6), chip, nil); err == nil {
			t.Errorf("%s: no error", name)
			codec.Close()
		} else if !strings.HasPrefix(err.Error(), "codec WM8960: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q, want %q", name, err, c.want)
		}
	}
}

// TestMuteOnTheWire has the bytes of a mute by the data sheet: the address of 7
// bits, the value of 9. The left ADC falls by 6 dB a step, then its amplifier is
// muted at the next zero of the sound.
func TestMuteOnTheWire(t *testing.T) {
	bus := &i2ctest.Playback{DontPanic: true}
	expect := func(reg byte, value uint16) {
		bus.Ops = append(bus.Ops, i2ctest.IO{Addr: 0x1a, W: []byte{reg<<1 | byte(value>>8), byte(value)}})
	}
	for v := uint16(0xc3 - 12); v > 3; v -= 12 {
		expect(0x15, 0x100|v)
	}
	expect(0x15, 0x103)
	expect(0x15, 0x100)
	expect(0x16, 0x100)
	expect(0x20, 0x118) // LMN1, LMICBOOST = 13 dB, LMIC2B
	expect(0x21, 0x000)
	expect(0x2b, 0x000)
	expect(0x2c, 0x000)
	expect(0x17, 0x1c7)         // DATSEL = left
	expect(0x00, 0x1c0|39)      // IPVU, LINMUTE, LIZC, 12 dB
	expect(0x01, 0x1c0)         // IPVU, RINMUTE, RIZC
	expect(0x02, 0x180|(121-6)) // OUT1VU, LO1ZC, -6 dB
	expect(0x03, 0x180)
	expect(0x28, 0x180)
	expect(0x29, 0x180)
	expect(0x05, 0x000) // no DACMU
	expect(0x15, 0x100)
	expect(0x16, 0x100)

	w := &wm8960{bus: bus, chip: deskPhone}
	w.chip.Address = defaultAddress
	for i, a := range w.change(wish{route: hw.RouteHandset}, wish{route: hw.RouteHandset, muted: true}) {
		if err := a.do(); err != nil {
			t.Fatalf("transfer %d: %v", i, err)
		}
	}
	if err := bus.Close(); err != nil {
		t.Error(err)
	}
}

// TestNoRegisterIsLost sees that renewing writes every register that a power-up
// writes, with the same value in the end.
func TestNoRegisterIsLost(t *testing.T) {
	for _, mclk := range []int{12_288_000, 24_000_000} {
		for _, r := range routes {
			chip := deskPhone
			chip.MCLK = mclk
			w := wish{route: r}
			last := func(s sequence) map[register]uint16 {
				m := map[register]uint16{}
				for _, x := range s {
					m[x.reg] = x.value
				}
				delete(m, reset)
				return m
			}
			up, again := last(chip.powerUp(w)), last(chip.renew(w))
			for reg, v := range up {
				if got, ok := again[reg]; !ok || got != v {
					t.Errorf("MCLK %d, %s: R%d is %03x after a power-up, %03x (%v) after renewing", mclk, r, reg, v, got, ok)
				}
			}
			for reg := range again {
				if _, ok := up[reg]; !ok {
					t.Errorf("R%d is only renewed", reg)
				}
			}
		}
	}
}
