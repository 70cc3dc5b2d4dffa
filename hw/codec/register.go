package codec

import "time"

// A register of the WM8960: 7 bits of address, 9 bits of value, write only.
// After each name, its bits as the data sheet calls them.
type register uint8

const (
	leftInputVolume  register = 0x00 // IPVU 8, LINMUTE 7, LIZC 6, LINVOL 5:0
	rightInputVolume register = 0x01
	leftHeadphone    register = 0x02 // OUT1VU 8, LO1ZC 7, LOUT1VOL 6:0
	rightHeadphone   register = 0x03
	clocking1        register = 0x04 // ADCDIV 8:6, DACDIV 5:3, SYSCLKDIV 2:1, CLKSEL 0
	converters1      register = 0x05 // DACDIV2 7, ADCPOL 6:5, DACMU 3, DEEMPH 2:1, ADCHPD 0
	converters2      register = 0x06 // DACPOL 6:5, DACSMM 3, DACMR 2, DACSLOPE 1
	interface1       register = 0x07 // ALRSWAP 8, BCLKINV 7, MS 6, DLRSWAP 5, LRP 4, WL 3:2, FORMAT 1:0
	clocking2        register = 0x08 // DCLKDIV 8:6, BCLKDIV 3:0
	interface2       register = 0x09 // ALRCGPIO 6, WL8 5, DACCOMP 4:3, ADCCOMP 2:1, LOOPBACK 0
	leftDACVolume    register = 0x0a // DACVU 8, LDACVOL 7:0
	rightDACVolume   register = 0x0b
	reset            register = 0x0f // any value
	threeD           register = 0x10
	alc1             register = 0x11
	noiseGate        register = 0x14
	leftADCVolume    register = 0x15 // ADCVU 8, LADCVOL 7:0
	rightADCVolume   register = 0x16
	additional1      register = 0x17 // TSDEN 8, VSEL 7:6, DMONOMIX 4, DATSEL 3:2, TOCLKSEL 1, TOEN 0
	additional2      register = 0x18 // HPSWEN 6, HPSWPOL 5, TRIS 3, LRCM 2
	power1           register = 0x19 // VMIDSEL 8:7, VREF 6, AINL 5, AINR 4, ADCL 3, ADCR 2, MICB 1, DIGENB 0
	power2           register = 0x1a // DACL 8, DACR 7, LOUT1 6, ROUT1 5, SPKL 4, SPKR 3, OUT3 1, PLL_EN 0
	additional3      register = 0x1b // VROI 6, OUT3CAP 3, ADC_ALC_SR 2:0
	antiPop1         register = 0x1c // POBCTRL 7, BUFDCOPEN 4, BUFIOEN 3, SOFT_ST 2, HPSTBY 0
	antiPop2         register = 0x1d // DISOP 6, DRES 5:4
	leftInputPath    register = 0x20 // LMN1 8, LMP3 7, LMP2 6, LMICBOOST 5:4, LMIC2B 3
	rightInputPath   register = 0x21
	leftOutputMixer  register = 0x22 // LD2LO 8, LI2LO 7, LI2LOVOL 6:4
	rightOutputMixer register = 0x25 // RD2RO 8, RI2RO 7, RI2ROVOL 6:4
	monoMixer1       register = 0x26
	monoMixer2       register = 0x27
	leftSpeaker      register = 0x28 // SPKVU 8, SPKLZC 7, SPKLVOL 6:0
	rightSpeaker     register = 0x29
	leftBoostMixer   register = 0x2b // LIN3BOOST 6:4, LIN2BOOST 3:1
	rightBoostMixer  register = 0x2c
	leftBypass       register = 0x2d // LB2LO 7, LB2LOVOL 6:4
	rightBypass      register = 0x2e
	power3           register = 0x2f // LMIC 5, RMIC 4, LOMIX 3, ROMIX 2
	additional4      register = 0x30 // GPIOPOL 7, GPIOSEL 6:4, HPSEL 3:2, TSENSEN 1, MBSEL 0
	classD1          register = 0x31 // SPK_OP_EN 7:6; 5:0 reserved, 110111
	classD3          register = 0x33 // 7 reserved, 1; DCGAIN 5:3, ACGAIN 2:0
	pll1             register = 0x34 // OPCLKDIV 8:6, SDM 5, PLLPRESCALE 4, PLLN 3:0
	pll2             register = 0x35 // PLLK 23:16
	pll3             register = 0x36 // PLLK 15:8
	pll4             register = 0x37 // PLLK 7:0
	registerCount             = 0x38
)

// Bits that the sequences turn.
const (
	volumeUpdate  = 1 << 8 // IPVU, OUT1VU, SPKVU, DACVU, ADCVU: take over this volume and the other side's
	inputMute     = 1 << 7
	inputZC       = 1 << 6
	outputZC      = 1 << 7
	dacMute       = 1 << 3 // DACMU
	softUnmute    = 1 << 3 // DACSMM: the sound comes back on a ramp too
	vmid50k       = 1 << 7 // VMIDSEL = 01: divider 2 x 50 kOhm, for playback and record
	vref          = 1 << 6
	pllOn         = 1 << 0
	fromPLL       = 1 << 0 // CLKSEL
	startupBias   = 1<<7 | 1<<4 | 1<<3 | 1<<2
	buffered      = 1 << 3 // BUFIOEN alone
	discharge     = 1 << 6 // DISOP
	codecSign     = 7 << 4 // GPIOSEL = 111: logic 1
	pinIsGPIO     = 1 << 6 // ALRCGPIO: ADC frames by DACLRC, pin ADCLRC is free
	micBias       = 1 << 1
	adcFull       = 0xc3 // LADCVOL: 0 dB, 0.5 dB a step
	dacFull       = 0xff
	analogueMuted = 0x00 // LOUT1VOL, SPKLVOL: below 0110000 is silence
)

// A write sets one register and then lets a time pass.
type write struct {
	reg   register
	value uint16
	wait  time.Duration
}

// bytes is the write on the wire: the address' 7 bits, the value's 9 bits
// (WM8960, "2-wire serial control mode").
func (w write) bytes() [2]byte {
	return [2]byte{byte(w.reg)<<1 | byte(w.value>>8)&1, byte(w.value)}
}

// registers is what the chip has been told, or shall be.
type registers [registerCount]uint16
