// Package lcdtest is for tests of what displays show: pictures that were looked
// at and are kept, and texts found in a picture by their pixels.
package lcdtest
