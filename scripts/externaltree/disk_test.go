package externaltree

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// phoneDisk is S01disk in a place whose partitions are files. Mounting only
// notes what is mounted.
func phoneDisk(t *testing.T, data []byte) place {
	t.Helper()
	need(t, "mkfs.ext4", "e2fsck", "debugfs")
	p := newPlace(t)
	p.install("etc/init.d/S01disk")
	for _, command := range []string{"mount", "chown", "sync", "umount"} {
		p.stand(command, "")
	}
	p.write("proc/self/mountinfo", "1 1 0:1 / / ro - rootfs rootfs ro\n22 1 254:3 / / ro - squashfs /dev/root ro\n")
	p.write("dev/phone/data", string(data))
	if err := os.Truncate(p.dir+"/dev/phone/data", 16<<20); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p place) debugfs(command string) string {
	p.t.Helper()
	return output(p.t, exec.Command("/usr/sbin/debugfs", "-w", "-R", command, p.dir+"/dev/phone/data"))
}

// withLetter is a data partition with one file on it.
func (p place) withLetter() {
	p.t.Helper()
	output(p.t, exec.Command("/usr/sbin/mkfs.ext4", "-q", "-F", p.dir+"/dev/phone/data"))
	p.debugfs("write " + p.write("letter", "keep me") + " letter")
}

func (p place) letter() bool {
	return strings.Contains(p.debugfs("cat letter"), "keep me")
}

func TestABlankDiskIsMadeReady(t *testing.T) {
	for _, data := range []string{"", strings.Repeat("\xff", 69632)} {
		p := phoneDisk(t, []byte(data))
		p.run("etc/init.d/S01disk", "start")
		if !strings.Contains(p.calls(), "mount -t ext4 -o noatime,nosuid,nodev,noexec "+p.dir+"/dev/phone/data") {
			t.Errorf("data was not mounted:\n%s", p.calls())
		}
		if got := p.debugfs("show_super_stats -h"); !strings.Contains(got, "Filesystem volume name:   data") {
			t.Errorf("no file system was made:\n%s", got)
		}
		for _, dir := range []string{"data/phone", "data/rauc", "data/seed", "data/lib/dhcpcd", "run/phoned"} {
			if info, err := os.Stat(filepath.Join(p.dir, dir)); err != nil || !info.IsDir() {
				t.Errorf("%s was not made", dir)
			}
		}
		if p.read("run/data-volatile") != "" {
			t.Error("a good disk is taken for a bad one")
		}
	}
}

func TestWhatIsOnTheDiskStays(t *testing.T) {
	p := phoneDisk(t, nil)
	p.withLetter()
	p.run("etc/init.d/S01disk", "start")
	if !p.letter() {
		t.Error("the data are gone")
	}
}

