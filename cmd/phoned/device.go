package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// An identity is what tells this phone from all others, the same after each
// start.
type identity struct {
	name  string // hexadecimal
	place uint32 // where it stands in a fleet
}

// identify finds the phone's identity: the hardware address that its maker wrote
// into it, else that of its network interface; without one (in a container, say, where it is
// drawn anew) the number kept below data, drawn at the first start.
func identify(made factory, data string, log *slog.Logger) identity {
	if made.mac != nil {
		return identityOf(made.mac)
	}
	all, err := net.Interfaces()
	if err != nil {
		log.Warn("the network interfaces are not known", "error", err)
	}
	if mac := hardwareAddress(all); mac != nil {
		return identityOf(mac)
	}
	if data == "" {
		return identityOf(drawn())
	}
	id, err := keptIdentity(filepath.Join(data, "device-id"))
	if err != nil {
		log.Warn("the phone's identity is not kept", "error", err)
	}
	return identityOf(id)
}

// hardwareAddress is the first address that is the device's own: neither a
// group's nor one that software has given (IEEE 802, U/L bit).
func hardwareAddress(all []net.Interface) []byte {
	for _, i := range all {
		if mac := i.HardwareAddr; len(mac) == 6 && mac[0]&3 == 0 && !bytes.Equal(mac, make([]byte, 6)) {
			return mac
		}
	}
	return nil
}

// keptIdentity reads the number in a file, or draws one and keeps it there. It
// is a number in any case.
func keptIdentity(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if id, err := hex.DecodeString(strings.TrimSpace(string(text))); err == nil && len(id) == 16 {
			return id, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return drawn(), err
	}
	id := drawn()
	return id, os.WriteFile(path, []byte(hex.EncodeToString(id)+"\n"), 0o600)
}

func drawn() []byte {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails since Go 1.24
	return id
}

// identityOf makes an identity of at least 4 bytes. A fleet's hardware addresses
// are consecutive numbers: times 2^32 divided by the golden ratio, each next
// one falls into the largest gap that those before have left, so that they
// stand evenly (Knuth, The Art of Computer Programming, 6.4). A cryptographic
// hash would only stand at random.
func identityOf(id []byte) identity {
	low := binary.BigEndian.Uint32(id[len(id)-4:])
	return identity{name: hex.EncodeToString(id), place: low * 2654435761}
}
