//go:build linux

package handset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"phoned/scripts/emulate/build"
	"phoned/scripts/emulate/guest"
)

// A bundle says what is special about a firmware that is made for a test. It is
// made from an image by the project's own bundle.sh.
type bundle struct {
	version    string
	compatible string            // of the emulated board if empty
	kernel     bool              // a kernel that no boot loader starts
	bare       bool              // a root without anything that could be started
	files      map[string]string // in the root, over all else
	foreign    bool              // signed by somebody else
	cut        bool              // half of it is missing
}

// make makes the bundle and is its path.
func (b bundle) make(t *testing.T) string {
	t.Helper()
	w := Workshop(t)
	path := filepath.Join(t.TempDir(), "bundle")
	if b.files != nil || !b.bare && !b.kernel && !b.foreign && b.compatible == "" {
		image := Image(t, build.Spec{Version: b.version, Files: b.files})
		tool(t, nil, "cp", image.Bundle(), path)
	} else {
		b.sign(t, w, path)
	}
	if b.cut {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, info.Size()/2); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// sign makes a small bundle around a root with nothing in it.
func (b bundle) sign(t *testing.T, w *build.Workshop, path string) {
	t.Helper()
	parts, root := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "nothing"), bytes.Repeat([]byte("nothing\n"), 8192), 0o644); err != nil {
		t.Fatal(err)
	}
	tool(t, nil, "mksquashfs", root, filepath.Join(parts, "rootfs.squashfs"), "-all-root", "-noappend", "-no-progress")
	kernel := filepath.Join(parts, "kernel.vfat")
	tool(t, nil, "cp", filepath.Join(Image(t, build.Spec{}).Dir, "kernel.vfat"), kernel)
	if b.kernel {
		garbage := filepath.Join(parts, "zImage")
		if err := os.WriteFile(garbage, bytes.Repeat([]byte("not a kernel\n"), 8192), 0o644); err != nil {
			t.Fatal(err)
		}
		tool(t, nil, "mcopy", "-o", "-i", kernel, garbage, "::zImage")
	}
	keys := filepath.Join(w.Project, "build", "emulate", "keys")
	if b.foreign {
		keys = filepath.Join(t.TempDir(), "keys")
		tool(t, nil, filepath.Join(w.Project, "scripts", "keys"), keys)
	}
	compatible := b.compatible
	if compatible == "" {
		compatible = "phone-emulated"
	}
	tool(t, []string{"PHONE_KEYS=" + keys, "PHONE_VERSION=" + b.version},
		filepath.Join(w.Project, "buildroot", "board", "common", "bundle.sh"), parts, compatible, path)
}

// tool runs a program of the host.
func tool(t *testing.T, env []string, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), append(env, "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

// Where the other slot is on the disk, as genimage.cfg has it: kernel-b and
// root-b lie in a row.
const (
	slotBFrom = 100 << 20
	slotBSize = 80 << 20
)

// slotB is a sum over all of slot B, read behind the phone's back.
func (p *Phone) slotB() string {
	p.T.Helper()
	p.Shell("sync")
	f, err := os.Open(p.Disk)
	p.must(err)
	defer func() { _ = f.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, io.NewSectionReader(f, slotBFrom, slotBSize))
	p.must(err)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// slow is how long something may take that the phone does at its own pace, on a
// machine that shares its processors with other tests.
const slow = 4 * time.Minute

// install copies a bundle from the test disk to where its owner would put it, and
// installs it as docs/UPDATING.md says. It is what the tool wrote, and whether its
// status was 0.
func (p *Phone) install(name string) (told string, ok bool) {
	p.T.Helper()
	p.Shell("cp " + build.TestMount + "/" + name + " /data/new.raucb")
	ctx, cancel := p.within(slow)
	defer cancel()
	var out bytes.Buffer
	status, err := p.Inside().Stream(ctx, &out, guest.Request{Args: []string{"/usr/bin/phoned", "update", "/data/new.raucb"}})
	p.must(err)
	p.T.Logf("phoned update %s: status %d\n%s", name, status, strings.TrimSpace(out.String()))
	return out.String(), status == 0
}

// untilSlot waits until the boot loader says which slot it starts, and then until
// the agent answers in it.
func (p *Phone) untilSlot(within time.Duration, mark int, slot string) {
	p.T.Helper()
	ctx, cancel := p.within(within)
	defer cancel()
	line, err := p.Serial.WaitFrom(ctx, mark, "^Slot "+slot+"; order")
	p.must(err)
	p.T.Logf("%6.1f s: %s", time.Since(p.Started).Seconds(), line.Text)
	p.anew()
	p.Until(within, "an answer from slot "+slot, func() bool { return p.slot() == slot })
}

// anew forgets who the test has talked to: the phone has restarted.
func (p *Phone) anew() {
	p.agent = nil
	if p.watch != nil {
		_ = p.watch.socket.Close()
		p.watch = nil
	}
}

// slot is the one that runs; "" while nobody answers.
func (p *Phone) slot() string {
	p.T.Helper()
	ctx, cancel := p.within(5 * time.Second)
	defer cancel()
	agent, err := p.Machine.Agent(ctx)
	if err != nil {
		return ""
	}
	out, _ := agent.Shell(context.WithoutCancel(ctx), `sed 's/.*rauc.slot=\([AB]\).*/\1/' /proc/cmdline`)
	return strings.TrimSpace(out)
}

// order is what the boot loader will do: the order of the slots, and how many
// tries A and B have.
func (p *Phone) order() (order, a, b string) {
	p.T.Helper()
	f := strings.Split(p.Shell("fw_printenv -n BOOT_ORDER; fw_printenv -n BOOT_A_LEFT; fw_printenv -n BOOT_B_LEFT"), "\n")
	if len(f) != 3 {
		p.T.Fatalf("the boot loader's variables: %q", f)
	}
	return f[0], f[1], f[2]
}

// untilTold waits until the owner is told something: a notice, or what still
// stands on the display of one.
func (p *Phone) untilTold(within time.Duration, words string) {
	p.T.Helper()
	w := p.Watch()
	p.Until(within, "the owner is told "+words, func() bool {
		if !w.open() {
			w = p.Watch()
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, n := range w.notices {
			if strings.Contains(n.Text, words) {
				p.T.Logf("%6.1f s: told: %s", n.At.Sub(p.Started).Seconds(), n.Text)
				return true
			}
		}
		for _, s := range w.states {
			if strings.Contains(strings.Join(s.Screen, " "), words) {
				return true
			}
		}
		return false
	})
}
