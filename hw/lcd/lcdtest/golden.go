package lcdtest

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// Golden compares a picture with the one in a PNG file, pixel by pixel and in
// its colours. With rewrite it takes the place of that one.
func Golden(t *testing.T, picture *image.Paletted, file string, rewrite bool) {
	t.Helper()
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	want, err := read(file)
	if err == nil && Same(picture, want) {
		return // also with rewrite: the same pixels packed otherwise are no news
	}
	if rewrite {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(t.ArtifactDir(), filepath.Base(file))
	if err := os.WriteFile(seen, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Errorf("%s looks different; look at %s (go test -artifacts keeps it, -rewrite takes it over)", file, seen)
}

func read(file string) (image.Image, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

// Same tells whether two pictures have the same size and colours everywhere.
func Same(a, b image.Image) bool {
	if a.Bounds().Size() != b.Bounds().Size() {
		return false
	}
	from, with := a.Bounds().Min, b.Bounds().Min
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, bl, _ := a.At(from.X+x, from.Y+y).RGBA()
			R, G, B, _ := b.At(with.X+x, with.Y+y).RGBA()
			if r>>8 != R>>8 || g>>8 != G>>8 || bl>>8 != B>>8 {
				return false
			}
		}
	}
	return true
}
