// Sbom writes the bill of materials of the firmware: what is in it, in which
// version, under which licence, as CycloneDX 1.5 in JSON.
//
//	sbom [-buildroot SHOW-INFO] [-debian DIRECTORY] [-version V] -o FILE BINARY
//
// The Go modules come from the ARM binary itself, so that no more and no less
// is listed than was linked; their licences are read from the module cache.
// Beside them stand Buildroot's packages, from the file that `make show-info`
// printed, or those of the emulator's image, from the directory with its .deb
// files. The same input gives the same bytes: the time is SOURCE_DATE_EPOCH,
// the serial number a digest of the content.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	f := flag.NewFlagSet("sbom", flag.ContinueOnError)
	info := f.String("buildroot", "", "`file` that Buildroot's make show-info printed")
	debian := f.String("debian", "", "`directory` with the .deb files of the emulator's image")
	version := f.String("version", "unknown", "`version` of the firmware")
	out := f.String("o", "", "`file` to write")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 || *out == "" {
		return errors.New("usage: sbom [-buildroot SHOW-INFO] [-debian DIRECTORY] [-version V] -o FILE BINARY")
	}
	parts, err := goModules(f.Arg(0))
	if err != nil {
		return err
	}
	if *info != "" {
		more, err := buildrootPackages(*info)
		if err != nil {
			return err
		}
		parts = append(parts, more...)
	}
	if *debian != "" {
		more, err := debianPackages(*debian)
		if err != nil {
			return err
		}
		parts = append(parts, more...)
	}
	when, err := buildTime(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	text, err := document(*version, when, parts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(*out, text, 0o644); err != nil {
		return fmt.Errorf("write the bill of materials: %w", err)
	}
	unknown := 0
	for _, p := range parts {
		if len(p.Licenses) == 0 {
			unknown++
		}
	}
	fmt.Printf("%s: %d components, %d of them without a licence\n", *out, len(parts), unknown)
	return nil
}

// buildTime is the time of the build as reproducible builds tell it, in seconds
// since 1970; the first of all times if nobody told.
func buildTime(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is no number of seconds: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// The words of CycloneDX 1.5, as far as they are needed here
// (https://cyclonedx.org/docs/1.5/json/).
type (
	component struct {
		Type     string         `json:"type"`
		Ref      string         `json:"bom-ref"`
		Name     string         `json:"name"`
		Version  string         `json:"version,omitempty"`
		Licenses []licenseEntry `json:"licenses,omitempty"`
		PURL     string         `json:"purl,omitempty"`
		CPE      string         `json:"cpe,omitempty"`
	}
	licenseEntry struct {
		License license `json:"license"`
	}
	license struct {
		ID   string `json:"id,omitempty"`   // of SPDX
		Name string `json:"name,omitempty"` // of what SPDX does not list
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	bom struct {
		Format       string       `json:"bomFormat"`
		SpecVersion  string       `json:"specVersion"`
		Serial       string       `json:"serialNumber"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
)

// document puts the bill together. Two parts with the same reference would make
// it invalid, and are an error.
func document(version string, when time.Time, parts []component) ([]byte, error) {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	refs := make([]string, len(parts))
	for i, p := range parts {
		refs[i] = p.Ref
		if i > 0 && refs[i-1] == p.Ref {
			return nil, fmt.Errorf("%s is there twice", p.Ref)
		}
	}
	firmware := component{
		Type: "firmware", Ref: "phone@" + version, Name: "phone", Version: version,
		Licenses: []licenseEntry{{license{ID: "BSD-3-Clause"}}},
	}
	b := bom{
		Format: "CycloneDX", SpecVersion: "1.5", Version: 1,
		Metadata:     metadata{when.Format(time.RFC3339), firmware},
		Components:   parts,
		Dependencies: []dependency{{firmware.Ref, refs}},
	}
	content, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("write the bill of materials: %w", err)
	}
	b.Serial = serial(content)
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the bill of materials: %w", err)
	}
	return append(text, '\n'), nil
}

// serial is a UUID made of the content (version 8 of RFC 9562 §5.8: for uses
// like this one).
func serial(content []byte) string {
	h := sha256.Sum256(content)
	u := h[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
