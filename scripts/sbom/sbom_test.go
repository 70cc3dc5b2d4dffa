package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What Buildroot 2026.02 prints, shortened: a package, one that only the build
// needs, one of several providers, one without a licence, and phoned itself.
const showInfo = `{
 "rauc": {"type": "target", "name": "rauc", "virtual": false, "version": "1.15.2", "licenses": "LGPL-2.1", "cpe-id": "cpe:2.3:a:pengutronix:rauc:1.15.2:-:*:*:*:*:*:*", "install_target": true},
 "busybox": {"type": "target", "name": "busybox", "virtual": false, "version": "1.37.0", "licenses": "GPL-2.0, bzip2-1.0.4 (bzip2, and more)", "install_target": true},
 "host-rauc": {"type": "host", "name": "rauc", "virtual": false, "version": "1.15.2", "licenses": "LGPL-2.1", "install_target": true},
 "skeleton": {"type": "target", "name": "skeleton", "virtual": true},
 "staging": {"type": "target", "name": "staging", "virtual": false, "version": "1", "licenses": "unknown"},
 "linux": {"type": "target", "name": "linux", "virtual": false, "version": "6.12.91", "licenses": "GPL-2.0", "install_images": true},
 "phoned": {"type": "target", "name": "phoned", "virtual": false, "version": "local", "licenses": "BSD-3-Clause", "install_target": true},
 "rootfs-squashfs": {"type": "rootfs", "virtual": false}
}`

func TestThePackagesOfTheTargetAreListedAndNoTools(t *testing.T) {
	path := filepath.Join(t.TempDir(), "info.json")
	if err := os.WriteFile(path, []byte(showInfo), 0o600); err != nil {
		t.Fatal(err)
	}
	parts, err := buildrootPackages(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]component{}
	for _, p := range parts {
		found[p.Name] = p
	}
	if len(parts) != 3 || found["rauc"].Version != "1.15.2" || found["linux"].Version != "6.12.91" {
		t.Fatalf("the packages are %v", parts)
	}
	if l := found["busybox"].Licenses; len(l) != 2 || l[1].License.Name != "bzip2-1.0.4 (bzip2, and more)" {
		t.Errorf("the comma in a remark parted a licence: %v", l)
	}
}

func TestDebianPackagesByTheNamesOfTheirFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/busybox_1%3a1.35.0-4_armhf.deb", "b/busybox_1%3a1.35.0-4_armhf.deb", "a/libc6_2.36-9+deb12u9_armhf.deb", "a/notes.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := debianPackages(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 2 || parts[0].Version != "1:1.35.0-4" || parts[0].PURL != "pkg:deb/debian/busybox@1%3A1.35.0-4?arch=armhf" {
		t.Errorf("the packages are %+v", parts)
	}
	if err := os.WriteFile(filepath.Join(dir, "odd.deb"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := debianPackages(dir); err == nil {
		t.Error("a file that tells no version was listed")
	}
}

func TestTheModulesOfABinaryHaveTheirLicences(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := goModules(self)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) == 0 || parts[0].Name != "std" || parts[0].Version == "" {
		t.Errorf("the standard library is not listed: %v", parts)
	}
	if _, err := goModules(os.DevNull); err == nil {
		t.Error("what is no binary had modules")
	}
}

func TestLicencesAreKnownByTheirWords(t *testing.T) {
	for want, text := range map[string]string{
		"MIT":          "Permission is hereby granted, free\nof charge, to any person",
		"BSD-3-Clause": "Redistribution and use in source and binary forms ... Neither the name of",
		"BSD-2-Clause": "Redistribution and use in source and binary forms, with or without",
		"Apache-2.0":   "Apache License\n  Version 2.0, January 2004",
		"":             "All rights reserved.",
	} {
		if got := licenseName(text); got != want {
			t.Errorf("%q is taken for %q, not %q", text, got, want)
		}
	}
}

func TestTheSameContentGivesTheSameBytes(t *testing.T) {
	when := time.Unix(1_790_000_000, 0).UTC()
	a := component{Type: "library", Ref: "pkg:generic/a@1", Name: "a", Version: "1"}
	b := component{Type: "library", Ref: "pkg:generic/b@1", Name: "b", Version: "1"}
	one, err := document("1.2.3", when, []component{a, b})
	if err != nil {
		t.Fatal(err)
	}
	two, err := document("1.2.3", when, []component{b, a})
	if err != nil || string(one) != string(two) {
		t.Errorf("the order of the parts shows, %v", err)
	}
	other, err := document("1.2.4", when, []component{a, b})
	if err != nil {
		t.Fatal(err)
	}
	var first, second bom
	if err := json.Unmarshal(one, &first); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(other, &second); err != nil {
		t.Fatal(err)
	}
	if first.Format != "CycloneDX" || first.SpecVersion != "1.5" || !strings.HasPrefix(first.Serial, "urn:uuid:") || first.Serial == second.Serial {
		t.Errorf("the heads are %+v and %+v", first, second)
	}
	if d := first.Dependencies; len(d) != 1 || d[0].Ref != first.Metadata.Component.Ref || len(d[0].DependsOn) != 2 {
		t.Errorf("the firmware does not consist of its parts: %+v", d)
	}
	if _, err := document("1", when, []component{a, a}); err == nil {
		t.Error("a part was listed twice")
	}
}
