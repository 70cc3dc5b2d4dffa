package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"phoned/scripts/peers/report"
)

// measure runs the cells of the selection. One that could not be measured is
// tried once more, alone.
func measure(ctx context.Context, o options) (report.Results, error) {
	rs := report.Results{}
	if os.Getuid() != 0 {
		return rs, errors.New("network namespaces need root; without it, -draw draws what was measured before")
	}
	for _, p := range []string{"ip", "nft", "kamailio", "kamcmd", "baresip"} {
		if !installed(p) {
			return rs, fmt.Errorf("%s is missing, and nothing can be measured without it; scripts/setup installs it", p)
		}
	}
	cells, missing := without(o.selection.Cells(), installed)
	for _, m := range missing {
		fmt.Printf("\nLEFT OUT: %s is not installed (Debian has it: see docs/peers/README.md)\n\n", m)
	}
	rs.Missing, rs.Versions = missing, versions(ctx)

	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return rs, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "peertest")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./cmd/phoned/internal/peertest").CombinedOutput(); err != nil {
		return rs, fmt.Errorf("build the measuring: %w\n%s", err, out)
	}

	var names []string
	for range o.runs {
		for _, c := range cells {
			names = append(names, c.String())
		}
	}
	fmt.Printf("%d cells, %d at once\n", len(names), o.parallel)
	start := time.Now()
	rs.Results, err = cellsOnce(ctx, program, names, o.parallel)
	if failed := left(names, rs.Results); len(failed) > 0 && ctx.Err() == nil {
		fmt.Printf("ONCE MORE, ALONE: %s\n%v\n", strings.Join(failed, " "), err)
		var again []report.Result
		again, err = cellsOnce(ctx, program, failed, 1)
		rs.Results = append(rs.Results, again...)
	}
	fmt.Printf("%d results in %v\n", len(rs.Results), time.Since(start).Round(time.Second))
	if failed := left(names, rs.Results); len(failed) > 0 {
		return rs, errors.Join(fmt.Errorf("not measured: %s", strings.Join(failed, " ")), err, ctx.Err())
	}
	return rs, nil
}

// cellsOnce runs the measuring, and tells each result as it comes.
func cellsOnce(ctx context.Context, program string, cells []string, parallel int) (rs []report.Result, err error) {
	if len(cells) == 0 {
		return nil, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	var log strings.Builder
	cmd := exec.CommandContext(ctx, program, "-test.run=^TestPeers$", "-test.timeout=0", fmt.Sprintf("-test.parallel=%d", parallel),
		"-results=/dev/fd/3", "-cells="+strings.Join(cells, ","))
	cmd.ExtraFiles = []*os.File{w}
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return nil, fmt.Errorf("start the measuring: %w", err)
	}
	rs = collect(r, os.Stdout, len(cells))
	if err := cmd.Wait(); err != nil {
		return rs, fmt.Errorf("measure: %w\n%s", err, tail(log.String(), 6000))
	}
	return rs, nil
}

// collect reads results, one a line, and tells each.
func collect(from io.Reader, to io.Writer, all int) (rs []report.Result) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		var r report.Result
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue
		}
		rs = append(rs, r)
		fmt.Fprintf(to, "%3d/%d  %-13s %-8s %-9s %s\n", len(rs), all, r.Peer, r.Fault, r.Situation, r.Text())
	}
	return rs
}

// left are the names that have fewer results than they should.
func left(names []string, rs []report.Result) (out []string) {
	have := map[string]int{}
	for _, r := range rs {
		have[r.Peer+"/"+r.Fault+"/"+r.Situation]++
	}
	for _, n := range names {
		if have[n]--; have[n] < 0 {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// installed tells whether a program is there, also where root's are.
func installed(program string) bool { return where(program) != "" }

func where(program string) string {
	for _, dir := range []string{"", "/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	return ""
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
