package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goModules lists what the linker put into a binary, and the Go release whose
// standard library and runtime it has.
func goModules(binary string) ([]component, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("read the modules of %s: %w", binary, err)
	}
	release := strings.TrimPrefix(info.GoVersion, "go")
	parts := []component{{
		Type: "library", Ref: "pkg:golang/std@" + release, Name: "std", Version: release,
		PURL: "pkg:golang/std@" + release, Licenses: licensed("BSD-3-Clause"),
	}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		purl := "pkg:golang/" + m.Path + "@" + m.Version
		p := component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl}
		dir, err := moduleDir(m.Path, m.Version)
		if err != nil {
			return nil, err
		}
		if id := licenseOf(dir); id != "" {
			p.Licenses = licensed(id)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// moduleDir is where a module's source lies in the cache.
func moduleDir(path, version string) (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", path+"@"+version).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("find the module %s: %w", path, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// licenseOf tells the SPDX name of the licence that a directory holds, "" if it
// is none of those that Go modules usually have.
func licenseOf(dir string) string {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING", "License"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return licenseName(string(text))
		}
	}
	return ""
}

// licenseName knows a licence by the words that are in no other.
func licenseName(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	has := func(words string) bool { return strings.Contains(text, words) }
	switch {
	case has("apache license") && has("version 2.0"):
		return "Apache-2.0"
	case has("mozilla public license") && has("2.0"):
		return "MPL-2.0"
	case has("permission is hereby granted, free of charge"):
		return "MIT"
	case has("permission to use, copy, modify, and/or distribute this software"),
		has("permission to use, copy, modify, and distribute this software for any purpose"):
		return "ISC"
	case has("redistribution and use in source and binary forms") && has("neither the name"):
		return "BSD-3-Clause"
	case has("redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	}
	return ""
}

// licensed is a list with these SPDX names.
func licensed(ids ...string) []licenseEntry {
	entries := make([]licenseEntry, len(ids))
	for i, id := range ids {
		entries[i] = licenseEntry{license{ID: id}}
	}
	return entries
}
