//go:build linux

package build

import (
	"context"
	"path/filepath"
)

// arm is the environment of a compiler for the handset's processor.
var arm = []string{"GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0"}

// Phoned builds phoned for the handset with the flags of "make arm", so that it
// is the binary that goes to the product, with a version.
func (w *Workshop) Phoned(ctx context.Context, version, to string) error {
	return run(ctx, w.Project, arm, "go", "build", "-trimpath",
		"-ldflags", "-s -w -X main.version="+version, "-o", to, "./cmd/phoned")
}

// Program builds a Go program of the project for the handset.
func (w *Workshop) Program(ctx context.Context, pkg, to string) error {
	return run(ctx, w.Project, arm, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", to, pkg)
}

// TestBinary builds the tests of a package for the handset. Dir is where the
// package is, relative to the project.
func (w *Workshop) TestBinary(ctx context.Context, pkg, to string) (dir string, err error) {
	if err := run(ctx, w.Project, arm, "go", "test", "-c", "-trimpath", "-ldflags", "-s -w", "-o", to, pkg); err != nil {
		return "", err
	}
	out, err := output(ctx, w.Project, arm, "go", "list", "-f", "{{.Dir}}", pkg)
	if err != nil {
		return "", err
	}
	return filepath.Rel(w.Project, string(out[:len(out)-1]))
}
