package codec

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/i2c"
)

// openBus finds a bus among those that a file system like /sys/bus/i2c/devices
// lists, and opens it.
func openBus(sys fs.FS, name string) (i2c.BusCloser, error) {
	n, err := adapter(sys, name)
	if err != nil {
		return nil, fmt.Errorf("open I2C bus %q: %w", name, err)
	}
	b, err := openDevice(n)
	if err != nil {
		return nil, fmt.Errorf("open I2C bus %q: %w", name, err)
	}
	return b, nil
}

// adapter is the number of a bus.
func adapter(sys fs.FS, name string) (int, error) {
	short := strings.TrimPrefix(strings.TrimPrefix(name, "/dev/"), "i2c-")
	if n, err := strconv.ParseUint(short, 10, 16); err == nil {
		return int(n), nil
	}
	dirs, err := fs.Glob(sys, "i2c-*")
	if err != nil {
		return 0, err
	}
	var known []string
	found := -1
	for _, dir := range dirs {
		n, err := strconv.ParseUint(strings.TrimPrefix(dir, "i2c-"), 10, 16)
		if err != nil {
			continue
		}
		text, err := fs.ReadFile(sys, path.Join(dir, "name"))
		if err != nil {
			continue
		}
		title := strings.TrimSpace(string(text))
		known = append(known, fmt.Sprintf("%s (%s)", dir, title))
		if title == name {
			if found >= 0 {
				return 0, fmt.Errorf("both i2c-%d and %s have that name: say which by its number", found, dir)
			}
			found = int(n)
		}
	}
	if found >= 0 {
		return found, nil
	}
	if len(known) == 0 {
		return 0, fmt.Errorf("the kernel has no I2C bus at all")
	}
	slices.Sort(known)
	return 0, fmt.Errorf("the kernel has %s", strings.Join(known, ", "))
}
