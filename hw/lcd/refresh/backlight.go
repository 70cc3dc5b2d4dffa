package refresh

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Backlights is where the kernel shows the lights behind displays
// (Documentation/ABI/stable/sysfs-class-backlight).
const Backlights = "/sys/class/backlight"

// Backlight is a light of the kernel as Config wants it: on is as bright as it
// was, or as it can be when it was off; off is dark.
func Backlight(folder string) (light func(on bool) error, err error) {
	bright, err := number(folder, "brightness")
	if err != nil {
		return nil, fmt.Errorf("backlight %s: %w", folder, err)
	}
	most, err := number(folder, "max_brightness")
	if err != nil {
		return nil, fmt.Errorf("backlight %s: %w", folder, err)
	}
	if bright == 0 {
		bright = most
	}
	return func(on bool) error {
		level := 0
		if on {
			level = bright
			// 0 is FB_BLANK_UNBLANK; a light without bl_power needs none.
			err := os.WriteFile(filepath.Join(folder, "bl_power"), []byte("0"), 0)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("backlight %s: %w", folder, err)
			}
		}
		err := os.WriteFile(filepath.Join(folder, "brightness"), []byte(strconv.Itoa(level)), 0)
		if err != nil {
			return fmt.Errorf("backlight %s: %w", folder, err)
		}
		return nil
	}, nil
}

func number(folder, name string) (int, error) {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
