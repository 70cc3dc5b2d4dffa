//go:build linux

package build

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
)

// TestPath is where a test binary lies in the guest.
const TestPath = "/test/run.test"

// TestInitramfs makes an initramfs whose process 1 is the agent, with these
// modules loaded, and with a test binary and the testdata of its package.
func (w *Workshop) TestInitramfs(ctx context.Context, k Kernel, modules []string, test, pkg, to string) error {
	agent, err := w.Agent(ctx)
	if err != nil {
		return err
	}
	files := map[string]File{
		"dev/console": {Mode: ModeChar | 0o600, Dev: [2]uint32{5, 1}},
		"proc":        {Mode: ModeDir | 0o755},
		"sys":         {Mode: ModeDir | 0o755},
		"tmp":         {Mode: ModeDir | 0o777},
		pkg:           {Mode: ModeDir | 0o755},
	}
	take := func(name, from string) error {
		data, err := os.ReadFile(from)
		files[name] = File{Mode: ModeFile | 0o755, Data: data}
		return err
	}
	if err := take("init", agent); err != nil {
		return err
	}
	if err := take(TestPath[1:], test); err != nil {
		return err
	}
	var order []byte
	for _, name := range modules {
		path, err := k.Module(name)
		if err != nil {
			return err
		}
		if err := take("lib/modules/"+filepath.Base(path), path); err != nil {
			return err
		}
		order = append(order, filepath.Base(path)+"\n"...)
	}
	files["lib/modules/order"] = File{Mode: ModeFile | 0o644, Data: order}

	data := filepath.Join(w.Project, pkg, "testdata")
	err = filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && entry.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(w.Project, path)
		if err != nil {
			return err
		}
		return take(name, path)
	})
	if err != nil {
		return err
	}
	return WriteInitramfs(to, files)
}

// Agent builds the agent.
func (w *Workshop) Agent(ctx context.Context) (string, error) {
	to := w.path("agent")
	return to, w.Program(ctx, "./scripts/emulate/agent", to)
}
