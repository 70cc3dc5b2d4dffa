package externaltree

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// disks makes an image with a partition table and a card, both files.
func disks(t *testing.T) (image, card string) {
	t.Helper()
	need(t, "sfdisk", "findmnt", "blockdev", "mke2fs", "debugfs")
	dir := t.TempDir()
	image, card = filepath.Join(dir, "phone.img"), filepath.Join(dir, "card")
	err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 24<<20), os.WriteFile(card, bytes.Repeat([]byte("old"), 1000), 0o600), os.Truncate(card, 32<<20))
	if err != nil {
		t.Fatal(err)
	}
	table := exec.Command("/usr/sbin/sfdisk", "-q", image)
	table.Stdin = strings.NewReader("label: gpt\nstart=2048, size=8192, name=boot\nstart=10240, size=8192, name=factory\n")
	output(t, table)
	return image, card
}

func flash(args ...string) *exec.Cmd {
	return exec.Command(project+"/scripts/flash", args...)
}

func TestFlashWritesAndReadsBack(t *testing.T) {
	image, card := disks(t)
	if text := output(t, flash("-yes", image, card)); !strings.Contains(text, "done, and read back") {
		t.Errorf("flash says %q", text)
	}
	if err := exec.Command("cmp", "-n", "25165824", image, card).Run(); err != nil {
		t.Error("the card differs from the image")
	}

	factory := t.TempDir()
	if err := os.WriteFile(filepath.Join(factory, "mac"), []byte("02:00:00:00:00:01\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, flash("-yes", "-factory", factory, image, card))
	part := filepath.Join(t.TempDir(), "factory.ext4")
	output(t, exec.Command("dd", "if="+card, "of="+part, "bs=512", "skip=10240", "count=8192", "status=none"))
	if got := output(t, exec.Command("/usr/sbin/debugfs", "-R", "cat mac", part)); !strings.Contains(got, "02:00:00:00:00:01") {
		t.Errorf("the factory partition has %q", got)
	}
}

func TestFlashAsks(t *testing.T) {
	image, card := disks(t)
	before, err := os.ReadFile(card)
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"", "yes\n", "/dev/sda\n"} {
		cmd := flash(image, card)
		cmd.Stdin = strings.NewReader(answer)
		fails(t, cmd, "nothing was written")
	}
	if after, err := os.ReadFile(card); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the card was written to, %v", err)
	}
	cmd := flash(image, card)
	cmd.Stdin = strings.NewReader(card + "\n")
	output(t, cmd)
}

func TestFlashRefusesWhatCannotBeMeant(t *testing.T) {
	image, card := disks(t)
	small := filepath.Join(t.TempDir(), "small")
	if err := errors.Join(os.WriteFile(small, nil, 0o600), os.Truncate(small, 1<<20)); err != nil {
		t.Fatal(err)
	}
	for why, args := range map[string][]string{
		"too small":               {"-yes", image, small},
		"there is no /dev/nosuch": {"-yes", image, "/dev/nosuch"},
		"is not an image":         {"-yes", card, card},
		"there is no image":       {"-yes", filepath.Join(t.TempDir(), "x"), card},
		"neither a disk nor":      {"-yes", image, t.TempDir()},
		"neither a disk":          {"-yes", image, "/dev/null"},
		"usage:":                  {"-force", image, card},
		"usage: ":                 {image},
		"no directory":            {"-yes", "-factory", filepath.Join(t.TempDir(), "x"), image, card},
	} {
		fails(t, flash(args...), why)
	}
}

func TestFlashRefusesDisksInUse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	image, card := disks(t)
	root := strings.TrimSpace(output(t, exec.Command("findmnt", "-n", "-o", "SOURCE", "/")))
	if info, err := os.Stat(root); err == nil && info.Mode()&os.ModeDevice != 0 {
		fails(t, flash("-yes", image, root), "") // as a disk, or as a partition
	}
	loop, err := exec.Command("losetup", "-f", "--show", card).CombinedOutput()
	if err != nil {
		t.Skipf("no loop device: %s", loop)
	}
	disk := strings.TrimSpace(string(loop))
	defer exec.Command("losetup", "-d", disk).Run()
	output(t, flash("-yes", image, disk))
	output(t, exec.Command("/usr/sbin/mke2fs", "-q", "-F", disk))
	point := t.TempDir()
	if text, err := exec.Command("mount", disk, point).CombinedOutput(); err != nil {
		t.Skipf("cannot mount here: %s", text)
	}
	fails(t, flash("-yes", image, disk), "is mounted on "+point)
	output(t, exec.Command("umount", point))
	output(t, flash("-yes", image, disk))
	readOnly, err := exec.Command("losetup", "-r", "-f", "--show", image).CombinedOutput()
	if err != nil {
		return
	}
	defer exec.Command("losetup", "-d", strings.TrimSpace(string(readOnly))).Run()
	fails(t, flash("-yes", image, strings.TrimSpace(string(readOnly))), "write-protected")
}
