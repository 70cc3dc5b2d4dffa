package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// A factory is what the maker wrote into this one phone.
type factory struct {
	mac    net.HardwareAddr // of its LAN port; nil = not told
	serial string           // "" = not told
}

const (
	maxFactoryFile = 4096
	maxSerial      = 40
)

// readFactory reads the maker's partition. What is wrong or missing there is a
// warning: such a phone still calls.
func readFactory(dir string, log *slog.Logger) (f factory) {
	if dir == "" {
		return f
	}
	text, err := factoryLine(dir, "mac")
	if err == nil && text != "" {
		f.mac, err = parseMAC(text)
	}
	if err != nil {
		log.Warn("the factory's mac is not used", "error", err)
	}
	f.serial, err = factoryLine(dir, "serial")
	if err == nil && !printable(f.serial) {
		err = fmt.Errorf("%s: a serial number is up to %d visible ASCII characters", filepath.Join(dir, "serial"), maxSerial)
	}
	if err != nil {
		f.serial = ""
		log.Warn("the factory's serial number is not used", "error", err)
	}
	return f
}

// factoryLine reads a file of one line; one that is not there is empty.
func factoryLine(dir, name string) (string, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if os.IsNotExist(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFactoryFile))
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	return strings.TrimSpace(string(line)), nil
}

// parseMAC reads the address of one device: neither a group's nor none.
func parseMAC(text string) (net.HardwareAddr, error) {
	mac, err := net.ParseMAC(text)
	switch {
	case err != nil || len(mac) != 6:
		return nil, fmt.Errorf("%.40q is no address of six bytes", text)
	case mac[0]&1 != 0:
		return nil, fmt.Errorf("%s is the address of a group", mac)
	case bytes.Equal(mac, make([]byte, 6)):
		return nil, fmt.Errorf("%s is no address", mac)
	}
	return mac, nil
}

func printable(serial string) bool {
	for _, c := range []byte(serial) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return len(serial) <= maxSerial
}
