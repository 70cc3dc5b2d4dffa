package fb

import (
	"image"
	"os"
	"testing"
	"time"
	"unsafe"

	"phoned/hw"
	"phoned/hw/lcd"
	"phoned/hw/lcd/lcdtest"
	"phoned/hw/lcd/refresh"
)

// On the emulated board, a framebuffer of a real driver shows the picture, goes
// dark when nobody uses the phone and light again, and can be opened again.
//
//	go run ./scripts/emulate guest-test -display ./hw/lcd/fb -run Guest -v
func TestGuest(t *testing.T) {
	if os.Getenv("HANDSET") != "emulated" {
		t.Skip("SKIPPED: go run ./scripts/emulate guest-test -display PACKAGE runs it on the emulated board")
	}
	const device = "/dev/fb0"
	if _, err := os.Stat(device); err != nil {
		t.Skip("the emulated board was started without a display")
	}
	for range 2 {
		d, err := Open(Config{Device: device, Refresh: refresh.Config{
			LightOff: 2 * time.Second, Fault: func(text string) { t.Errorf("fault %q", text) },
		}})
		if err != nil {
			t.Fatal(err)
		}
		shows(t, d, device, screen)
		next := screen
		next.Title, next.Rows = "On hold", []hw.Row{{Text: "0:35"}}
		shows(t, d, device, next)
		time.Sleep(3 * time.Second) // it goes dark
		d.Wake()
		shows(t, d, device, screen)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	// What stays for the picture that the rig takes at the end.
	d, err := Open(Config{Device: device})
	if err != nil {
		t.Fatal(err)
	}
	shows(t, d, device, screen)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// shows puts a screen on the display and waits until it stands there, as read
// from the device anew.
func shows(t *testing.T, d *refresh.Display, device string, s hw.Screen) {
	t.Helper()
	if err := d.Show(s); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var v variable
	if err := control(f, getVariable, unsafe.Pointer(&v)); err != nil {
		t.Fatal(err)
	}
	var x fixed
	if err := control(f, getFixed, unsafe.Pointer(&x)); err != nil {
		t.Fatal(err)
	}
	memory := make([]byte, int(x.LineLength)*int(v.YResVirtual))
	var want image.Image = lcd.Render(s, lcd.Colour320x240)
	if v.BitsPerPixel == 16 {
		want = coarse(lcd.Render(s, lcd.Colour320x240))
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if _, err := f.ReadAt(memory, 0); err != nil {
			t.Fatalf("read %s (%d x %d, %d bits): %v", device, v.XRes, v.YRes, v.BitsPerPixel, err)
		}
		if lcdtest.Same(seen(v, x, memory, 0, min(int(v.XRes)/320, int(v.YRes)/240)), want) {
			return
		}
	}
	t.Fatalf("%q does not show within 10 s on %d x %d pixels of %d bits", s.Title, v.XRes, v.YRes, v.BitsPerPixel)
}
