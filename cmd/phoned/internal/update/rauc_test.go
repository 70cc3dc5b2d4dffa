package update

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A workshop is the real RAUC on a bus of its own: two slots that are files, a
// boot loader that is a file.
type workshop struct {
	t    *testing.T
	dir  string
	rauc RAUC
	stop func()
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow user="*"/></policy></busconfig>`

const systemConf = `[system]
compatible=phone-test
bootloader=custom
bundle-formats=verity plain
data-directory=%[1]s/data
mountprefix=%[1]s/mnt
[handlers]
bootloader-custom-backend=%[1]s/backend
[keyring]
path=%[1]s/own.crt
[slot.rootfs.0]
device=%[1]s/slot-a
type=raw
bootname=A
[slot.rootfs.1]
device=%[1]s/slot-b
type=raw
bootname=B
`

// backend keeps the boot loader's state in files, as RAUC's custom backend wants.
const backend = `#!/bin/sh
cd %s
case "$1" in
get-primary) cat primary ;;
set-primary) echo "$2" >primary ;;
get-state) cat "state-$2" ;;
set-state) echo "$3" >"state-$2" ;;
esac
`

func (w *workshop) path(name string) string { return filepath.Join(w.dir, name) }

func (w *workshop) write(name, text string, mode os.FileMode) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(text), mode); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workshop) read(name string) string {
	b, _ := os.ReadFile(w.path(name))
	return strings.TrimSpace(string(b))
}

// sign makes a key and its certificate, name.key and name.crt.
func (w *workshop) sign(name string) {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		w.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(name+".crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})), 0o644)
	w.write(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), 0o600)
}

// bundle makes a bundle with a root image in it.
func (w *workshop) bundle(name, compatible, version, signer string, image []byte) string {
	w.t.Helper()
	content := w.path("content-" + name)
	if err := os.MkdirAll(content, 0o755); err != nil {
		w.t.Fatal(err)
	}
	manifest := fmt.Sprintf("[update]\ncompatible=%s\nversion=%s\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=root.img\n", compatible, version)
	for file, b := range map[string][]byte{"root.img": image, "manifest.raucm": []byte(manifest)} {
		if err := os.WriteFile(filepath.Join(content, file), b, 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	out := w.path(name + ".raucb")
	cmd := exec.Command("rauc", "--cert="+w.path(signer+".crt"), "--key="+w.path(signer+".key"), "--keyring="+w.path(signer+".crt"), "bundle", content, out)
	if b, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("rauc bundle: %v: %s", err, b)
	}
	return out
}

func openWorkshop(t *testing.T) *workshop {
	t.Helper()
	for _, tool := range []string{"rauc", "dbus-daemon", "mksquashfs"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing; run scripts/setup as root", tool)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("RAUC mounts bundles: it needs root")
	}
	dir, err := os.MkdirTemp("", "rauc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &workshop{t: t, dir: dir, rauc: RAUC{Address: "unix:path=" + filepath.Join(dir, "bus")}}
	for _, d := range []string{"data", "mnt"} {
		if err := os.Mkdir(w.path(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.write("bus.conf", fmt.Sprintf(busConfig, dir), 0o644)
	w.write("system.conf", fmt.Sprintf(systemConf, dir), 0o644)
	w.write("backend", fmt.Sprintf(backend, dir), 0o755)
	w.write("slot-a", strings.Repeat("a", 1<<20), 0o644)
	w.write("slot-b", strings.Repeat("b", 1<<20), 0o644)
	w.write("primary", "A\n", 0o644)
	w.write("state-A", "good\n", 0o644)
	w.write("state-B", "good\n", 0o644)
	w.sign("own")
	w.sign("stranger")
	w.start("dbus-daemon", "--nofork", "--config-file="+w.path("bus.conf"))
	w.until("the bus", func() bool { _, err := os.Stat(w.path("bus")); return err == nil })
	w.stop = w.start("rauc", "--conf="+w.path("system.conf"), "--override-boot-slot=A", "service")
	w.until("the service", func() bool {
		slot, _, err := w.rauc.Running(t.Context())
		return err == nil && slot == "A"
	})
	return w
}

func (w *workshop) start(name string, args ...string) (stop func()) {
	w.t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+w.rauc.Address)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	w.t.Cleanup(func() {
		stop()
		if w.t.Failed() {
			w.t.Logf("%s: %s", name, out.String())
		}
	})
	return stop
}

func (w *workshop) until(what string, so func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); {
		if time.Now().After(end) {
			w.t.Fatalf("%s: not in 20 s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// The real RAUC installs a bundle into the other slot and tells how far it is.
func TestRAUCInstalls(t *testing.T) {
	w := openWorkshop(t)
	image := bytes.Repeat([]byte("new firmware "), 60000)
	bundle := w.bundle("good", "phone-test", "1.3", "own", image)
	var told []int
	version, err := w.rauc.Install(t.Context(), bundle, func(p int) { told = append(told, p) })
	if err != nil || version != "1.3" {
		t.Fatalf("version %q, %v", version, err)
	}
	got, err := os.ReadFile(w.path("slot-b"))
	if err != nil || !bytes.HasPrefix(got, image) {
		t.Errorf("the other slot does not hold the image (%v)", err)
	}
	if len(told) == 0 || told[len(told)-1] != 100 {
		t.Errorf("progress %v", told)
	}
	if w.read("primary") != "B" || w.read("slot-a") != strings.Repeat("a", 1<<20) {
		t.Errorf("primary %s, or the running slot was touched", w.read("primary"))
	}
	if err := w.rauc.Mark(t.Context(), false); err != nil || w.read("state-A") != "bad" {
		t.Errorf("mark bad: %v, state %s", err, w.read("state-A"))
	}
	if err := w.rauc.Mark(t.Context(), true); err != nil || w.read("state-A") != "good" {
		t.Errorf("mark good: %v, state %s", err, w.read("state-A"))
	}
}

// What RAUC refuses is told by what the owner can do about it, and leaves the
// slot as it was.
func TestRAUCRefuses(t *testing.T) {
	w := openWorkshop(t)
	image := bytes.Repeat([]byte("new"), 1000)
	good := w.bundle("good", "phone-test", "1.3", "own", image)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	w.write("short.raucb", string(whole[:len(whole)/2]), 0o644)
	w.write("empty.raucb", "", 0o644)
	w.write("text.raucb", "this is no bundle\n", 0o644)
	flipped := bytes.Clone(whole)
	flipped[200] ^= 1
	w.write("flipped.raucb", string(flipped), 0o644)
	for bundle, want := range map[string]Reason{
		w.bundle("other", "toaster", "1.3", "own", image):          ReasonOther,
		w.bundle("forged", "phone-test", "1.3", "stranger", image): ReasonSignature,
		w.path("short.raucb"):   ReasonDamaged,
		w.path("empty.raucb"):   ReasonDamaged,
		w.path("text.raucb"):    ReasonDamaged,
		w.path("flipped.raucb"): ReasonSignature,
		w.path("absent.raucb"):  ReasonNoFile,
	} {
		_, err := w.rauc.Install(t.Context(), bundle, func(int) {})
		var refused *InstallError
		if !errors.As(err, &refused) || refused.Reason != want {
			t.Errorf("%s: %v (%v), want %v", filepath.Base(bundle), err, refused, want)
		}
	}
	if err := os.Remove(w.path("slot-b")); err != nil {
		t.Fatal(err)
	}
	_, err = w.rauc.Install(t.Context(), good, func(int) {})
	var refused *InstallError
	if !errors.As(err, &refused) || refused.Reason != ReasonWrite {
		t.Errorf("without a slot: %v", err)
	}
	if w.read("slot-a") != strings.Repeat("a", 1<<20) || w.read("primary") != "A" {
		t.Error("the running slot was touched")
	}
}

// A bus that takes connections and never answers hangs nobody.
func TestTheBusIsMute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = RAUC{Address: "unix:path=" + path}.Running(ctx)
	var refused *InstallError
	if !errors.As(err, &refused) || refused.Reason != ReasonNoService {
		t.Errorf("%v", err)
	}
}

// A service that dies in the middle, or is not there, is an error in bounded
// time, never a wait without end.
func TestRAUCIsGone(t *testing.T) {
	w := openWorkshop(t)
	w.stop()
	_, err := w.rauc.Install(t.Context(), w.path("x"), nil)
	var refused *InstallError
	if !errors.As(err, &refused) || refused.Reason != ReasonNoService {
		t.Errorf("%v", err)
	}
	if _, _, err := (RAUC{Address: "unix:path=/nonexistent"}).Running(context.Background()); !errors.As(err, &refused) || refused.Reason != ReasonNoService {
		t.Errorf("without a bus: %v", err)
	}
}
