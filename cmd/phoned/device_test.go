package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A thousand phones out of one box stand evenly: no gap between neighbours is
// larger than three times the fair one, and each tenth holds a tenth.
func TestConsecutivePhonesStandEvenly(t *testing.T) {
	for _, first := range []uint32{0, 0x11223344, 0xffffff00} {
		var places []uint32
		for i := range uint32(1000) {
			n := first + i
			places = append(places, identityOf([]byte{0, 0x1a, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).place)
		}
		slices.Sort(places)
		var tenths [10]int
		widest := uint32(0)
		for i, p := range places {
			tenths[uint64(p)*10>>32]++
			if i > 0 {
				widest = max(widest, p-places[i-1])
			}
		}
		if fair := uint32(1 << 32 / 1000); widest > 3*fair {
			t.Errorf("from %x: the widest gap is %.1f times the fair one", first, float64(widest)/float64(fair))
		}
		for i, n := range tenths {
			if n < 98 || n > 102 {
				t.Errorf("from %x: tenth %d holds %d of 1000", first, i, n)
			}
		}
	}
}

func TestOnlyTheDevicesOwnAddressNamesIt(t *testing.T) {
	own := net.HardwareAddr{0x00, 0x1a, 0x2b, 3, 4, 5}
	all := []net.Interface{
		{Name: "lo"},
		{Name: "lo0", HardwareAddr: make(net.HardwareAddr, 6)},
		{Name: "veth1", HardwareAddr: net.HardwareAddr{0x02, 0x42, 1, 2, 3, 4}},
		{Name: "eth0", HardwareAddr: own},
	}
	if got := hardwareAddress(all); !slices.Equal(got, own) {
		t.Errorf("%x", got)
	}
	if got := hardwareAddress(all[:3]); got != nil {
		t.Errorf("an address that changes with each start: %x", got)
	}
}

func TestADrawnIdentityIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "device-id")
	first, err := keptIdentity(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keptIdentity(path)
	if err != nil || !slices.Equal(first, again) || len(first) != 16 {
		t.Errorf("%x, then %x: %v", first, again, err)
	}
	if err := os.WriteFile(path, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if id, err := keptIdentity(path); err != nil || len(id) != 16 {
		t.Errorf("damaged: %x, %v", id, err)
	}
	if id, err := keptIdentity(filepath.Join(path, "nowhere")); err == nil || len(id) != 16 {
		t.Errorf("nowhere to keep it: %x, %v", id, err)
	}
	if id := identify(factory{}, "", slog.New(slog.DiscardHandler)); len(id.name) < 12 {
		t.Errorf("%+v", id)
	}
}