func TestADamagedDiskIsRepaired(t *testing.T) {
	p := phoneDisk(t, nil)
	p.withLetter()
	disk, err := os.OpenFile(p.dir+"/dev/phone/data", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	// The superblock is overwritten, as by a write that went to a wrong place.
	if _, err := disk.WriteAt([]byte(strings.Repeat("garbage ", 128)), 1024); err != nil {
		t.Fatal(err)
	}
	p.run("etc/init.d/S01disk", "start")
	if !p.letter() {
		t.Errorf("the data are gone:\n%s", p.read("run/fsck.log"))
	}
}

func TestWhatCannotBeReadIsNotWiped(t *testing.T) {
	p := phoneDisk(t, []byte(strings.Repeat("of another kind ", 8192)))
	p.stand("mount", `case "$*" in *ext4*/dev/phone/data*) exit 32;; esac`)
	before := p.read("dev/phone/data")
	p.run("etc/init.d/S01disk", "start")
	if p.read("dev/phone/data") != before {
		t.Error("it was written to")
	}
	if !strings.Contains(p.calls(), "mount -t tmpfs") || !strings.Contains(p.read("run/data-volatile"), "cannot be mounted") {
		t.Errorf("the phone does not go on in memory, or does not tell:\n%s", p.calls())
	}
}

func TestAFactoryResetWipesAllAndOnce(t *testing.T) {
	p := phoneDisk(t, nil)
	p.withLetter()
	p.write("boot/wipe-data", "")
	// A device ends; a file would grow.
	p.stand("dd", `case "$*" in *of=*/dev/phone/data*) exec busybox dd "$@" count=16 conv=notrunc;; esac; exec busybox dd "$@"`)
	p.run("etc/init.d/S01disk", "start")
	if strings.Contains(p.read("dev/phone/data"), "keep me") {
		t.Error("what was wiped can still be read")
	}
	if _, err := os.Stat(p.dir + "/boot/wipe-data"); err == nil {
		t.Error("the next start would wipe again")
	}
	p.debugfs("write " + p.write("letter", "keep me") + " letter")
	p.run("etc/init.d/S01disk", "start")
	if !p.letter() {
		t.Error("the next start wiped again")
	}
}

func TestAPowerCutInAFactoryResetDoesNotStopIt(t *testing.T) {
	p := phoneDisk(t, nil)
	p.withLetter()
	p.write("boot/wipe-data", "")
	p.stand("mkfs.ext4", "exit 1") // the power goes here
	p.stand("dd", "exit 1")
	_ = p.command("etc/init.d/S01disk", "start").Run()
	if _, err := os.Stat(p.dir + "/boot/wipe-data"); err != nil {
		t.Error("the reset is forgotten")
	}
}

func TestADiskWithoutADataPartitionStillMakesAPhone(t *testing.T) {
	p := phoneDisk(t, nil)
	if err := os.Remove(p.dir + "/dev/phone/data"); err != nil {
		t.Fatal(err)
	}
	p.run("etc/init.d/S01disk", "start")
	if !strings.Contains(p.read("run/data-volatile"), "no data partition") {
		t.Errorf("the phone does not tell: %q", p.read("run/data-volatile"))
	}
}

func TestTheClockNeverStartsBeforeTheImageWasBuilt(t *testing.T) {
	p := newPlace(t)
	p.install("etc/init.d/S02clock")
	p.stand("hwclock", "exit 1")
	p.stand("date", fmt.Sprintf(`case "$*" in -s*) echo "${2#@}" >%[1]s/now;; "+%%s") cat %[1]s/now;; *) exec busybox date "$@";; esac`, p.dir))
	for name, when := range map[string]string{"etc/phone-release": "@1790000000", "data/clock": "@1795000000"} {
		p.write(name, "x")
		output(t, exec.Command("touch", "-d", when, filepath.Join(p.dir, name)))
	}
	for now, want := range map[string]string{"10": "1795000000", "1800000000": "1800000000"} {
		p.write("now", now+"\n")
		p.run("etc/init.d/S02clock", "start")
		if got := strings.TrimSpace(p.read("now")); got != want {
			t.Errorf("a clock at %s starts at %s, not %s", now, got, want)
		}
	}
	if err := os.Remove(p.dir + "/data/clock"); err != nil {
		t.Fatal(err)
	}
	p.write("now", "10\n")
	p.run("etc/init.d/S02clock", "start")
	if got := strings.TrimSpace(p.read("now")); got != "1790000000" {
		t.Errorf("the first start of all is at %s", got)
	}
	p.run("etc/init.d/S02clock", "stop")
	if _, err := os.Stat(p.dir + "/data/clock"); err != nil {
		t.Error("the time of the stop is not kept")
	}
}

func TestBundlesBelowTheSecurityFloorAreRefused(t *testing.T) {
	p := newPlace(t)
	p.install("usr/libexec/phone-floor")
	bundle := func(version string) *exec.Cmd {
		p.write("bundle/manifest.raucm", "[update]\ncompatible=phone\nversion="+version+"\n")
		cmd := p.command("usr/libexec/phone-floor")
		cmd.Env = append(cmd.Env, "RAUC_UPDATE_SOURCE="+p.dir+"/bundle")
		return cmd
	}
	output(t, bundle("0.1")) // without a floor everything is let in
	p.write("etc/rauc/floor", "1.9.0\n")
	for _, version := range []string{"1.9.0", "1.10.0", "2.0", "v1.9.1", "1.9.0-12-g9ba57db"} {
		output(t, bundle(version))
	}
	for _, version := range []string{"1.8.9", "0.9", "1.2.10", "", "9ba57db", "unknown"} {
		fails(t, bundle(version), "the oldest that is let in")
	}
}
