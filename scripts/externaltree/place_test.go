package externaltree

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// project is the root of the tree, seen from here.
const project = "../.."

// overlay is what is laid over every root file system.
const overlay = project + "/buildroot/board/common/rootfs-overlay"

// A place stands for the phone's root: its scripts run here with every path of
// theirs below a directory, and with stand-ins for the commands that would
// change the machine.
type place struct {
	t   *testing.T
	dir string
}

func newPlace(t *testing.T) place {
	t.Helper()
	need(t, "busybox")
	p := place{t, t.TempDir()}
	for _, dir := range []string{"bin", "boot", "data/phone", "dev/phone", "etc/phoned", "factory", "proc", "run", "usr/libexec", "usr/bin"} {
		if err := os.MkdirAll(filepath.Join(p.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.write("bin/sh", "#!/bin/sh\nexec busybox sh \"$@\"\n")
	return p
}

// roots are the paths that belong to the phone.
var roots = regexp.MustCompile(`(^|[^A-Za-z0-9_/.}])/(run|data|factory|boot|etc|proc|dev/phone|usr/libexec|usr/bin/phoned)\b`)

// install copies a script of the overlay, its paths moved below the place.
func (p place) install(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(overlay, name))
	if err != nil {
		p.t.Fatal(err)
	}
	moved := roots.ReplaceAllString(string(text), "${1}"+p.dir+"/${2}")
	moved = strings.ReplaceAll(moved, "export PATH=/usr/bin:/bin:/usr/sbin:/sbin", "export PATH="+p.path())
	return p.write(name, moved)
}

// path is where commands are looked for: first among the stand-ins.
func (p place) path() string {
	return filepath.Join(p.dir, "bin") + ":/usr/bin:/bin:/usr/sbin:/sbin"
}

// write puts a file into the place; scripts can be run.
func (p place) write(name, content string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	mode := os.FileMode(0o644)
	if strings.HasPrefix(content, "#!") {
		mode = 0o755
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), mode), os.Chmod(path, mode)); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// stand makes a stand-in for a command, which notes its arguments in the file
// "calls" and then does what body says.
func (p place) stand(command, body string) {
	p.t.Helper()
	p.write("bin/"+command, "#!/bin/sh\necho \""+command+" $*\" >>"+p.dir+"/calls\n"+body+"\n")
}

// calls are what the stand-ins noted.
func (p place) calls() string { return p.read("calls") }

// read gives a file's content, "" if there is none.
func (p place) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.t.Fatal(err)
	}
	return string(text)
}

// command is a run of one of the place's scripts, in BusyBox's shell.
func (p place) command(script string, args ...string) *exec.Cmd {
	cmd := exec.Command("busybox", append([]string{"sh", filepath.Join(p.dir, script)}, args...)...)
	cmd.Env = []string{"PATH=" + p.path()}
	return cmd
}

// run runs a script of the place to its end, which must be a good one.
func (p place) run(script string, args ...string) string {
	p.t.Helper()
	return output(p.t, p.command(script, args...))
}

// output is what a command printed, which must end well.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, text)
	}
	return string(text)
}

// fails runs a command that must end badly and say why.
func fails(t *testing.T, cmd *exec.Cmd, why string) {
	t.Helper()
	text, err := cmd.CombinedOutput()
	if err == nil || !bytes.Contains(text, []byte(why)) {
		t.Errorf("%s: %v, not because of %q:\n%s", strings.Join(cmd.Args, " "), err, why, text)
	}
}

// need skips a test on machines without a command.
func need(t *testing.T, commands ...string) {
	t.Helper()
	for _, command := range commands {
		if _, err := exec.LookPath(command); err != nil {
			for _, dir := range []string{"/usr/sbin/", "/sbin/"} {
				if _, err = os.Stat(dir + command); err == nil {
					break
				}
			}
			if err != nil {
				t.Skipf("%s is not installed (scripts/setup installs it)", command)
			}
		}
	}
}

// files are the paths of the tree below dir that git knows, or would add.
func files(t *testing.T, dir string) []string {
	t.Helper()
	need(t, "git")
	cmd := exec.Command("git", "ls-files", "-co", "--exclude-standard", dir)
	cmd.Dir = project
	var found []string
	for path := range strings.FieldsSeq(output(t, cmd)) {
		if _, err := os.Lstat(filepath.Join(project, path)); err == nil {
			found = append(found, path)
		}
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(project, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
