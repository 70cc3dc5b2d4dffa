package codec

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestABusIsFoundByNumberAndName(t *testing.T) {
	kernel := fstest.MapFS{
		"i2c-0/name":     {Data: []byte("21a0000.i2c\n")},
		"i2c-1/name":     {Data: []byte("phone-sim codec bus\n")},
		"i2c-7/name":     {Data: []byte("DesignWare\n")},
		"i2c-12/name":    {Data: []byte("DesignWare\n")},
		"i2c-9/device":   {Data: []byte("")}, // no name
		"i2c-x/name":     {Data: []byte("x\n")},
		"1-001a/name":    {Data: []byte("wm8960\n")},
		"i2c-PRP0/a":     {Data: []byte("")},
		"i2c-70000/name": {Data: []byte("far\n")},
	}
	for name, want := range map[string]int{
		"1": 1, "i2c-0": 0, "/dev/i2c-7": 7, "i2c-3": 3, // the device tells that it is missing
		"phone-sim codec bus": 1, "21a0000.i2c": 0,
	} {
		if got, err := adapter(kernel, name); err != nil || got != want {
			t.Errorf("bus %q is %d, %v; want %d", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"DesignWare": "both i2c-12 and i2c-7 have that name",
		"codec bus":  "the kernel has i2c-0 (21a0000.i2c), i2c-1 (phone-sim codec bus), i2c-12 (DesignWare)",
		"wm8960":     "the kernel has",
		"":           "the kernel has",
		"i2c-70000":  "the kernel has",
		"far":        "the kernel has",
	} {
		if n, err := adapter(kernel, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("bus %q is %d, %v; want an error with %q", name, n, err, want)
		}
	}
	if _, err := adapter(fstest.MapFS{}, "phone-sim codec bus"); err == nil || !strings.Contains(err.Error(), "no I2C bus at all") {
		t.Errorf("without a bus: %v", err)
	}
}

func TestAMissingBusIsNamed(t *testing.T) {
	_, err := OpenBus("i2c-65000")
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), `open I2C bus "i2c-65000": open /dev/i2c-65000`) {
		t.Errorf("error %v", err)
	}
}
