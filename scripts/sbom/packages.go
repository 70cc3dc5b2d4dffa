package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// buildrootPackages reads what `make show-info` printed: the packages of the
// target, not the tools of the host that built it.
func buildrootPackages(path string) ([]component, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read Buildroot's packages: %w", err)
	}
	var packages map[string]struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Licenses string `json:"licenses"`
		CPE      string `json:"cpe-id"`
		Virtual  bool   `json:"virtual"`
		Target   bool   `json:"install_target"`
		Images   bool   `json:"install_images"`
	}
	if err := json.Unmarshal(text, &packages); err != nil {
		return nil, fmt.Errorf("read Buildroot's packages from %s: %w", path, err)
	}
	var parts []component
	for _, p := range packages {
		if p.Type != "target" || p.Virtual || p.Name == "" || p.Version == "" || !p.Target && !p.Images {
			continue
		}
		if p.Version == "local" {
			continue // our own: its Go modules are listed
		}
		ref := "pkg:generic/" + p.Name + "@" + url.QueryEscape(p.Version)
		parts = append(parts, component{
			Type: "library", Ref: ref, Name: p.Name, Version: p.Version, PURL: ref,
			CPE: p.CPE, Licenses: named(p.Licenses),
		})
	}
	return parts, nil
}

// named are the licences of a list as Buildroot writes it, "MIT, GPL-2.0+ (the
// tool)", in its own words: they are nearly those of SPDX.
func named(list string) []licenseEntry {
	var entries []licenseEntry
	depth, start := 0, 0
	add := func(word string) {
		if word = strings.TrimSpace(word); word != "" && word != "unknown" {
			entries = append(entries, licenseEntry{license{Name: word}})
		}
	}
	for i, r := range list {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			add(list[start:i])
			start = i + 1
		}
	}
	add(list[start:])
	return entries
}

// debianPackages reads the names of the .deb files below a directory:
// NAME_VERSION_ARCHITECTURE.deb, the version as in a URL.
func debianPackages(dir string) ([]component, error) {
	seen := map[string]bool{}
	var parts []component
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".deb" {
			return err
		}
		fields := strings.Split(strings.TrimSuffix(filepath.Base(path), ".deb"), "_")
		if len(fields) != 3 {
			return fmt.Errorf("%s is not named as a Debian package is", path)
		}
		version, err := url.PathUnescape(fields[1])
		if err != nil {
			return fmt.Errorf("%s is not named as a Debian package is: %w", path, err)
		}
		ref := fmt.Sprintf("pkg:deb/debian/%s@%s?arch=%s", fields[0], url.QueryEscape(version), fields[2])
		if !seen[ref] {
			seen[ref] = true
			parts = append(parts, component{Type: "library", Ref: ref, Name: fields[0], Version: version, PURL: ref})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the names of Debian's packages: %w", err)
	}
	return parts, nil
}
